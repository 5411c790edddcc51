//! Chapter 12: metrics.
//! It knows the figures that operators add up.
//! It refuses to know what was asked.

use super::prelude::*;
use super::tools::aside;

/// Changes a text in a page of metrics to another one of its length.
fn figures(data: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8_lossy(data).replace(from, to);
    *data = text.into_bytes();
}

/// Changes every line of a family, byte by byte.
fn lines(data: &mut Vec<u8>, has: &str, edit: impl Fn(&str) -> String) {
    let text = String::from_utf8_lossy(data);
    let lines = text.split_inclusive('\n').map(|line| {
        if line.contains(has) {
            edit(line)
        } else {
            line.to_owned()
        }
    });
    *data = lines.collect::<String>().into_bytes();
}

/// The value of a line, with every digit a zero.
fn zeros(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((name, value)) => {
            let value: String = value
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            format!("{name} {value}")
        }
        None => line.to_owned(),
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "methods-in-upper-case",
        &["WD-12.1"],
        "methods are counted in upper case",
        Metrics(Relay::new().body(|data, _| figures(data, "method=\"get\"", "method=\"GET\""))),
    ),
    mutant(
        "gauge-never-empty",
        &["WD-12.2", "WD-12.11"],
        "a request stays in flight for good",
        Metrics(Relay::new().body(|data, _| {
            figures(
                data,
                "http_requests_in_flight 0",
                "http_requests_in_flight 1",
            );
        })),
    ),
    mutant(
        "other-buckets",
        &["WD-12.3"],
        "a bucket has another bound",
        Metrics(Relay::new().body(|data, _| figures(data, "le=\"0.025\"", "le=\"0.020\""))),
    ),
    mutant(
        "bad-requests-counted",
        &["WD-12.4"],
        "malformed requests are counted",
        Front(Relay::new().answer(|_, talk| {
            if talk.status() == 400 {
                aside("/malformed");
            }
        })),
    ),
    mutant(
        "no-help",
        &["WD-12.5"],
        "families have no HELP",
        Metrics(Relay::new().body(|data, _| figures(data, "# HELP", "# HEPL"))),
    ),
    mutant(
        "metrics-everywhere",
        &["WD-12.6"],
        "any path of the metrics port shows them",
        Metrics(Relay::new().request(|head, _| head.set_target("/metrics"))),
    ),
    mutant(
        "metrics-port-fixed",
        &["WD-12.7"],
        "`metrics_port` is not read (BUG-28)",
        Around(|start| start.unset("metrics_port")),
    ),
    mutant(
        "metrics-port-not-off",
        &["WD-12.7"],
        "`metrics_port=0` is any port",
        Around(|start| {
            if start.get("metrics_port") == Some("0") {
                let port = start.port("port", 8080);
                start.set("metrics_port", &(port + 1).to_string());
            }
        }),
    ),
    mutant(
        "failures-counted-as-200",
        &["WD-12.8", "WD-12.10"],
        "failures are counted as 200",
        Metrics(Relay::new().body(|data, _| {
            for code in [405, 408, 429, 500, 502, 503, 504] {
                figures(data, &format!("code=\"{code}\""), "code=\"200\"");
            }
        })),
    ),
    mutant(
        "the-gone-counted-as-200",
        &["WD-12.9"],
        "a client that left is counted as 200",
        Metrics(Relay::new().body(|data, _| figures(data, "code=\"499\"", "code=\"200\""))),
    ),
    mutant(
        "duration-of-the-head",
        &["WD-12.12"],
        "the duration is another one",
        Metrics(Relay::new().body(|data, _| lines(data, "duration_seconds_sum", zeros))),
    ),
    mutant(
        "unknown-methods-named",
        &["WD-12.13"],
        "each unknown method has a label",
        Metrics(
            Relay::new().body(|data, _| figures(data, "method=\"unknown\"", "method=\"brewing\"")),
        ),
    ),
    mutant(
        "upgrades-counted-as-200",
        &["WD-12.14"],
        "an upgraded connection is counted as 200 (BUG-33)",
        Metrics(Relay::new().body(|data, _| figures(data, "code=\"101\"", "code=\"200\""))),
    ),
    mutant(
        "metrics-wait",
        &["WD-12.17"],
        "metrics cannot be read while a request is in flight",
        Metrics(Relay::new().body(|data, talk| {
            let busy = String::from_utf8_lossy(data).lines().any(|line| {
                line.strip_prefix("http_requests_in_flight ")
                    .is_some_and(|count| count != "0")
            });
            if busy {
                talk.fate = Fate::Cut;
            }
        })),
    ),
];
