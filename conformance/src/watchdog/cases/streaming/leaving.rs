//! Clients that leave in each phase of a streamed request.
//! It knows the function, its grandchildren and the slot.
//! It refuses the phases that every fork mode has: they are in the chapter of classic.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "streaming/disconnect-stops-child",
        "WD-5.7",
        "a client that leaves before the first byte stops function and grandchild",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30"])
    .run(before_head),
    Case::must(
        "streaming/disconnect-in-answer",
        "WD-5.7",
        "a client that leaves in the middle of the answer stops function and grandchild",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30", "BUG-06"])
    .run(in_answer),
    Case::must(
        "streaming/disconnect-in-silent-answer",
        "WD-5.7",
        "the function need not write for that",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30", "BUG-06"])
    .run(in_silent_answer),
    Case::must(
        "streaming/disconnect-of-a-writer",
        "WD-5.7",
        "a function that ignores SIGPIPE and goes on writing is stopped",
    )
    .modes(&[Streaming])
    .run(of_writer),
    Case::must(
        "streaming/disconnect-in-stalled-upload",
        "WD-5.7",
        "a client that leaves behind bytes which the function does not read stops it",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30", "BUG-37"])
    .run(in_stalled_upload),
    Case::must(
        "streaming/disconnect-in-blocked-upload",
        "WD-5.7",
        "the same where the upload filled every buffer on the way",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30", "BUG-37"])
    .run(in_blocked_upload),
    Case::must(
        "streaming/disconnect-in-blocked-answer",
        "WD-5.7",
        "a client that leaves without having read stops a function that waits to write",
    )
    .modes(&[Streaming])
    .run(in_blocked_answer),
    Case::must(
        "streaming/disconnect-may-let-finish",
        "WD-5.7",
        "with cancel_on_disconnect=false a function in the middle of its answer finishes",
    )
    .modes(&[Streaming])
    .feature("disconnect-setting")
    .run(finish),
];

fn begin(rig: &Rig, steps: &[&str], request: &Request) -> Result<(Watchdog, Wire), Failure> {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", steps))
        .start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send_request(request)?;
    Ok((w, wire))
}

/// The function and its grandchild end; nothing of them is left, not even a zombie.
fn check_gone(rig: &Rig, w: &Watchdog, names: &[&str]) -> Outcome {
    for name in names {
        let pid = rig.wait_pid(name, 1.0)?;
        rig.wait_gone(pid, 8.0)?;
    }
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn before_head(rig: &mut Rig) -> Outcome {
    let steps = &["grandchild:25", "mark:function", "wait:25"];
    let (w, wire) = begin(rig, steps, &Request::get("/"))?;
    let pid = rig.wait_pid("function", 10.0)?;
    check!(proc::alive(pid), "the function is gone too early");
    wire.close();
    check_gone(rig, &w, &["function", "grandchild.pid"])
}

fn in_answer(rig: &mut Rig) -> Outcome {
    let steps = &["grandchild:25", "out:some", "mark:function", "wait:25"];
    let (w, mut wire) = begin(rig, steps, &Request::get("/"))?;
    wire.read_head()?;
    wire.read_until(b"some")?;
    rig.wait_evidence("function", 10.0)?;
    wire.close();
    check_gone(rig, &w, &["function", "grandchild.pid"])
}

fn in_silent_answer(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = begin(
        rig,
        &["bytes:20000", "mark:function", "wait:25"],
        &Request::get("/"),
    )?;
    wire.read_head()?;
    rig.wait_evidence("function", 10.0)?;
    wire.reset()?;
    check_gone(rig, &w, &["function"])
}

fn of_writer(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("slow-writer", &["3000", "10ms"]);
    let w = rig.watchdog().fprocess(&line).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("slow-writer.pid", 10.0)?;
    wire.reset()?;
    check_gone(rig, &w, &["slow-writer.pid"])
}

fn in_stalled_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["mark:function", "wait:25"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")?;
    rig.wait_evidence("function", 10.0)?;
    // More than the function's pipe takes, less than the sockets do: the end must get through.
    wire.send(&vec![b'x'; 150_000])?;
    wire.close();
    check_gone(rig, &w, &["function"])
}

fn in_blocked_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["mark:function", "wait:25"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")?;
    rig.wait_evidence("function", 10.0)?;
    wire.set_timeout(Duration::from_millis(500))?;
    check!(
        wire.send(&vec![b'x'; 50_000_000]).is_err(),
        "50 MB went nowhere"
    );
    wire.reset()?;
    check_gone(rig, &w, &["function"])
}

fn in_blocked_answer(rig: &mut Rig) -> Outcome {
    let steps = &["mark:function", "bytes:100000000"];
    let (w, mut wire) = begin(rig, steps, &Request::get("/"))?;
    wire.read_head()?;
    rig.wait_evidence("function", 10.0)?;
    wire.close();
    check_gone(rig, &w, &["function"])
}

fn finish(rig: &mut Rig) -> Outcome {
    let line = rig.fixture(
        "script",
        &[
            "out:some",
            "mark:function",
            "until:go",
            "bytes:200000",
            "mark:finished",
        ],
    );
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("cancel_on_disconnect", "false")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    wire.read_head()?;
    let pid = rig.wait_pid("function", 10.0)?;
    wire.close();
    // Long enough for a watchdog that minds to have acted.
    rig.pass_time(Duration::from_millis(700));
    check!(proc::alive(pid), "the function was stopped");
    rig.write("go", "")?;
    rig.wait_evidence("finished", 8.0)?;
    rig.wait_gone(pid, 8.0)
}
