//! Chapter 2: HTTP itself, whatever answers.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what a mode puts into an answer.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 2,
    name: "server",
    title: "The HTTP envelope",
    intro: "What every mode shares towards its clients: framing, connections, bad requests.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-2.1",
        "HTTP/1.1 connections are kept for further requests.",
    ),
    Clause::must(
        "WD-2.2",
        "A malformed request is answered with 400 and the connection is closed.",
    ),
    Clause::must("WD-2.3", "Pipelined requests are answered in order."),
    Clause::must(
        "WD-2.4",
        "An HTTP/1.0 client gets an answer it can read: no chunks, and a close unless it asked to keep.",
    ),
    Clause::must(
        "WD-2.5",
        "An idle connection is closed after `read_timeout`.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "server/keep-alive",
        "WD-2.1",
        "two requests share a connection",
    )
    .modes(FUNCTION)
    .run(keep_alive),
    Case::must(
        "server/bad-request-line",
        "WD-2.2",
        "a bad request line is a 400 and a close",
    )
    .run(bad_request_line),
    Case::must(
        "server/pipelining",
        "WD-2.3",
        "two requests sent at once get two answers in order",
    )
    .modes(FORK)
    .run(pipelining),
    Case::must(
        "server/http10",
        "WD-2.4",
        "an HTTP/1.0 client gets no chunks",
    )
    .modes(FUNCTION)
    .run(http10),
    Case::must(
        "server/idle-close",
        "WD-2.5",
        "a silent connection is closed after read_timeout",
    )
    .run(idle_close),
];

fn keep_alive(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    for body in ["first", "second"] {
        let r = wire.exchange(&Request::post("/echo").body(body))?;
        check_eq!((r.status, r.text().as_str()), (200, body), "answer");
    }
    Ok(())
}

fn bad_request_line(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send(b"NONSENSE\r\n\r\n")?;
    let r = wire.read_response()?;
    check_eq!(r.status, 400, "status");
    wire.expect_closed(rig.timeout(5.0))
}

fn pipelining(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/").body("a"))?;
    wire.send_request(&Request::post("/").body("b"))?;
    check_eq!(wire.read_response()?.text(), "a", "first answer");
    check_eq!(wire.read_response()?.text(), "b", "second answer");
    Ok(())
}

fn http10(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("print-bytes", &["20000"]))
        .start()?;
    let mut wire = w.connect()?;
    let r = wire.exchange(&Request::get("/chunked/20000").http10())?;
    check!(
        r.framing != Framing::Chunked,
        "chunks for an HTTP/1.0 client"
    );
    check_eq!(
        Pattern::new(1, 20_000).mismatch(0, &r.body),
        None,
        "first wrong byte"
    );
    check_eq!((r.body.len(), r.end), (20_000, End::Clean), "size and end");
    wire.expect_closed(rig.timeout(5.0))
}

fn idle_close(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("read_timeout", "1s")
        .start()?;
    let mut wire = w.connect()?;
    wire.expect_quiet(Duration::from_millis(400))?;
    wire.expect_closed(rig.timeout(5.0))
}
