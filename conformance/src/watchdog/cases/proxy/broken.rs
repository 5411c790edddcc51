//! A child that fails, or is not there yet.
//! It knows every phase in which a connection can break.
//! It refuses the end of the child's process: the lifecycle has it.

use super::{is_cut, own_answer, server, server_with};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/no-answer",
        "WD-6.4",
        "a hang-up before the head is a 502",
    )
    .modes(&[Http])
    .run(no_answer),
    Case::must(
        "proxy/no-answer-events",
        "WD-6.4",
        "a hang-up before the head is a 502 for a request for events as well",
    )
    .modes(&[Http])
    .bugs(&["BUG-15"])
    .run(no_answer_events),
    Case::must(
        "proxy/broken-head",
        "WD-6.4",
        "half a head, or none that is HTTP, is a 502",
    )
    .modes(&[Http])
    .run(broken_head),
    Case::must(
        "proxy/cut-sized",
        "WD-6.6",
        "a sized body that breaks off cuts the answer",
    )
    .modes(&[Http])
    .run(cut_sized),
    Case::must(
        "proxy/cut-chunked",
        "WD-6.6",
        "chunks that break off cut the answer",
    )
    .modes(&[Http])
    .run(cut_chunked),
    Case::must(
        "proxy/cut-for-old-clients",
        "WD-6.6",
        "a client of HTTP/1.0 can tell a body that breaks off from a whole one",
    )
    .modes(&[Http])
    .run(cut_for_old_clients),
    Case::must(
        "proxy/gone-after-body",
        "WD-6.2",
        "a child that hangs up after a whole body loses nothing",
    )
    .modes(&[Http])
    .run(gone_after_body),
    Case::must(
        "proxy/recovers",
        "WD-6.4",
        "after any failure the next request is answered",
    )
    .modes(&[Http])
    .run(recovers),
    Case::must(
        "proxy/failure-frees-slots",
        "WD-6.4",
        "failures do not use up max_inflight",
    )
    .modes(&[Http])
    .bugs(&["BUG-01"])
    .run(failure_frees_slots),
    Case::must(
        "proxy/waits-for-the-child",
        "WD-6.18",
        "a request that comes before the child listens is answered when it does",
    )
    .modes(&[Http])
    .bugs(&["BUG-42"])
    .run(waits_for_the_child),
    Case::must(
        "proxy/startup-timeout",
        "WD-6.18",
        "a child that does not listen within startup_timeout is a 503",
    )
    .modes(&[Http])
    .feature("startup-timeout")
    .run(startup_timeout),
    Case::must(
        "proxy/left-before-head",
        "WD-6.17",
        "a client that leaves before the head ends the request at the child",
    )
    .modes(&[Http])
    .run(left_before_head),
    Case::must(
        "proxy/left-mid-body",
        "WD-6.17",
        "a client that leaves within the body ends the request at the child",
    )
    .modes(&[Http])
    .run(left_mid_body),
    Case::must(
        "proxy/left-mid-upload",
        "WD-6.17",
        "a client that leaves within its upload ends the request at the child",
    )
    .modes(&[Http])
    .run(left_mid_upload),
    Case::must(
        "proxy/left-is-no-timeout",
        "WD-6.17",
        "the log does not blame exec_timeout for a client that left",
    )
    .modes(&[Http])
    .bugs(&["BUG-38"])
    .run(left_is_no_timeout),
    Case::must(
        "proxy/left-may-be-ignored",
        "WD-6.17",
        "with cancel_on_disconnect=false the child finishes",
    )
    .modes(&[Http])
    .feature("disconnect-setting")
    .run(left_may_be_ignored),
];

fn no_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    own_answer(&w.post("/die-before-head", "x")?, 502, "a POST")?;
    own_answer(&w.get("/die-before-head")?, 502, "a GET")
}

fn no_answer_events(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for accept in ["text/event-stream", "application/x-ndjson"] {
        let request = Request::get("/die-before-head").header("Accept", accept);
        own_answer(&w.request(request)?, 502, accept)?;
    }
    let r = w.request(crate::wire::websocket::opening("/die-before-head"))?;
    own_answer(&r, 502, "an upgrade")
}

