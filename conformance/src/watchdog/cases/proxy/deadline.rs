//! How long a request may take.
//! It knows `exec_timeout` and `X-Timeout`.
//! It refuses the limits of streams: chapter 7.

use super::{is_cut, own_answer, server};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("proxy/timeout", "WD-6.5", "a slow child is a 504")
        .modes(&[Http])
        .run(timeout),
    Case::must(
        "proxy/timeout-frees-the-child",
        "WD-6.5",
        "a request that timed out is ended at the child, which lives on",
    )
    .modes(&[Http])
    .run(timeout_frees_the_child),
    Case::must(
        "proxy/x-timeout-shorter",
        "WD-6.11",
        "a shorter X-Timeout counts",
    )
    .modes(&[Http])
    .run(x_timeout_shorter),
    Case::must(
        "proxy/x-timeout-larger",
        "WD-6.11",
        "a longer X-Timeout does not count",
    )
    .modes(&[Http])
    .run(x_timeout_larger),
    Case::must(
        "proxy/x-timeout-zero",
        "WD-6.11",
        "a zero or negative X-Timeout lifts nothing",
    )
    .modes(&[Http])
    .bugs(&["BUG-11"])
    .run(x_timeout_zero),
    Case::must(
        "proxy/x-timeout-nonsense",
        "WD-6.11",
        "an X-Timeout that is no duration, a bare number included, does nothing",
    )
    .modes(&[Http])
    .run(x_timeout_nonsense),
    Case::must(
        "proxy/x-timeout-without-limit",
        "WD-6.11",
        "without exec_timeout there is nothing to shorten",
    )
    .modes(&[Http])
    .run(x_timeout_without_limit),
    Case::must(
        "proxy/x-timeout-mid-body",
        "WD-6.11",
        "X-Timeout holds for the body of the answer as well",
    )
    .modes(&[Http])
    .bugs(&["BUG-12"])
    .run(x_timeout_mid_body),
    Case::must(
        "proxy/deadline-mid-body",
        "WD-6.12",
        "a deadline within a body cuts it visibly, for old clients too",
    )
    .modes(&[Http])
    .bugs(&["BUG-12"])
    .run(deadline_mid_body),
    Case::must(
        "proxy/deadline-slow-upload",
        "WD-6.12",
        "a slow upload does not hold up the deadline",
    )
    .modes(&[Http])
    .bugs(&["BUG-36"])
    .run(deadline_slow_upload),
    Case::must(
        "proxy/deadline-unread-answer",
        "WD-6.12",
        "a client that does not read does not hold up the deadline",
    )
    .modes(&[Http])
    .run(deadline_unread_answer),
    Case::must(
        "proxy/deadline-next-request",
        "WD-6.12",
        "each request on a connection has a deadline of its own",
    )
    .modes(&[Http])
    .run(deadline_next_request),
];

/// Longer than any case waits.
const SLOW: &str = "/slow?ms=20000";

fn timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "500ms").start()?;
    for request in [Request::get(SLOW), Request::post(SLOW).body("x")] {
        let r = w.request(request)?;
        own_answer(&r, 504, "a slow child")?;
        check!(r.headers.has("x-duration-seconds"), "no X-Duration-Seconds");
    }
    w.wait_log("exec_timeout", 5.0)
}

fn timeout_frees_the_child(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "500ms").start()?;
    let pid = rig.evidence("server.pid");
    own_answer(&w.get("/never")?, 504, "a child that never answers")?;
    rig.wait_evidence("never.end", 5.0)?;
    check_eq!(
        w.get("/anything")?.text(),
        "hello",
        "answer after a timeout"
    );
    check_eq!(rig.evidence("server.pid"), pid, "the child");
    Ok(())
}

fn x_timeout_shorter(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "25s").start()?;
    for value in ["300ms", "0.3s", "1s", "0h0m1s"] {
        let start = Instant::now();
        let r = w.request(Request::get(SLOW).header("X-Timeout", value))?;
        own_answer(&r, 504, "a shorter X-Timeout")?;
        let took = start.elapsed();
        check!(took < rig.timeout(10.0), "{took:?} with X-Timeout: {value}");
    }
    Ok(())
}

/// `exec_timeout` holds although the request says this.
fn holds_against(rig: &Rig, values: &[&str]) -> Outcome {
    let w = server(rig).env("exec_timeout", "500ms").start()?;
    for value in values {
        let mut wire = w.connect()?;
        wire.set_timeout(rig.timeout(6.0))?;
        let r = wire.exchange(&Request::get(SLOW).header("X-Timeout", value))?;
        own_answer(&r, 504, &format!("X-Timeout: {value}"))?;
    }
    Ok(())
}

fn x_timeout_larger(rig: &mut Rig) -> Outcome {
    holds_against(rig, &["30s", "24h", "9999999h"])
}

fn x_timeout_zero(rig: &mut Rig) -> Outcome {
    holds_against(rig, &["0s", "0", "-1s", "-1h", "0h0m0s"])
}

fn x_timeout_nonsense(rig: &mut Rig) -> Outcome {
    holds_against(rig, &["soon", "1", "", "1 s", "infinite"])?;
    let w = server(rig).env("exec_timeout", "25s").start()?;
    let r = w.request(Request::get("/slow?ms=1500").header("X-Timeout", "1"))?;
    check_eq!(r.status, 200, "status with a bare number");
    Ok(())
}

fn x_timeout_without_limit(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "0").start()?;
    let r = w.request(Request::get("/slow?ms=700").header("X-Timeout", "200ms"))?;
    check_eq!(r.status, 200, "status");
    Ok(())
}

fn x_timeout_mid_body(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "25s").start()?;
    let request = Request::get("/drip?n=200&ms=100").header("X-Timeout", "600ms");
    check!(
        is_cut(w.request(request)),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn deadline_mid_body(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "600ms").start()?;
    for request in [
        Request::get("/drip?n=200&ms=100"),
        Request::get("/drip?n=200&ms=100").http10(),
        Request::get("/drip?n=200&ms=100&size=4000"),
    ] {
        check!(
            is_cut(w.request(request)),
            "the answer ended as if it were complete"
        );
    }
    rig.wait_evidence_of("drip.end", "gone", 5.0)
}

fn deadline_slow_upload(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("exec_timeout", "500ms")
        .env("read_timeout", "25s")
        .start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(8.0))?;
    wire.send_head(&Request::post("/digest").header("Content-Length", "1000"))?;
    wire.send(b"slow")?;
    own_answer(&wire.read_response()?, 504, "a slow upload")?;
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the child took for a whole upload"
    );
    Ok(())
}

fn deadline_unread_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "700ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=100000&ms=0&size=60000"))?;
    wire.read_head()?;
    rig.wait_evidence_of("drip.end", "gone", 10.0)?;
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn deadline_next_request(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "1s").start()?;
    let mut wire = w.connect()?;
    for _ in 0..5 {
        let r = wire.exchange(&Request::get("/slow?ms=300"))?;
        check_eq!(r.status, 200, "status");
    }
    Ok(())
}
