//! Chapter 4: one process per request, both bodies buffered.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what classic mode does differently.

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: "serializing",
    title: "Mode serializing",
    intro: "Every request starts a process; upload and output are collected whole, stderr is logged.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-4.1",
        "The output of a function that exits with 0 is the answer, with `X-Duration-Seconds` and `content_type`.",
    ),
    Clause::must(
        "WD-4.2",
        "A non-zero exit is a 500 whose body is the exit status alone.",
    ),
    Clause::must(
        "WD-4.3",
        "A function that does not read its stdin is no error, and leaves no zombie.",
    ),
    Clause::must("WD-4.4", "Any method runs the function."),
    Clause::must(
        "WD-4.5",
        "What the function writes to stderr is logged and never answered.",
    ),
    Clause::must(
        "WD-4.6",
        "A command that cannot be started is a 500 that says why.",
    ),
    Clause::must(
        "WD-4.7",
        "After `exec_timeout` the answer is an error and nothing of the function's group is left.",
    ),
    Clause::must(
        "WD-4.8",
        "A broken or late upload is an error, and the function is not started.",
    ),
    Clause::must(
        "WD-4.9",
        "The access line tells the status that was answered.",
    ),
    Clause::must("WD-4.10", "A finished request leaves nothing behind."),
];

const CASES: &[Case] = &[
    Case::must(
        "serializing/reverse",
        "WD-4.1",
        "the whole input gives the whole output",
    )
    .modes(&[Serializing])
    .run(reverse),
    Case::must(
        "serializing/content-type",
        "WD-4.1",
        "the type is octet-stream unless configured, whatever the request's is",
    )
    .modes(&[Serializing])
    .run(content_type),
    Case::must(
        "serializing/duration",
        "WD-4.1",
        "X-Duration-Seconds has six decimals",
    )
    .modes(&[Serializing])
    .run(duration),
    Case::must(
        "serializing/empty-output",
        "WD-4.1",
        "no output is an empty 200",
    )
    .modes(&[Serializing])
    .run(empty_output),
    Case::must(
        "serializing/answer-after-exit",
        "WD-4.1",
        "nothing is answered before the function has ended",
    )
    .modes(&[Serializing])
    .run(answer_after_exit),
    Case::must(
        "serializing/exit-status",
        "WD-4.2",
        "exit 3 is a 500 with the status and no output",
    )
    .modes(&[Serializing])
    .run(exit_status),
    Case::must(
        "serializing/exit-signal",
        "WD-4.2",
        "a death by signal is a 500 that names it",
    )
    .modes(&[Serializing])
    .run(exit_signal),
    Case::must(
        "serializing/exit-duration",
        "WD-4.2",
        "the 500 has an X-Duration-Seconds too",
    )
    .modes(&[Serializing])
    .run(exit_duration),
    Case::must(
        "serializing/stdin-ignored",
        "WD-4.3",
        "100 functions that ignore 70 kB of input all answer 200",
    )
    .modes(&[Serializing])
    .bugs(&["BUG-04"])
    .run(stdin_ignored),
    Case::must(
        "serializing/stdin-ignored-large",
        "WD-4.3",
        "20 functions that ignore 1 MB of input all answer 200",
    )
    .modes(&[Serializing])
    .bugs(&["BUG-04"])
    .run(stdin_ignored_large),
    Case::must(
        "serializing/methods",
        "WD-4.4",
        "any method runs the function",
    )
    .modes(&[Serializing])
    .run(methods),
    Case::must(
        "serializing/stderr",
        "WD-4.5",
        "stderr is logged and not answered",
    )
    .modes(&[Serializing])
    .run(stderr),
    Case::must(
        "serializing/not-found",
        "WD-4.6",
        "a command that is nowhere in PATH",
    )
    .modes(&[Serializing])
    .run(not_found),
    Case::must(
        "serializing/not-executable",
        "WD-4.6",
        "a file that may not be executed",
    )
    .modes(&[Serializing])
    .run(not_executable),
    Case::must(
        "serializing/timeout",
        "WD-4.7",
        "a function over time is an error and is gone",
    )
    .modes(&[Serializing])
    .run(timeout),
    Case::must(
        "serializing/timeout-answer",
        "WD-4.7",
        "the error for a function over time is a 504 that names the limit",
    )
    .modes(&[Serializing])
    .run(timeout_answer),
    Case::must(
        "serializing/timeout-with-grandchild",
        "WD-4.7",
        "a grandchild holding stdout does not delay the answer, and is stopped",
    )
    .modes(&[Serializing])
    .bugs(&["BUG-09"])
    .run(timeout_with_grandchild),
    Case::must(
        "serializing/timeout-starts-after-upload",
        "WD-4.7",
        "a slow upload does not use up the function's time",
    )
    .modes(&[Serializing])
    .run(timeout_starts_after_upload),
    Case::must(
        "serializing/upload-cut",
        "WD-4.8",
        "an upload cut short is an error and starts nothing",
    )
    .modes(&[Serializing])
    .run(upload_cut),
    Case::must(
        "serializing/upload-cut-status",
        "WD-4.8",
        "the client is to blame for an upload cut short",
    )
    .modes(&[Serializing])
    .run(upload_cut_status),
    Case::must(
        "serializing/upload-late",
        "WD-4.8",
        "an upload not over within read_timeout is an error and starts nothing",
    )
    .modes(&[Serializing])
    .run(upload_late),
    Case::must("serializing/log-status", "WD-4.9", "a 500 is logged as 500")
        .modes(&[Serializing])
        .bugs(&["BUG-32"])
        .run(log_status),
    Case::must(
        "serializing/nothing-left",
        "WD-4.10",
        "300 requests leave no thread, descriptor, zombie or goroutine",
    )
    .modes(&[Serializing])
    .bugs(&["BUG-07"])
    .seconds(60)
    .run(nothing_left),
];

