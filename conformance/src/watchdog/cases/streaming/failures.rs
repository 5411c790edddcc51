//! Functions that fail before and after their first byte, and uploads that break off.
//! It knows HTTP/1.1 and HTTP/1.0 clients.
//! It refuses timeouts: they have a file of their own.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "streaming/fails-before-first-byte",
        "WD-5.4",
        "exit 3 without output is a 500",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(exit_before),
    Case::must(
        "streaming/dies-before-first-byte",
        "WD-5.4",
        "death by signal without output is a 500",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(signal_before),
    Case::must(
        "streaming/not-found",
        "WD-5.4",
        "a command that is nowhere in PATH is a 500",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(not_found),
    Case::must(
        "streaming/not-executable",
        "WD-5.4",
        "a file that may not be executed is a 500",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(not_executable),
    Case::must(
        "streaming/fails-before-first-byte-keeps-connection",
        "WD-5.4",
        "after such a 500 the connection serves on",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(keeps_connection),
    Case::must(
        "streaming/fails-after-first-byte",
        "WD-5.5",
        "exit 3 after output cuts the chunked answer",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(exit_after),
    Case::must(
        "streaming/dies-after-first-byte",
        "WD-5.5",
        "death after output cuts the answer",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(signal_after),
    Case::must(
        "streaming/fails-after-first-byte-http10",
        "WD-5.5",
        "an answer that only the close ends is reset",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(exit_after_http10),
    Case::must(
        "streaming/upload-cut",
        "WD-5.9",
        "the function does not see an upload cut short as whole",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-37"])
    .run(upload_cut),
    Case::must(
        "streaming/upload-cut-chunked",
        "WD-5.9",
        "the same for a chunked upload without its last chunk",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-37"])
    .run(upload_cut_chunked),
    Case::must(
        "streaming/upload-malformed",
        "WD-5.9",
        "the same for a bad chunk, which is a 400",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-37", "BUG-27"])
    .run(upload_malformed),
    Case::must(
        "streaming/upload-late",
        "WD-5.9",
        "the same for an upload not over within read_timeout, which is an error",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-37", "BUG-27"])
    .run(upload_late),
    Case::must(
        "streaming/upload-cut-after-first-byte",
        "WD-5.9",
        "an upload that breaks off in the middle of the answer cuts it",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-37"])
    .run(upload_cut_after_first_byte),
];

fn start(rig: &Rig, steps: &[&str]) -> Result<Watchdog, Failure> {
    rig.watchdog()
        .fprocess(&rig.fixture("script", steps))
        .start()
}

fn exit_before(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["read", "exit:3"])?;
    check_eq!(
        w.post("/", "x")?.status,
        500,
        "status of a function that exits with 3"
    );
    check_eq!(w.get("/")?.status, 500, "status without a body");
    Ok(())
}

fn signal_before(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["kill:15"])?;
    check_eq!(w.get("/")?.status, 500, "status");
    Ok(())
}

fn not_found(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("no-such-command-anywhere")
        .start()?;
    let r = w.post("/", "x")?;
    check_eq!(r.status, 500, "status");
    check!(
        r.text().contains("executable file not found"),
        "body {:?}",
        r.text()
    );
    Ok(())
}

fn not_executable(rig: &mut Rig) -> Outcome {
    let path = rig.write("plain", "#!/bin/sh\n")?.display().to_string();
    let w = rig.watchdog().fprocess(&path).start()?;
    let r = w.get("/")?;
    check_eq!(r.status, 500, "status");
    check!(
        r.text().contains("permission denied"),
        "body {:?}",
        r.text()
    );
    Ok(())
}

fn keeps_connection(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["read", "exit:3"])?;
    let mut wire = w.connect()?;
    for round in 1..=3 {
        let r = wire.exchange(&Request::post("/").body("x"))?;
        check_eq!((r.status, r.end), (500, End::Clean), "answer {round}");
    }
    Ok(())
}

/// Once the client has seen the first bytes the function fails; the answer must not look whole.
fn cut_by(rig: &Rig, failure: &str, request: &Request) -> Outcome {
    let w = start(rig, &["bytes:20000", "until:go", failure])?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(6.0))?;
    wire.send_request(request)?;
    check_eq!(
        wire.read_head()?.status,
        200,
        "status, sent before the failure"
    );
    let mut seen = wire.read_some()?.unwrap_or_default();
    rig.write("go", "")?;
    seen.extend(wire.read_body()?);
    check!(
        !wire.end().is_clean(),
        "the answer ended as if it were complete"
    );
    let wrong = Pattern::new(1, 20_000).mismatch(0, &seen);
    check_eq!(wrong, None, "first wrong byte before the cut");
    Ok(())
}

fn exit_after(rig: &mut Rig) -> Outcome {
    cut_by(rig, "exit:3", &Request::get("/"))
}

fn signal_after(rig: &mut Rig) -> Outcome {
    cut_by(rig, "kill:9", &Request::get("/"))
}

fn exit_after_http10(rig: &mut Rig) -> Outcome {
    cut_by(rig, "exit:3", &Request::get("/").http10())
}

/// The function must not come to the end of its input.
fn check_unseen(rig: &Rig) -> Outcome {
    let pid = rig.wait_pid("sink.pid", 10.0)?;
    rig.wait_gone(pid, 8.0)?;
    check_eq!(
        rig.evidence("sink"),
        "",
        "what the function took for its whole input"
    );
    Ok(())
}

fn sink(rig: &Rig) -> Result<(Watchdog, Wire), Failure> {
    let w = rig.watchdog().fprocess(&rig.fixture("sink", &[])).start()?;
    let wire = w.connect()?;
    Ok((w, wire))
}

fn upload_cut(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = sink(rig)?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    rig.wait_evidence_of("sink.progress", "9", 10.0)?;
    wire.close();
    check_unseen(rig)?;
    check!(w.is_running(), "the subject ended");
    Ok(())
}

fn upload_cut_chunked(rig: &mut Rig) -> Outcome {
    let (_w, mut wire) = sink(rig)?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n")?;
    rig.wait_evidence_of("sink.progress", "4", 10.0)?;
    wire.half_close()?;
    check_unseen(rig)
}

fn upload_malformed(rig: &mut Rig) -> Outcome {
    let (_w, mut wire) = sink(rig)?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n")?;
    rig.wait_evidence_of("sink.progress", "4", 10.0)?;
    wire.send(b"zz\r\n")?;
    check_eq!(wire.read_response()?.status, 400, "status");
    check_unseen(rig)
}

fn upload_late(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("sink", &[]);
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("read_timeout", "700ms")
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    let r = wire.read_response()?;
    check!(r.status >= 400, "a late upload is {}", r.status);
    check_unseen(rig)
}

fn upload_cut_after_first_byte(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["bytes:20000", "read", "mark:whole"])?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n")?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.send(b"zz\r\n")?;
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "the answer ended as if it were complete"
    );
    rig.poll(8.0, "the end of the function", || {
        w.children().is_empty().then_some(())
    })?;
    check_eq!(
        rig.evidence("whole"),
        "",
        "the function took its input for whole"
    );
    Ok(())
}
