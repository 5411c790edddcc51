//! What is exported beyond the three families of old.
//! It knows names that only some subjects claim.
//! It refuses to judge those that do not.

use super::{GAUGE, echo, whole};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::should(
        "metrics/limits-exported",
        "WD-12.16",
        "the limits in force are exported",
    )
    .feature("more-metrics")
    .run(limits),
    Case::should(
        "metrics/queue-exported",
        "WD-12.16",
        "waiting and rejected requests are exported",
    )
    .modes(FUNCTION)
    .feature("more-metrics")
    .run(queue),
    Case::should(
        "metrics/timeouts-exported",
        "WD-12.16",
        "timeouts are counted by the setting that made them",
    )
    .modes(FUNCTION)
    .feature("more-metrics")
    .run(timeouts),
    Case::should(
        "metrics/sizes-exported",
        "WD-12.16",
        "bytes of request and response bodies are counted",
    )
    .modes(FUNCTION)
    .feature("more-metrics")
    .run(sizes),
    Case::should(
        "metrics/first-byte-exported",
        "WD-12.16",
        "the time to the first byte is shorter than that of the whole answer",
    )
    .modes(&[Streaming, Http])
    .feature("more-metrics")
    .run(first_byte),
    Case::should(
        "metrics/readiness-exported",
        "WD-12.16",
        "readiness is 1 while ready, 0 while full",
    )
    .modes(FUNCTION)
    .feature("more-metrics")
    .run(readiness),
    Case::should(
        "metrics/open-metrics",
        "WD-12.16",
        "OpenMetrics for those who ask for it",
    )
    .feature("more-metrics")
    .run(open_metrics),
];

fn limits(rig: &mut Rig) -> Outcome {
    let w = echo(rig)
        .env("max_inflight", "7")
        .env("max_queue", "3")
        .start()?;
    let metrics = w.metrics()?;
    let got = (
        whole(&metrics, "fwatchdog_max_inflight", &[]),
        whole(&metrics, "fwatchdog_max_queue", &[]),
    );
    check_eq!(got, ("7".to_owned(), "3".to_owned()), "limits exported");
    Ok(())
}

/// Fills the only slot for good.
fn fill(rig: &Rig, w: &Watchdog) -> Result<Wire, Failure> {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence(
        if rig.mode() == Http {
            "never"
        } else {
            "hang.pid"
        },
        10.0,
    )?;
    Ok(wire)
}

fn hanging(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("hang", &[]))
        .env("max_inflight", "1")
}

fn queue(rig: &mut Rig) -> Outcome {
    let w = hanging(rig)
        .env("max_queue", "1")
        .env("queue_timeout", "20s")
        .start()?;
    let _holder = fill(rig, &w)?;
    let mut waiting = w.connect()?;
    waiting.send_request(&Request::get("/never"))?;
    w.wait_metric("fwatchdog_queue_length", &[], 1.0, 5.0)?;
    check_eq!(w.get("/")?.status, 429, "status of the third");
    w.wait_metric("fwatchdog_rejected_total", &[], 1.0, 3.0)?;
    waiting.close();
    w.wait_metric("fwatchdog_queue_length", &[], 0.0, 5.0)
}

fn timeouts(rig: &mut Rig) -> Outcome {
    let w = hanging(rig).env("exec_timeout", "300ms").start()?;
    w.get("/never")?;
    w.wait_metric(
        "fwatchdog_timeouts_total",
        &[("setting", "exec_timeout")],
        1.0,
        5.0,
    )
}

fn sizes(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    w.request(Request::post("/echo").pattern(Pattern::new(1, 100_000)))?;
    w.request(Request::post("/echo").pattern_chunked(Pattern::new(1, 50_000)))?;
    w.wait_metric("fwatchdog_request_bytes_total", &[], 150_000.0, 5.0)?;
    w.wait_metric("fwatchdog_response_bytes_total", &[], 150_000.0, 5.0)
}

fn first_byte(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("slow-writer", &["6", "150ms"]))
        .start()?;
    w.get("/drip?n=6&ms=150")?;
    w.wait_metric("fwatchdog_time_to_first_byte_seconds_count", &[], 1.0, 3.0)?;
    let metrics = w.metrics()?;
    let first = metrics.sum("fwatchdog_time_to_first_byte_seconds_sum", &[]);
    let total = metrics.sum("http_request_duration_seconds_sum", &[]);
    check!(
        (first + 0.5..60.0).contains(&total),
        "first byte after {first} s, all after {total} s"
    );
    Ok(())
}

fn readiness(rig: &mut Rig) -> Outcome {
    let w = hanging(rig).start()?;
    w.wait_metric("fwatchdog_ready", &[], 1.0, 10.0)?;
    let holder = fill(rig, &w)?;
    w.wait_metric("fwatchdog_ready", &[], 0.0, 5.0)?;
    holder.close();
    w.wait_metric("fwatchdog_ready", &[], 1.0, 10.0)
}

fn open_metrics(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let request = Request::get("/metrics").header("Accept", asked);
    let r = rig.connect(w.metrics_port())?.exchange(&request)?;
    let kind = r.header("content-type").unwrap_or_default();
    check!(
        kind.starts_with("application/openmetrics-text; version=1.0.0"),
        "Content-Type {kind:?}"
    );
    let text = r.text();
    check!(text.ends_with("# EOF\n"), "no end mark");
    check!(text.contains(GAUGE), "no gauge");
    Ok(())
}
