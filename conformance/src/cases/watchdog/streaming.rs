//! Chapter 5: one process per request, both directions streamed.
//! It knows the clauses of mode `streaming` and the cases that judge them.
//! It refuses what other modes share: that stands in their chapters.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: "streaming",
    title: "Mode streaming",
    intro: "Every request starts a process; the upload is its stdin and its stdout is the answer, both as they come.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-5.1",
        "The request's body reaches stdin and stdout reaches the client, byte for byte.",
    ),
    Clause::must(
        "WD-5.2",
        "What the function writes reaches the client as it is written, without waiting for more.",
    ),
    Clause::must(
        "WD-5.3",
        "The answer's Content-Type is `content_type`, by default `application/octet-stream`.",
    ),
    Clause::must(
        "WD-5.4",
        "A function that fails before its first byte is answered with an error status.",
    ),
    Clause::must(
        "WD-5.5",
        "A function that fails after its first byte leads to an answer that is visibly cut.",
    ),
    Clause::must(
        "WD-5.6",
        "After `exec_timeout` the function and all its descendants in the group are killed and the answer ends.",
    ),
    Clause::must("WD-5.7", "A client that leaves stops the function."),
];

const CASES: &[Case] = &[
    Case::must(
        "streaming/echo",
        "WD-5.1",
        "a posted body comes back unchanged",
    )
    .modes(&[Streaming])
    .run(echo),
    Case::must(
        "streaming/flush",
        "WD-5.2",
        "a line reaches the client while the function goes on",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(flush),
    Case::must(
        "streaming/content-type",
        "WD-5.3",
        "the type is octet-stream unless configured",
    )
    .modes(&[Streaming])
    .run(content_type),
    Case::must(
        "streaming/fails-before-first-byte",
        "WD-5.4",
        "exit 3 without output is a 500",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(fails_before_first_byte),
    Case::must(
        "streaming/fails-after-first-byte",
        "WD-5.5",
        "death after output cuts the answer",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(fails_after_first_byte),
    Case::must(
        "streaming/timeout-kills-grandchild",
        "WD-5.6",
        "a grandchild that holds stdout does not delay the end",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-09"])
    .run(timeout_kills_grandchild),
    Case::must(
        "streaming/disconnect-stops-child",
        "WD-5.7",
        "a client that leaves stops the child within the kill grace",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-30"])
    .run(disconnect_stops_child),
];

fn echo(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.post("/", "some words")?;
    check_eq!(r.status, 200, "status");
    check_eq!(r.text(), "some words", "body");
    check_eq!(r.end, End::Clean, "end of the body");
    Ok(())
}

fn flush(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("slow-writer", &["3", "2000ms"]))
        .start()?;
    let start = Instant::now();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.read_until(b"line 0\n")?;
    let took = start.elapsed();
    check!(took < rig.timeout(1.8), "the first line took {took:?}");
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.request(
        Request::post("/")
            .header("Content-Type", "text/csv")
            .body("a"),
    )?;
    check_eq!(
        r.header("content-type"),
        Some("application/octet-stream"),
        "default type"
    );
    drop(w);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("content_type", "application/json")
        .start()?;
    check_eq!(
        w.get("/")?.header("content-type"),
        Some("application/json"),
        "configured type"
    );
    Ok(())
}

fn fails_before_first_byte(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3"]))
        .start()?;
    check_eq!(
        w.get("/")?.status,
        500,
        "status of a function that exits with 3"
    );
    Ok(())
}

fn fails_after_first_byte(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("die-by-signal", &["9", "20000"]))
        .start()?;
    let r = w.get("/")?;
    check_eq!(r.status, 200, "status, sent before the failure");
    check!(!r.end.is_clean(), "the answer ended as if it were complete");
    Ok(())
}

fn timeout_kills_grandchild(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("orphan", &["20", "--stay"]);
    let w = rig
        .watchdog()
        .fprocess(&fixture)
        .env("exec_timeout", "1s")
        .start()?;
    let start = Instant::now();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    wire.read_to_end()?;
    let took = start.elapsed();
    check!(
        took < rig.timeout(8.0),
        "the answer took {took:?} with exec_timeout=1s"
    );
    let pid: i32 = rig.evidence("orphan.pid").parse().unwrap_or(0);
    rig.poll(5.0, "the end of the grandchild", || {
        (!proc::alive(pid)).then_some(())
    })
}

fn disconnect_stops_child(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("sleep", &["25"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let pid: i32 = rig.wait_evidence("sleep.pid", 5.0)?.parse().unwrap_or(0);
    check!(proc::alive(pid), "the function runs");
    wire.close();
    rig.poll(10.0, "the end of the function", || {
        (!proc::alive(pid)).then_some(())
    })
}