fn broken_head(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    own_answer(&w.post("/die-mid-head", "x")?, 502, "half a head")?;
    own_answer(&w.post("/garbage", "x")?, 502, "garbage")
}

fn cut_sized(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    check!(
        is_cut(w.get("/die-mid-length")),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn cut_chunked(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    check!(
        is_cut(w.get("/die-mid-chunked")),
        "the answer ended as if it were complete"
    );
    let events = Request::get("/die-mid-chunked").header("Accept", "text/event-stream");
    check!(
        is_cut(w.request(events)),
        "events ended as if they were complete"
    );
    Ok(())
}

fn cut_for_old_clients(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for target in ["/die-mid-chunked", "/die-mid-length"] {
        let r = w.request(Request::get(target).http10());
        check!(is_cut(r), "{target} ended as if it were complete");
    }
    Ok(())
}

fn gone_after_body(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--keepalive-then-drop"]).start()?;
    for _ in 0..10 {
        for target in ["/bytes/100000", "/chunked/100000"] {
            let r = w.request_pattern(&Request::get(target), Pattern::new(1, 100_000))?;
            check_eq!(r.end, End::Clean, "end of {target}");
        }
    }
    Ok(())
}

const FAILURES: [&str; 5] = [
    "/die-before-head",
    "/die-mid-head",
    "/garbage",
    "/die-mid-length",
    "/die-mid-chunked",
];

fn recovers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for target in FAILURES {
        let _ = w.get(target);
        check_eq!(w.get("/anything")?.text(), "hello", "answer after {target}");
    }
    Ok(())
}

fn failure_frees_slots(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("max_inflight", "1").start()?;
    for target in FAILURES {
        for accept in ["*/*", "text/event-stream"] {
            let _ = w.request(Request::get(target).header("Accept", accept));
            w.wait_status("/anything", 200, 5.0)?;
        }
    }
    Ok(())
}

fn waits_for_the_child(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--listen-after", "1s"])
        .await_upstream(false)
        .spawn()?;
    w.wait_listening(10.0)?;
    check_eq!(
        rig.evidence("server.listening"),
        "",
        "whether the child listens"
    );
    check_eq!(w.get("/anything")?.text(), "hello", "an early GET");
    Ok(())
}

fn startup_timeout(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--listen-after", "25s"])
        .env("startup_timeout", "300ms")
        .await_upstream(false)
        .spawn()?;
    w.wait_listening(10.0)?;
    own_answer(&w.get("/anything")?, 503, "a child that does not listen")?;
    let r = w.post("/anything", "x")?;
    own_answer(&r, 503, "a child that does not listen")?;
    check!(r.headers.has("retry-after"), "no Retry-After");
    Ok(())
}

fn left_before_head(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence("never", 10.0)?;
    wire.close();
    rig.wait_evidence("never.end", 5.0)?;
    Ok(())
}

fn left_mid_body(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=600&ms=50&size=8000"))?;
    wire.read_head()?;
    wire.read_until(b"drip 0\n")?;
    wire.reset()?;
    rig.wait_evidence_of("drip.end", "gone", 10.0)
}

fn left_mid_upload(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/never").header("Content-Length", "1000000"))?;
    wire.send(&[b'x'; 5000])?;
    rig.wait_evidence("never", 10.0)?;
    wire.reset()?;
    rig.wait_evidence("never.end", 5.0)?;
    Ok(())
}

fn left_is_no_timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence("never", 10.0)?;
    wire.close();
    rig.wait_evidence("never.end", 5.0)?;
    // Whatever is logged for it is logged before the next request's line.
    w.get("/status/218")?;
    w.wait_log("/status/218", 5.0)?;
    check!(
        !w.log().contains("exec_timeout"),
        "the log blames exec_timeout"
    );
    Ok(())
}

fn left_may_be_ignored(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("cancel_on_disconnect", "false").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=8&ms=100"))?;
    wire.read_head()?;
    wire.read_until(b"drip 0\n")?;
    wire.half_close()?;
    wire.read_until(b"drip 7\n")?;
    check_eq!(wire.read_body()?, b"", "rest of the body");
    check_eq!(wire.end(), End::Clean, "end");
    rig.wait_evidence_of("drip.end", "done", 10.0)
}
