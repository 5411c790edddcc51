//! What a function that fails is answered with: exits, signals, start errors, timeouts, uploads.
//! It knows mode classic.
//! It refuses clients that leave: they have a file of their own.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/exit-status",
        "WD-3.2",
        "a non-zero exit is a 500 with status and output",
    )
    .modes(&[Classic])
    .run(exit_status),
    Case::must(
        "classic/exit-signal",
        "WD-3.2",
        "a death by signal is a 500 that names it",
    )
    .modes(&[Classic])
    .run(exit_signal),
    Case::must(
        "classic/exit-headers",
        "WD-3.2",
        "a failure has neither the configured type nor a duration",
    )
    .modes(&[Classic])
    .run(exit_headers),
    Case::must(
        "classic/not-found",
        "WD-3.9",
        "a command that is nowhere in PATH",
    )
    .modes(&[Classic])
    .run(not_found),
    Case::must(
        "classic/no-such-path",
        "WD-3.9",
        "a path that does not exist",
    )
    .modes(&[Classic])
    .run(no_such_path),
    Case::must(
        "classic/not-executable",
        "WD-3.9",
        "a file that may not be executed",
    )
    .modes(&[Classic])
    .run(not_executable),
    Case::must(
        "classic/timeout",
        "WD-3.5",
        "a function over time is a 408 and is gone",
    )
    .modes(&[Classic])
    .run(timeout),
    Case::must(
        "classic/timeout-with-grandchild",
        "WD-3.5",
        "a grandchild holding stdout does not delay the 408, and is stopped",
    )
    .modes(&[Classic])
    .bugs(&["BUG-09"])
    .run(timeout_with_grandchild),
    Case::must(
        "classic/timeout-drops-output",
        "WD-3.5",
        "output before the timeout is not part of the 408",
    )
    .modes(&[Classic])
    .run(timeout_drops_output),
    Case::must(
        "classic/timeout-again-and-again",
        "WD-3.5",
        "20 functions over time leave no process and no zombie",
    )
    .modes(&[Classic])
    .bugs(&["BUG-39"])
    .run(timeout_again_and_again),
    Case::must(
        "classic/timeout-starts-after-upload",
        "WD-3.5",
        "a slow upload does not use up the function's time",
    )
    .modes(&[Classic])
    .run(timeout_starts_after_upload),
    Case::must(
        "classic/timeout-sends-term",
        "WD-3.17",
        "a function may clean up within kill_grace",
    )
    .modes(FORK)
    .feature("kill-grace")
    .run(timeout_sends_term),
    Case::must(
        "classic/timeout-kills",
        "WD-3.17",
        "a function that ignores SIGTERM is gone after kill_grace, and the answer does not wait",
    )
    .modes(FORK)
    .feature("kill-grace")
    .run(timeout_kills),
    Case::must(
        "classic/upload-cut",
        "WD-3.10",
        "an upload cut short is a 400 and starts nothing",
    )
    .modes(&[Classic])
    .run(upload_cut),
    Case::must(
        "classic/upload-cut-chunked",
        "WD-3.10",
        "a chunked upload without its last chunk is a 400 and starts nothing",
    )
    .modes(&[Classic])
    .run(upload_cut_chunked),
    Case::must(
        "classic/upload-malformed",
        "WD-3.10",
        "a bad chunk size is a 400 and starts nothing",
    )
    .modes(&[Classic])
    .run(upload_malformed),
    Case::must(
        "classic/upload-late",
        "WD-3.10",
        "an upload that is not over within read_timeout is a 400 and starts nothing",
    )
    .modes(&[Classic])
    .run(upload_late),
];

fn exit_status(rig: &mut Rig) -> Outcome {
    for code in ["1", "3", "255"] {
        let w = rig
            .watchdog()
            .fprocess(&rig.fixture("exit", &[code, "--stdout", "out", "--read"]))
            .start()?;
        let r = w.post("/", "some input")?;
        check_eq!(r.status, 500, "status of exit {code}");
        check_eq!(
            r.text(),
            format!("exit status {code}\nout"),
            "body of exit {code}"
        );
    }
    Ok(())
}

fn exit_signal(rig: &mut Rig) -> Outcome {
    for (signal, name) in [
        ("9", "killed"),
        ("15", "terminated"),
        ("10", "user defined signal 1"),
        ("14", "alarm clock"),
    ] {
        let line = rig.fixture("script", &["out:some", &format!("kill:{signal}")]);
        let w = rig.watchdog().fprocess(&line).start()?;
        let r = w.get("/")?;
        check_eq!(r.status, 500, "status of signal {signal}");
        check_eq!(
            r.text(),
            format!("signal: {name}\nsome"),
            "body of signal {signal}"
        );
    }
    Ok(())
}

