//! Uploads: waited for, left unread, and what follows them.
//! It knows clients that send all before they read.
//! It refuses limits on size.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/expect-continue",
        "WD-2.15",
        "a client that waits for 100 Continue gets it, then its answer",
    )
    .modes(FUNCTION)
    .run(expect_continue),
    Case::must(
        "server/expect-refused",
        "WD-2.15",
        "a refused request is answered without 100 Continue",
    )
    .modes(&[Classic])
    .run(expect_refused),
    Case::must(
        "server/unread-upload",
        "WD-2.16",
        "a function that ignores 4 MB of upload: the client sends all, then reads the answer",
    )
    .modes(FORK)
    .bugs(&["BUG-04"])
    .run(unread_upload),
    Case::must(
        "server/refused-upload",
        "WD-2.16",
        "a refused method: the client sends 200 kB, then reads the 405",
    )
    .modes(&[Classic])
    .run(refused_upload),
    Case::must(
        "server/probe-upload",
        "WD-2.16",
        "a POST to the probe: the client sends 200 kB, then reads the 405",
    )
    .run(probe_upload),
    Case::must(
        "server/unread-upload-in-step",
        "WD-2.17",
        "after a small unread upload the next request is answered, or the connection closed",
    )
    .modes(FORK)
    .bugs(&["BUG-04"])
    .run(unread_in_step),
    Case::must(
        "server/surplus-bytes",
        "WD-2.17",
        "bytes beyond the length of a body are a malformed request of their own",
    )
    .modes(FUNCTION)
    .run(surplus),
    Case::must(
        "server/probe-with-body",
        "WD-2.17",
        "a probe with a body is answered and the connection stays in step",
    )
    .run(probe_with_body),
];

fn expect_continue(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    let request = Request::post("/echo-buffered")
        .header("Expect", "100-continue")
        .header("Content-Length", "5");
    wire.send_head(&request)?;
    let interim = wire.read_any_head()?;
    check_eq!(interim.status, 100, "first status, before the body is sent");
    wire.send(b"hello")?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "hello"), "answer");
    Ok(())
}

fn expect_refused(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    let request = Request::new("BREW", "/")
        .header("Expect", "100-continue")
        .header("Content-Length", "5");
    wire.send_head(&request)?;
    check_eq!(wire.read_any_head()?.status, 405, "first status");
    Ok(())
}

fn unread_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("stdin-ignore", &[]))
        .start()?;
    let mut wire = w.connect()?;
    // All of it first: a client that reads while it sends would not notice the loss.
    wire.send_request(&Request::post("/").pattern(Pattern::new(3, 4_000_000)))?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str(), r.end),
        (200, "ignored", End::Clean),
        "answer"
    );
    Ok(())
}

fn refused_upload(rig: &mut Rig) -> Outcome {
    sent_then_read(rig, "BREW", "/")
}

fn probe_upload(rig: &mut Rig) -> Outcome {
    sent_then_read(rig, "POST", "/_/health")
}

/// Ten times, for a lost answer is a matter of timing.
fn sent_then_read(rig: &Rig, method: &str, target: &str) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for _ in 0..10 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::new(method, target).pattern(Pattern::new(3, 200_000)))?;
        check_eq!(wire.read_response()?.status, 405, "status");
    }
    Ok(())
}

fn unread_in_step(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("stdin-ignore", &[]))
        .start()?;
    for size in [1, 1000, 100_000] {
        let mut wire = w.connect()?;
        let r = wire.exchange(&Request::post("/").pattern(Pattern::new(3, size)))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ignored"),
            "answer to {size} bytes"
        );
        if r.headers.lists("connection", "close")
            || wire.send_request(&Request::get("/_/health")).is_err()
        {
            continue;
        }
        if let Ok(r) = wire.read_response() {
            check_eq!(
                (r.status, r.text().as_str()),
                (200, "OK"),
                "next answer after {size} bytes"
            );
        }
    }
    Ok(())
}

fn surplus(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcSURPLUS\r\n\r\n")?;
    check_eq!(wire.read_response()?.text(), "abc", "answer");
    check_eq!(wire.read_response()?.status, 400, "status for the surplus");
    wire.expect_closed(rig.timeout(5.0))
}

fn probe_with_body(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send_request(
        &Request::get("/_/health").body("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    )?;
    check_eq!(wire.read_response()?.status, 200, "status of the probe");
    if wire.send_request(&Request::post("/").body("next")).is_err() {
        return Ok(());
    }
    if let Ok(r) = wire.read_response() {
        check_eq!(r.text(), "next", "next answer");
    }
    Ok(())
}
