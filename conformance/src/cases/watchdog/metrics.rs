//! Chapter 12: names, labels and what is counted.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses the speed of anything.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 12,
    name: "metrics",
    title: "Metrics",
    intro: "Counters in the Prometheus text format, on a port of their own.",
    clauses: CLAUSES,
    cases: &[CASES],
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
        "`http_request_duration_seconds` is a histogram with the ten default buckets.",
    ),
    Clause::must("WD-12.4", "Health and readiness are not counted."),
];

const CASES: &[Case] = &[
    Case::must(
        "metrics/requests-total",
        "WD-12.1",
        "three GETs and a POST are counted",
    )
    .modes(&Mode::ALL)
    .run(requests_total),
    Case::must(
        "metrics/in-flight",
        "WD-12.2",
        "the gauge is 0, 1 during a request and 0 again",
    )
    .modes(FORK)
    .run(in_flight),
    Case::must(
        "metrics/histogram",
        "WD-12.3",
        "durations have the default buckets",
    )
    .modes(FORK)
    .run(histogram),
    Case::must(
        "metrics/probes-not-counted",
        "WD-12.4",
        "probes leave no trace",
    )
    .run(probes),
];

fn requests_total(rig: &mut Rig) -> Outcome {
    rig.write("public/f", "x")?;
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    for _ in 0..3 {
        check_eq!(w.get("/f")?.status, 200, "status");
    }
    if rig.mode() != Static {
        w.post("/f", "x")?;
        w.wait_metric(
            "http_requests_total",
            &[("method", "post"), ("code", "200")],
            1.0,
            3.0,
        )?;
    }
    w.wait_metric(
        "http_requests_total",
        &[("method", "get"), ("code", "200")],
        3.0,
        3.0,
    )
}

fn in_flight(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("sleep", &["1"]))
        .start()?;
    check!(
        w.metrics()?.has("http_requests_in_flight"),
        "no gauge before the first request"
    );
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    w.wait_metric("http_requests_in_flight", &[], 1.0, 3.0)?;
    wire.read_response()?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 3.0)
}

fn histogram(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    w.get("/")?;
    let name = "http_request_duration_seconds";
    w.wait_metric(&format!("{name}_count"), &[("code", "200")], 1.0, 3.0)?;
    let metrics = w.metrics()?;
    check_eq!(
        metrics.types.get(name).map(String::as_str),
        Some("histogram"),
        "type"
    );
    for bound in [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "2.5", "+Inf",
    ] {
        let bucket = metrics.samples.iter().any(|sample| {
            sample.name == format!("{name}_bucket")
                && sample.labels.get("le").is_some_and(|le| le == bound)
        });
        check!(bucket, "no bucket le={bound}");
    }
    Ok(())
}

fn probes(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for _ in 0..3 {
        w.get("/_/health")?;
    }
    w.get("/")?;
    w.wait_metric("http_requests_total", &[], 1.0, 3.0)
}
