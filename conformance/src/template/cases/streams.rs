//! Chapter 5: answers that come piece by piece.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses a clock: each piece waits for the case to have seen the one before it.

use crate::template::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: "streams",
    title: "Streams",
    intro: "What a handler makes reaches the client when it is made, whatever the client says that it accepts.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-5.1",
        "A piece reaches the client before the next one is made.",
    ),
    Clause::must(
        "TP-5.2",
        "An event stream's head comes before its first event, with `Cache-Control: no-cache` and `X-Accel-Buffering: no`.",
    ),
    Clause::must(
        "TP-5.3",
        "An event stream has a comment in every silence of `sse_heartbeat` (15 s).",
    ),
    Clause::must(
        "TP-5.4",
        "A handler can see that the client of its stream has gone.",
    ),
];

const CASES: &[Case] = &[
    Case::must("streams/pieces", "TP-5.1", "each piece comes when it is made")
        .why("Tokens of a language model are worth reading before the last one is there.")
        .run(pieces),
    Case::must("streams/events", "TP-5.1", "each event comes when it is made")
        .why("The same for event streams.")
        .run(events),
    Case::must("streams/head", "TP-5.2", "the head of an event stream comes at once")
        .why("A browser's EventSource is open once it has the head, and a proxy would collect the events.")
        .run(head),
    Case::must("streams/heartbeat", "TP-5.3", "no event stream is silent")
        .why("Proxies end what says nothing for a minute.")
        .run(heartbeat),
    Case::must("streams/left", "TP-5.4", "a stream that nobody reads is told so")
        .why("A model that goes on for nobody is paid for all the same.")
        .run(left),
];

fn piece_by_piece(rig: &Rig, target: &str) -> Outcome {
    let function = rig.start()?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get(target))?;
    rig.write("gate-0", "")?;
    check_eq!(wire.read_head()?.status, 200, "the status");
    for number in 0..4 {
        wire.read_until(format!("piece {number}\n").as_bytes())?;
        rig.write(&format!("gate-{}", number + 1), "")?;
    }
    wire.read_body()?;
    check_eq!(wire.end(), End::Clean, "the end of the stream");
    Ok(())
}

fn pieces(rig: &mut Rig) -> Outcome {
    piece_by_piece(rig, "/stream")
}

fn events(rig: &mut Rig) -> Outcome {
    piece_by_piece(rig, "/sse")
}

fn head(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get("/sse"))?;
    let head = wire.read_head()?;
    check_eq!(head.status, 200, "the status");
    check_eq!(
        head.headers.get("cache-control"),
        Some("no-cache"),
        "Cache-Control"
    );
    check_eq!(
        head.headers.get("x-accel-buffering"),
        Some("no"),
        "X-Accel-Buffering"
    );
    Ok(())
}

fn heartbeat(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().env("sse_heartbeat", "50ms"))?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get("/sse"))?;
    wire.read_head()?;
    // Before the first event, and between the first and the second.
    wire.read_until(b":\n\n:\n\n")?;
    rig.write("gate-0", "")?;
    let seen = wire.read_until(b"piece 0\n\n")?;
    check!(!seen.is_empty(), "no event");
    wire.read_until(b":\n\n:\n\n")?;
    Ok(())
}

fn left(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for target in ["/stream", "/sse"] {
        rig.write("gate-0", "")?;
        let mut wire = function.connect()?;
        wire.send_request(&Request::get(target))?;
        wire.read_head()?;
        wire.read_until(b"piece 0\n")?;
        wire.close();
        rig.wait_evidence("left", 10.0)?;
        std::fs::remove_file(rig.file("left"))?;
    }
    Ok(())
}
