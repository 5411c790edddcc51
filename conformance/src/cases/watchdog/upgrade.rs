//! Chapter 7: what goes beyond a request and its answer.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses ordinary proxying: chapter 6.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: "upgrade",
    title: "Upgrades and streams through http mode",
    intro: "WebSockets and other upgrades, event streams, trailers and interim answers pass.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-7.1",
        "A WebSocket passes, in both directions, and outlives `exec_timeout` and `write_timeout` while it is in use.",
    ),
    Clause::must(
        "WD-7.2",
        "Any other upgrade token passes too, in any case of letters.",
    ),
    Clause::must(
        "WD-7.3",
        "An event stream reaches the client event by event, whatever it said in `Accept`.",
    ),
    Clause::must(
        "WD-7.4",
        "A client that leaves an event stream frees what the stream held.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "upgrade/websocket-echo",
        "WD-7.1",
        "texts come back through a WebSocket",
    )
    .modes(&[Http])
    .run(websocket),
    Case::must(
        "upgrade/any-token",
        "WD-7.2",
        "a raw protocol passes after its upgrade",
    )
    .modes(&[Http])
    .run(any_token),
    Case::must(
        "upgrade/events-flow",
        "WD-7.3",
        "with Accept, an event arrives while the stream goes on",
    )
    .modes(&[Http])
    .run(events),
    Case::must(
        "upgrade/events-free-their-slot",
        "WD-7.4",
        "left streams do not use up max_inflight",
    )
    .modes(&[Http])
    .bugs(&["BUG-01"])
    .run(events_free_their_slot),
];

fn server(rig: &Rig) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("http-server", &[]))
}

fn websocket(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("hello")?;
    socket.echo(&"long ".repeat(20_000))?;
    socket.close()
}

fn any_token(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    let request = Request::get("/upgrade")
        .header("Connection", "Upgrade")
        .header("Upgrade", "raw");
    wire.send_request(&request)?;
    check_eq!(wire.read_head()?.status, 101, "status");
    wire.send(b"ping")?;
    check_eq!(wire.read_exact(4)?, b"ping", "echo of raw bytes");
    Ok(())
}

fn events(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/sse?n=3&ms=2000").header("Accept", "text/event-stream"))?;
    let start = Instant::now();
    check_eq!(
        wire.read_head()?.headers.get("content-type"),
        Some("text/event-stream"),
        "type"
    );
    wire.read_until(b"event 0\n\n")?;
    check!(
        start.elapsed() < rig.timeout(1.8),
        "the first event took {:?}",
        start.elapsed()
    );
    Ok(())
}

fn events_free_their_slot(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("max_inflight", "1").start()?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(
            &Request::get("/sse?n=1000&ms=50").header("Accept", "text/event-stream"),
        )?;
        check_eq!(wire.read_head()?.status, 200, "status of a stream");
        wire.read_until(b"event 0\n\n")?;
        wire.close();
        w.wait_status("/status/200", 200, 5.0)?;
    }
    Ok(())
}