fn exit_headers(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3"]))
        .env("content_type", "application/json")
        .start()?;
    let r = w.get("/")?;
    check_eq!(r.status, 500, "status");
    check_eq!(
        r.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "type"
    );
    check_eq!(r.header("x-duration-seconds"), None, "duration");
    Ok(())
}

fn not_found(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("no-such-command-anywhere")
        .start()?;
    let r = w.post("/", "x")?;
    check_eq!(r.status, 500, "status");
    let words = "exec: \"no-such-command-anywhere\": executable file not found in $PATH\n";
    check_eq!(r.text(), words, "body");
    Ok(())
}

fn no_such_path(rig: &mut Rig) -> Outcome {
    let path = rig.file("missing").display().to_string();
    let w = rig.watchdog().fprocess(&path).start()?;
    let r = w.post("/", "x")?;
    check_eq!(r.status, 500, "status");
    check_eq!(
        r.text(),
        format!("fork/exec {path}: no such file or directory\n"),
        "body"
    );
    Ok(())
}

fn not_executable(rig: &mut Rig) -> Outcome {
    let path = rig.write("plain", "#!/bin/sh\n")?.display().to_string();
    let w = rig.watchdog().fprocess(&path).start()?;
    let r = w.post("/", "x")?;
    check_eq!(r.status, 500, "status");
    check_eq!(
        r.text(),
        format!("fork/exec {path}: permission denied\n"),
        "body"
    );
    Ok(())
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("sleep", &["20"]))
        .env("exec_timeout", "700ms")
        .start()?;
    let start = Instant::now();
    let r = w.get("/")?;
    let took = start.elapsed();
    check_eq!(
        (r.status, r.text().as_str()),
        (408, "Killed process.\n"),
        "answer"
    );
    check_eq!(
        r.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "type"
    );
    check!(took >= Duration::from_millis(690), "it took only {took:?}");
    check!(took < rig.timeout(8.0), "it took {took:?}");
    let pid = rig.wait_pid("sleep.pid", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn timeout_with_grandchild(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["grandchild:20", "mark:function", "forever"]);
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("exec_timeout", "1s")
        .start()?;
    let start = Instant::now();
    check_eq!(w.get("/")?.status, 408, "status");
    let took = start.elapsed();
    check!(took < rig.timeout(8.0), "it took {took:?}");
    for name in ["function", "grandchild.pid"] {
        let pid = rig.wait_pid(name, 1.0)?;
        rig.wait_gone(pid, 8.0)?;
    }
    Ok(())
}

fn timeout_drops_output(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["out:partial", "mark:printed", "forever"]);
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("exec_timeout", "1s")
        .start()?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (408, "Killed process.\n"),
        "answer"
    );
    Ok(())
}

fn timeout_again_and_again(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", &["forever"]))
        .env("exec_timeout", "50ms")
        .env("max_inflight", "1")
        .start()?;
    for round in 1..=20 {
        let r = w.get("/")?;
        check_eq!(
            (r.status, r.text().as_str()),
            (408, "Killed process.\n"),
            "answer {round}"
        );
    }
    rig.poll(8.0, "an end of all functions and zombies", || {
        (w.children().is_empty() && w.zombies().is_empty()).then_some(())
    })
}

fn timeout_starts_after_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("exec_timeout", "1s")
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")?;
    rig.pass_time(Duration::from_millis(1500));
    wire.send(b"cd")?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "abcd"), "answer");
    Ok(())
}

fn timeout_sends_term(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("kill-grace", &["100ms"]))
        .env("exec_timeout", "500ms")
        .env("kill_grace", "10s")
        .start()?;
    let r = w.get("/")?;
    check!(r.status >= 400, "a function over time is {}", r.status);
    rig.wait_evidence_of("kill-grace", "finished", 10.0)
}

fn timeout_kills(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("ignore-term", &[]))
        .env("exec_timeout", "500ms")
        .env("kill_grace", "3s")
        .start()?;
    let r = w.get("/")?;
    check!(r.status >= 400, "a function over time is {}", r.status);
    let pid = rig.wait_pid("ignore-term.pid", 1.0)?;
    check!(
        proc::alive(pid),
        "the answer waited for the end of the function"
    );
    rig.wait_evidence_of("signals", "TERM", 5.0)?;
    rig.wait_gone(pid, 12.0)
}

fn nothing_started(rig: &Rig) -> Outcome {
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn upload_cut(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    wire.half_close()?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (400, "unexpected EOF\n"),
        "answer"
    );
    nothing_started(rig)
}

fn upload_cut_chunked(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n")?;
    wire.half_close()?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (400, "unexpected EOF\n"),
        "answer"
    );
    nothing_started(rig)
}

fn upload_malformed(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\nzz\r\n",
    )?;
    check_eq!(wire.read_response()?.status, 400, "status");
    nothing_started(rig)
}

fn upload_late(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("read_timeout", "700ms")
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    check_eq!(wire.read_response()?.status, 400, "status");
    nothing_started(rig)
}
