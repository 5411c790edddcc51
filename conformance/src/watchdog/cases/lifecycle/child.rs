//! The child of http mode ends unasked.
//! It knows every phase of a request that it can end in.
//! It refuses restarts: the orchestrator is the supervisor.

use super::{failed, kill, server_pid};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/child-exits-1",
        "WD-10.3",
        "a child that exits with 1 ends the watchdog",
    )
    .modes(&[Http])
    .run(child_exits_1),
    Case::must(
        "lifecycle/child-exits-0",
        "WD-10.3",
        "a child that exits with 0 ends the watchdog, too",
    )
    .modes(&[Http])
    .bugs(&["BUG-10"])
    .run(child_exits_0),
    Case::must(
        "lifecycle/child-killed-idle",
        "WD-10.3",
        "a child that is killed while idle ends the watchdog",
    )
    .modes(&[Http])
    .run(child_killed_idle),
    Case::must(
        "lifecycle/child-end-unlocks",
        "WD-10.19",
        "no lock file is left when the child ended",
    )
    .modes(&[Http])
    .run(child_end_unlocks),
    Case::must(
        "lifecycle/exit-code-own",
        "WD-10.16",
        "0 becomes 1 and 3 stays 3",
    )
    .modes(&[Http])
    .feature("exit-codes")
    .run(exit_code_own),
    Case::must(
        "lifecycle/exit-code-signal",
        "WD-10.16",
        "SIGKILL becomes 137 and SIGTERM, sent by somebody else, 143",
    )
    .modes(&[Http])
    .feature("exit-codes")
    .run(exit_code_signal),
    Case::must(
        "lifecycle/child-dies-before-head",
        "WD-10.17",
        "a request that waits for the head is answered with an error",
    )
    .modes(&[Http])
    .bugs(&["BUG-26"])
    .run(dies_before_head),
    Case::must(
        "lifecycle/child-dies-in-body",
        "WD-10.17",
        "an answer in its middle is cut, not ended",
    )
    .modes(&[Http])
    .run(dies_in_body),
    Case::must(
        "lifecycle/child-dies-in-chunks",
        "WD-10.17",
        "an answer of unknown length is cut, not ended",
    )
    .modes(&[Http])
    .run(dies_in_chunks),
    Case::must(
        "lifecycle/child-dies-in-upload",
        "WD-10.17",
        "a request in the middle of its upload gets an error or a close",
    )
    .modes(&[Http])
    .run(dies_in_upload),
    Case::must(
        "lifecycle/child-dies-in-websocket",
        "WD-10.17",
        "a WebSocket is closed",
    )
    .modes(&[Http])
    .run(dies_in_websocket),
    Case::must(
        "lifecycle/child-dies-keep-alive",
        "WD-10.17",
        "idle connections of clients are closed",
    )
    .modes(&[Http])
    .run(dies_keep_alive),
    Case::must(
        "lifecycle/last-words",
        "WD-10.18",
        "the last of 500 lines before a crash is in the log, twenty times out of twenty",
    )
    .modes(&[Http])
    .bugs(&["BUG-20"])
    .seconds(120)
    .run(last_words),
    Case::must(
        "lifecycle/last-words-killed",
        "WD-10.18",
        "what a child wrote before it was killed is in the log",
    )
    .modes(&[Http])
    .bugs(&["BUG-20"])
    .run(last_words_killed),
];

fn server(rig: &Rig) -> Result<(Watchdog, i32), Failure> {
    let w = rig.function("").start()?;
    let pid = server_pid(rig)?;
    Ok((w, pid))
}

fn child_exits_1(rig: &mut Rig) -> Outcome {
    let (w, _) = server(rig)?;
    let _ = w.get("/crash/1");
    failed(&w.wait_exit(10.0)?)
}

fn child_exits_0(rig: &mut Rig) -> Outcome {
    let (w, _) = server(rig)?;
    let _ = w.get("/crash/0");
    failed(&w.wait_exit(10.0)?)
}

fn child_killed_idle(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    check_eq!(w.get("/")?.status, 200, "status before");
    kill(pid, Signal::SIGKILL)?;
    failed(&w.wait_exit(10.0)?)
}

