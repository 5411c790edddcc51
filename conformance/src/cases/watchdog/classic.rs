//! Chapter 3: one process per request, buffered.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what the other fork modes do differently.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: "classic",
    title: "Mode classic",
    intro: "Every request starts a process; the upload is read first and the output collected, then answered.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-3.1",
        "The request's body is the function's stdin; what it prints is the answer, with `X-Duration-Seconds`.",
    ),
    Clause::must(
        "WD-3.2",
        "A non-zero exit is a 500 whose body is the exit status, a newline and the output.",
    ),
    Clause::must(
        "WD-3.3",
        "The function finds the request in `Http_` variables: method, path, query, headers, host, length.",
    ),
    Clause::must(
        "WD-3.4",
        "Methods other than GET, POST, PUT, PATCH and DELETE are answered with 405.",
    ),
    Clause::must(
        "WD-3.5",
        "After `exec_timeout` the answer is 408 and nothing of the function's group is left.",
    ),
    Clause::must(
        "WD-3.6",
        "Without `content_type` the answer has the request's type, or one sniffed from the output.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "classic/echo",
        "WD-3.1",
        "a posted body comes back with a duration",
    )
    .modes(&[Classic])
    .run(echo),
    Case::must(
        "classic/exit-status",
        "WD-3.2",
        "exit 3 is a 500 with status and output",
    )
    .modes(&[Classic])
    .run(exit_status),
    Case::must(
        "classic/environment",
        "WD-3.3",
        "the request is in the environment",
    )
    .modes(&[Classic])
    .run(environment),
    Case::must(
        "classic/method-filter",
        "WD-3.4",
        "HEAD and OPTIONS are 405",
    )
    .modes(&[Classic])
    .run(method_filter),
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
        "a grandchild holding stdout does not delay the 408",
    )
    .modes(&[Classic])
    .bugs(&["BUG-09"])
    .run(timeout_with_grandchild),
    Case::must(
        "classic/content-type-echo",
        "WD-3.6",
        "the request's type comes back",
    )
    .modes(&[Classic])
    .run(content_type),
];

fn echo(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.post("/", "words")?;
    check_eq!((r.status, r.text().as_str()), (200, "words"), "answer");
    let seconds: Option<f64> = r
        .header("x-duration-seconds")
        .and_then(|text| text.parse().ok());
    check!(
        seconds.is_some(),
        "X-Duration-Seconds is {:?}",
        r.header("x-duration-seconds")
    );
    Ok(())
}

fn exit_status(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3", "--stdout", "out"]))
        .start()?;
    let r = w.get("/")?;
    check_eq!(r.status, 500, "status");
    check_eq!(r.text(), "exit status 3\nout", "body");
    Ok(())
}

fn environment(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("cgi-headers", &[]))
        .start()?;
    let r = w.request(
        Request::post("/a%20b?x=1")
            .header("x-custom-id", "7")
            .body("four"),
    )?;
    let text = r.text();
    for line in [
        "Http_Method=POST",
        "Http_Path=/a b",
        "Http_Query=x=1",
        "Http_X_Custom_Id=7",
        "Http_ContentLength=4",
        "Http_Content_Length=4",
    ] {
        check!(text.lines().any(|got| got == line), "no {line} in:\n{text}");
    }
    Ok(())
}

fn method_filter(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for method in ["HEAD", "OPTIONS", "UNKNOWN"] {
        let r = w.request(Request::new(method, "/"))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (405, ""),
            "answer to {method}"
        );
    }
    Ok(())
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("sleep", &["20"]))
        .env("exec_timeout", "1s")
        .start()?;
    let start = Instant::now();
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (408, "Killed process.\n"),
        "answer"
    );
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid: i32 = rig.evidence("sleep.pid").parse().unwrap_or(0);
    rig.poll(5.0, "the end of the function", || {
        (!proc::alive(pid)).then_some(())
    })
}

fn timeout_with_grandchild(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("orphan", &["20", "--stay"]);
    let w = rig
        .watchdog()
        .fprocess(&fixture)
        .env("exec_timeout", "1s")
        .start()?;
    let start = Instant::now();
    check_eq!(w.get("/")?.status, 408, "status");
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid: i32 = rig.evidence("orphan.pid").parse().unwrap_or(0);
    rig.poll(5.0, "the end of the grandchild", || {
        (!proc::alive(pid)).then_some(())
    })
}

fn content_type(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.request(
        Request::post("/")
            .header("Content-Type", "text/csv")
            .body("a,b"),
    )?;
    check_eq!(r.header("content-type"), Some("text/csv"), "echoed type");
    let r = w.post("/", "<html><body>x")?;
    check_eq!(
        r.header("content-type"),
        Some("text/html; charset=utf-8"),
        "sniffed type"
    );
    Ok(())
}