fn start(rig: &Rig, name: &str, args: &[&str]) -> Result<Watchdog, Failure> {
    rig.watchdog().fprocess(&rig.fixture(name, args)).start()
}

fn reverse(rig: &mut Rig) -> Outcome {
    let w = start(rig, "reverse-upper", &[])?;
    let r = w.post("/", "abc")?;
    check_eq!((r.status, r.text().as_str()), (200, "CBA"), "answer");
    check_eq!(r.framing, Framing::Length(3), "framing");
    let r = w.request(Request::post("/").chunks(&[b"ab", b"c"]))?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "CBA"),
        "answer to chunks"
    );
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", &[])?;
    let request = || {
        Request::post("/")
            .header("Content-Type", "text/csv")
            .body("<html>")
    };
    let r = w.request(request())?;
    check_eq!(
        r.headers.all("content-type"),
        ["application/octet-stream"],
        "default type"
    );
    drop(w);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("content_type", "application/json")
        .start()?;
    let r = w.request(request())?;
    check_eq!(
        r.headers.all("content-type"),
        ["application/json"],
        "configured type"
    );
    Ok(())
}

/// A positive number with exactly six decimals.
fn is_duration(text: Option<&str>) -> bool {
    let decimals = text
        .and_then(|text| text.split_once('.'))
        .map(|(_, part)| part.len());
    decimals == Some(6) && text.is_some_and(|text| text.parse::<f64>().is_ok_and(|s| s > 0.0))
}

fn duration(rig: &mut Rig) -> Outcome {
    let r = start(rig, "echo", &[])?.post("/", "x")?;
    let text = r.header("x-duration-seconds");
    check!(is_duration(text), "X-Duration-Seconds is {text:?}");
    Ok(())
}

fn empty_output(rig: &mut Rig) -> Outcome {
    let r = start(rig, "exit", &["0"])?.get("/")?;
    check_eq!((r.status, r.framing), (200, Framing::Length(0)), "answer");
    Ok(())
}

fn answer_after_exit(rig: &mut Rig) -> Outcome {
    let w = start(
        rig,
        "script",
        &["out:early", "mark:printed", "until:go", "out:late"],
    )?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("printed", 10.0)?;
    wire.expect_quiet(Duration::from_millis(300))?;
    rig.write("go", "")?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "earlylate"), "answer");
    Ok(())
}

fn exit_status(rig: &mut Rig) -> Outcome {
    for code in ["1", "3", "255"] {
        let w = start(rig, "exit", &[code, "--stdout", "out", "--read"])?;
        let r = w.post("/", "some input")?;
        check_eq!(r.status, 500, "status of exit {code}");
        check_eq!(
            r.text(),
            format!("exit status {code}"),
            "body of exit {code}"
        );
    }
    Ok(())
}

fn exit_signal(rig: &mut Rig) -> Outcome {
    let r = start(rig, "script", &["out:some", "kill:9"])?.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "signal: killed"),
        "answer"
    );
    Ok(())
}

fn exit_duration(rig: &mut Rig) -> Outcome {
    let r = start(rig, "exit", &["3"])?.get("/")?;
    let text = r.header("x-duration-seconds");
    check!(is_duration(text), "X-Duration-Seconds is {text:?}");
    Ok(())
}

fn ignoring(rig: &Rig, rounds: usize, size: usize) -> Outcome {
    let w = start(rig, "stdin-ignore", &[])?;
    for round in 1..=rounds {
        let r = w.post("/", vec![b'x'; size])?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ignored"),
            "answer {round}"
        );
    }
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn stdin_ignored(rig: &mut Rig) -> Outcome {
    ignoring(rig, 100, 70_000)
}

