//! Clients that leave while a function works for them, in every fork mode.
//! It knows closes, resets, uploads in the middle and the setting that lets work finish.
//! It refuses streamed answers: they are in the chapter of streaming.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/disconnect-stops-function",
        "WD-3.16",
        "a client that closes stops the function and what it started",
    )
    .modes(FORK)
    .bugs(&["BUG-30"])
    .run(close),
    Case::must(
        "classic/disconnect-by-reset",
        "WD-3.16",
        "a client that resets stops the function",
    )
    .modes(FORK)
    .bugs(&["BUG-30"])
    .run(reset),
    Case::must(
        "classic/disconnect-behind-pipelined-bytes",
        "WD-3.16",
        "bytes that nobody read yet do not hide that the client left",
    )
    .modes(FORK)
    .bugs(&["BUG-30"])
    .run(pipelined),
    Case::must(
        "classic/disconnect-gives-the-slot-back",
        "WD-3.16",
        "after a client left, max_inflight=1 takes the next one",
    )
    .modes(FORK)
    .bugs(&["BUG-30"])
    .run(slot),
    Case::must(
        "classic/disconnect-in-upload",
        "WD-3.16",
        "a client that leaves in its upload starts no function, and gives its slot back",
    )
    .modes(&[Classic, Serializing])
    .run(upload),
    Case::must(
        "classic/disconnect-may-let-finish",
        "WD-3.16",
        "with cancel_on_disconnect=false the function finishes",
    )
    .modes(FORK)
    .feature("disconnect-setting")
    .run(finish),
    Case::must(
        "classic/half-close-may-be-answered",
        "WD-3.16",
        "with cancel_on_disconnect=false a client that half-closes is answered",
    )
    .modes(FORK)
    .feature("disconnect-setting")
    .run(half_close),
];

fn close(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["grandchild:25", "mark:function", "wait:25"]);
    let w = rig.watchdog().fprocess(&line).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let function = rig.wait_pid("function", 10.0)?;
    let grandchild = rig.wait_pid("grandchild.pid", 1.0)?;
    check!(proc::alive(function), "the function is gone too early");
    wire.close();
    rig.wait_gone(function, 8.0)?;
    rig.wait_gone(grandchild, 8.0)
}

fn reset(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["read", "mark:function", "wait:25"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/").body("words"))?;
    let function = rig.wait_pid("function", 10.0)?;
    wire.reset()?;
    rig.wait_gone(function, 8.0)
}

fn pipelined(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["mark:function", "wait:25"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    wire.send_request(&Request::get("/second"))?;
    let function = rig.wait_pid("function", 10.0)?;
    wire.close();
    rig.wait_gone(function, 8.0)
}

fn slot(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["mark:function", "until:go"]))
        .env("max_inflight", "1")
        .start()?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/"))?;
        rig.wait_evidence("function", 10.0)?;
        wire.close();
        std::fs::remove_file(rig.file("function"))?;
        let mut next = w.connect()?;
        rig.poll(8.0, "a free slot", || {
            next.send_request(&Request::get("/")).ok()?;
            let busy = next.expect_quiet(Duration::from_millis(200)).is_err();
            if busy {
                next = w.connect().ok()?;
            }
            (!busy).then_some(())
        })?;
        rig.wait_evidence("function", 10.0)?;
        next.close();
        std::fs::remove_file(rig.file("function"))?;
        rig.poll(8.0, "an end of all functions", || {
            w.children().is_empty().then_some(())
        })?;
    }
    Ok(())
}

fn upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("max_inflight", "1")
        .start()?;
    for _ in 0..5 {
        let mut wire = w.connect()?;
        wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
        wire.close();
    }
    rig.poll(8.0, "a free slot", || {
        (w.probe("/") == Some(200)).then_some(())
    })?;
    check_eq!(
        rig.evidence("started").lines().count(),
        1,
        "functions started"
    );
    Ok(())
}

fn finish(rig: &mut Rig) -> Outcome {
    let line = rig.fixture(
        "script",
        &["mark:function", "until:go", "out:done", "mark:finished"],
    );
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("cancel_on_disconnect", "false")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let function = rig.wait_pid("function", 10.0)?;
    wire.close();
    // Long enough for a watchdog that minds to have acted.
    rig.pass_time(Duration::from_millis(700));
    check!(proc::alive(function), "the function was stopped");
    rig.write("go", "")?;
    rig.wait_evidence("finished", 8.0)?;
    rig.wait_gone(function, 8.0)
}

fn half_close(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["read", "wait:300ms", "out:done"]))
        .env("cancel_on_disconnect", "false")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/").body("words"))?;
    wire.half_close()?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "done"), "answer");
    Ok(())
}