fn child_end_unlocks(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    kill(pid, Signal::SIGKILL)?;
    w.wait_exit(10.0)?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn exit_code_own(rig: &mut Rig) -> Outcome {
    for (code, want) in [(0, 1), (3, 3)] {
        let w = rig.function("").start()?;
        let _ = w.get(&format!("/crash/{code}"));
        check_eq!(w.wait_exit(10.0)?.code, Some(want), "exit code for {code}");
    }
    Ok(())
}

fn exit_code_signal(rig: &mut Rig) -> Outcome {
    for (signal, want) in [(Signal::SIGKILL, 137), (Signal::SIGTERM, 143)] {
        let (w, pid) = server(rig)?;
        kill(pid, signal)?;
        check_eq!(
            w.wait_exit(10.0)?.code,
            Some(want),
            "exit code for {signal}"
        );
        std::fs::remove_file(rig.file("server.pid"))?;
    }
    Ok(())
}

fn dies_before_head(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence("never", 10.0)?;
    kill(pid, Signal::SIGKILL)?;
    let r = wire.read_response()?;
    check!((500..505).contains(&r.status), "status {}", r.status);
    failed(&w.wait_exit(10.0)?)
}

/// Reads what there is of an answer whose sender died; it must not look whole.
fn expect_cut(wire: &mut Wire) -> Outcome {
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "a truncated answer that looks whole"
    );
    Ok(())
}

fn dies_in_body(rig: &mut Rig) -> Outcome {
    let (w, _) = server(rig)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/crash-mid/1"))?;
    let head = if rig.profile().name == "of-watchdog" {
        // That one holds back the head until more of the body is there.
        rig.write("crash", "")?;
        wire.read_head()
    } else {
        let head = wire.read_head();
        rig.write("crash", "")?;
        head
    };
    if head.is_ok() {
        expect_cut(&mut wire)?;
    }
    failed(&w.wait_exit(10.0)?)
}

fn dies_in_chunks(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/endless").header("Accept", "text/event-stream"))?;
    rig.wait_evidence_of("endless", "more\nmore\nmore\n", 10.0)?;
    kill(pid, Signal::SIGKILL)?;
    if wire.read_head().is_ok() {
        expect_cut(&mut wire)?;
    }
    failed(&w.wait_exit(10.0)?)
}

fn dies_in_upload(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    let mut wire = w.connect()?;
    let request = Request::post("/digest").header("Content-Length", "1000000");
    wire.send_head(&request)?;
    wire.send(&[b'x'; 1000])?;
    rig.wait_evidence("hits", 10.0)?;
    kill(pid, Signal::SIGKILL)?;
    if let Ok(r) = wire.read_response() {
        check!(r.status >= 500, "status {}", r.status);
    }
    failed(&w.wait_exit(10.0)?)
}

fn dies_in_websocket(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("before")?;
    kill(pid, Signal::SIGKILL)?;
    let read = socket.read();
    check!(read.is_err(), "a message from a dead child: {read:?}");
    drop(socket);
    failed(&w.wait_exit(10.0)?)
}

fn dies_keep_alive(rig: &mut Rig) -> Outcome {
    let (w, pid) = server(rig)?;
    let mut wire = w.connect()?;
    check_eq!(
        wire.exchange(&Request::get("/"))?.status,
        200,
        "status before"
    );
    kill(pid, Signal::SIGKILL)?;
    wire.expect_closed(rig.timeout(5.0))?;
    failed(&w.wait_exit(10.0)?)
}

fn last_words(rig: &mut Rig) -> Outcome {
    for round in 1..=20 {
        let w = rig.function("").start()?;
        let _ = w.get("/crash-loud/1?lines=500&size=120");
        let exit = w.wait_exit(10.0)?;
        let lines = exit.stderr.matches(":xxx").count();
        check_eq!(lines, 500, "lines of round {round}");
        check!(
            exit.stderr.contains(" 499:xxx"),
            "the last line of round {round}"
        );
    }
    Ok(())
}

fn last_words_killed(rig: &mut Rig) -> Outcome {
    for round in 1..=5 {
        let (w, pid) = server(rig)?;
        check_eq!(
            w.get("/spew?lines=300&size=200")?.text(),
            "spewed",
            "answer"
        );
        kill(pid, Signal::SIGKILL)?;
        let exit = w.wait_exit(10.0)?;
        check!(
            exit.stderr.contains("299:xxx"),
            "the last line of round {round}"
        );
        std::fs::remove_file(rig.file("server.pid"))?;
    }
    Ok(())
}
