//! Chapter 12: names, labels and what is counted.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses the speed of anything.

mod clients;
mod counted;
mod exposition;
mod more;

use crate::watchdog::prelude::*;
use crate::wire::Metrics;

pub const CHAPTER: Chapter = Chapter {
    number: 12,
    name: "metrics",
    title: "Metrics",
    intro: "Counters in the Prometheus text format, on a port of their own.",
    clauses: CLAUSES,
    cases: &[
        exposition::CASES,
        counted::CASES,
        more::CASES,
        clients::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-12.1",
        "`http_requests_total` counts answers by lower-case `method` and `code`.",
    ),
    Clause::must(
        "WD-12.2",
        "`http_requests_in_flight` is exported from the start and is 0 when nothing runs.",
    ),
    Clause::must(
        "WD-12.3",
        "`http_request_duration_seconds` is a histogram with the ten default buckets, written as Go writes them: 0.005 to 2.5, 5, 10 and +Inf.",
    ),
    Clause::must(
        "WD-12.4",
        "Health, readiness and malformed requests are not counted.",
    ),
    Clause::must(
        "WD-12.5",
        "The text is the Prometheus format 0.0.4, every family with HELP and TYPE, none twice.",
    ),
    Clause::must(
        "WD-12.6",
        "The metrics port answers `/metrics` and nothing else; other paths are 404.",
    ),
    Clause::must(
        "WD-12.7",
        "`metrics_port` chooses the port, 8081 where it is unset; 0 turns it off; a port that cannot be had ends the start.",
    ),
    Clause::must(
        "WD-12.8",
        "A failure is counted by its status, also when it was the watchdog that answered.",
    ),
    Clause::must(
        "WD-12.9",
        "A client that left is counted as 499, never as a success.",
    ),
    Clause::must(
        "WD-12.10",
        "An answer cut off after its head is not counted as a success.",
    ),
    Clause::must(
        "WD-12.11",
        "The gauge is 0 again after every end of a request: success, failure, timeout, a client that left, a stream or an upgrade that closed.",
    ),
    Clause::must(
        "WD-12.12",
        "The duration is that of the whole request, to the end of its answer.",
    ),
    Clause::must("WD-12.13", "Unknown methods share the label `unknown`."),
    Clause::must(
        "WD-12.14",
        "An upgraded connection is counted once, as 101, when it is over.",
    ),
    Clause::should("WD-12.15", "The usual `process_` metrics are there."),
    Clause::should(
        "WD-12.16",
        "Limits, queue, rejections, timeouts, sizes, time to first byte and readiness are exported under `fwatchdog_`.",
    ),
    Clause::must(
        "WD-12.17",
        "Metrics can be read while requests hang and while the watchdog drains.",
    ),
    Clause::should(
        "WD-12.18",
        "A client of the metrics port that does not ask, or does not take its answer, is waited for a minute at most, and not by the end of the watchdog.",
    ),
];

const TOTAL: &str = "http_requests_total";
const GAUGE: &str = "http_requests_in_flight";
const DURATION: &str = "http_request_duration_seconds";

fn echo(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

/// Waits until exactly one request was counted; then it must have that code.
fn counted_once(w: &Watchdog, codes: &[&str]) -> Outcome {
    w.wait_metric(TOTAL, &[], 1.0, 8.0)?;
    let metrics = w.metrics()?;
    let found = metrics
        .samples
        .iter()
        .find(|sample| sample.name == TOTAL && sample.value > 0.5);
    let code = found.and_then(|sample| sample.labels.get("code"));
    check!(
        code.is_some_and(|code| codes.contains(&code.as_str())),
        "counted as {code:?}, which should be one of {codes:?}"
    );
    w.wait_metric(&format!("{DURATION}_count"), &[], 1.0, 3.0)?;
    w.wait_metric(GAUGE, &[], 0.0, 8.0)
}

/// A sum that can only be a whole number, as text: fractions are not compared.
fn whole(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> String {
    // The sum of nothing has a sign.
    format!("{}", metrics.sum(name, labels).abs())
}