fn stdin_ignored_large(rig: &mut Rig) -> Outcome {
    ignoring(rig, 20, 1_000_000)
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = start(rig, "env", &[])?;
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "UPDATE", "get"] {
        let r = w.request(Request::new(method, "/"))?;
        check_eq!(r.status, 200, "status of {method}");
        let line = format!("Http_Method={method}");
        check!(r.text().lines().any(|got| got == line), "no {line}");
    }
    let r = w.request(Request::new("HEAD", "/"))?;
    check_eq!((r.status, r.body.len()), (200, 0), "answer to HEAD");
    check_eq!(
        rig.evidence("started").lines().count(),
        8,
        "functions started"
    );
    Ok(())
}

fn stderr(rig: &mut Rig) -> Outcome {
    let w = start(rig, "script", &["out:answer", "err:tr%6Fuble%0A"])?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "answer"), "answer");
    w.wait_log("trouble", 5.0)
}

fn not_found(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("no-such-command-anywhere")
        .start()?;
    let r = w.post("/", "x")?;
    let words = "exec: \"no-such-command-anywhere\": executable file not found in $PATH";
    check_eq!((r.status, r.text().trim_end()), (500, words), "answer");
    Ok(())
}

fn not_executable(rig: &mut Rig) -> Outcome {
    let path = rig.write("plain", "#!/bin/sh\n")?.display().to_string();
    let w = rig.watchdog().fprocess(&path).start()?;
    let r = w.post("/", "x")?;
    let words = format!("fork/exec {path}: permission denied");
    check_eq!(
        (r.status, r.text().trim_end()),
        (500, words.as_str()),
        "answer"
    );
    Ok(())
}

fn limited(rig: &Rig, steps: &[&str], limit: &str) -> Result<Watchdog, Failure> {
    let line = rig.fixture("script", steps);
    rig.watchdog()
        .fprocess(&line)
        .env("exec_timeout", limit)
        .start()
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["mark:function", "out:some", "forever"], "700ms")?;
    let start = Instant::now();
    let r = w.get("/")?;
    check!(r.status >= 500, "a function over time is {}", r.status);
    check!(
        !r.text().contains("some"),
        "output of a failure: {:?}",
        r.text()
    );
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("function", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn timeout_answer(rig: &mut Rig) -> Outcome {
    let r = limited(rig, &["forever"], "700ms")?.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (504, "function exceeded exec_timeout (700ms)\n"),
        "answer"
    );
    Ok(())
}

fn timeout_with_grandchild(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["grandchild:20", "mark:function", "forever"], "1s")?;
    let start = Instant::now();
    check!(
        w.get("/")?.status >= 500,
        "a function over time is no error"
    );
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    for name in ["function", "grandchild.pid"] {
        let pid = rig.wait_pid(name, 1.0)?;
        rig.wait_gone(pid, 8.0)?;
    }
    Ok(())
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

fn cut(rig: &Rig) -> Result<Response, Failure> {
    let w = start(rig, "echo", &[])?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    wire.half_close()?;
    wire.read_response()
}

fn upload_cut(rig: &mut Rig) -> Outcome {
    let r = cut(rig)?;
    check!(r.status >= 400, "an upload cut short is {}", r.status);
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn upload_cut_status(rig: &mut Rig) -> Outcome {
    check_eq!(cut(rig)?.status, 400, "status");
    Ok(())
}

fn upload_late(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("read_timeout", "700ms")
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    let r = wire.read_response()?;
    check!(r.status >= 400, "a late upload is {}", r.status);
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn log_status(rig: &mut Rig) -> Outcome {
    let w = start(rig, "exit", &["3"])?;
    check_eq!(w.get("/some/where")?.status, 500, "status");
    w.wait_log("GET /some/where - ", 5.0)?;
    check!(
        w.log().contains("GET /some/where - 500"),
        "the access line of a 500 is not that of a 500"
    );
    Ok(())
}

/// Go subjects tell their goroutines among the metrics; the others have threads alone.
fn residue(w: &Watchdog) -> Result<(usize, usize, f64), Failure> {
    let goroutines = w.metrics()?.sum("go_goroutines", &[]);
    Ok((w.open_fds(), w.threads(), goroutines))
}

fn nothing_left(rig: &mut Rig) -> Outcome {
    let w = start(rig, "reverse-upper", &[])?;
    for _ in 0..20 {
        w.post("/", "warm")?;
    }
    let before = residue(&w)?;
    for _ in 0..300 {
        check_eq!(w.post("/", "x")?.text(), "X", "answer");
    }
    rig.poll(
        10.0,
        "the descriptors, threads and goroutines of before",
        || {
            let now = residue(&w).ok()?;
            let few = now.0 <= before.0 + 6 && now.1 <= before.1 + 12 && now.2 <= before.2 + 30.0;
            (few && w.zombies().is_empty()).then_some(())
        },
    )
}
