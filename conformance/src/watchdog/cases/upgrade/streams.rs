//! Event streams: answers whose end is not in sight.
//! It knows their types, their pace and their limits.
//! It refuses the request's word for it: the type of the answer counts.

use super::server;
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/events-flow",
        "WD-7.3",
        "with Accept, an event arrives before the next is made",
    )
    .modes(&[Http])
    .run(events),
    Case::must(
        "upgrade/events-flow-unasked",
        "WD-7.3",
        "without Accept, an event arrives before the next is made",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(events_unasked),
    Case::must(
        "upgrade/ndjson-flows",
        "WD-7.3",
        "a line of NDJSON arrives before the next is made, asked for or not",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(ndjson),
    Case::must(
        "upgrade/events-of-a-post",
        "WD-7.3",
        "events flow in answer to a POST with a body",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(events_of_a_post),
    Case::must(
        "upgrade/events-whole",
        "WD-7.3",
        "all events arrive in order, and the end is clean",
    )
    .modes(&[Http])
    .run(events_whole),
    Case::must(
        "upgrade/events-outlive-exec-timeout",
        "WD-7.7",
        "events that flow outlive exec_timeout, whatever Accept says",
    )
    .modes(&[Http])
    .bugs(&["BUG-12"])
    .run(outlive_exec_timeout),
    Case::must(
        "upgrade/ndjson-outlives-exec-timeout",
        "WD-7.7",
        "NDJSON that flows outlives exec_timeout",
    )
    .modes(&[Http])
    .bugs(&["BUG-12"])
    .run(ndjson_outlives_exec_timeout),
    Case::must(
        "upgrade/events-outlive-write-timeout",
        "WD-7.7",
        "events that flow outlive write_timeout",
    )
    .modes(&[Http])
    .run(outlive_write_timeout),
    Case::must(
        "upgrade/events-gap",
        "WD-7.8",
        "a gap of stream_idle_timeout cuts an event stream and ends it at the child",
    )
    .modes(&[Http])
    .feature("stream-idle-timeout")
    .run(gap),
    Case::must(
        "upgrade/events-untaken",
        "WD-7.8",
        "so does a client that takes no events for so long",
    )
    .modes(&[Http])
    .feature("stream-idle-timeout")
    .run(untaken),
    Case::must(
        "upgrade/events-gap-by-default",
        "WD-7.8",
        "exec_timeout is the longest gap where nothing else is set",
    )
    .modes(&[Http])
    .bugs(&["BUG-35"])
    .run(gap_by_default),
    Case::must(
        "upgrade/events-head-timeout",
        "WD-7.6",
        "a request for events without an answer is a 504",
    )
    .modes(&[Http])
    .bugs(&["BUG-35"])
    .run(head_timeout),
    Case::must(
        "upgrade/accept-lifts-nothing",
        "WD-7.9",
        "an ordinary answer has its deadline, whatever the request says in Accept",
    )
    .modes(&[Http])
    .bugs(&["BUG-35"])
    .run(accept_lifts_nothing),
    Case::must(
        "upgrade/events-broken",
        "WD-7.3",
        "a stream that the child breaks off is visibly cut",
    )
    .modes(&[Http])
    .run(broken),
    Case::must(
        "upgrade/events-left",
        "WD-7.4",
        "a client that leaves a stream ends it at the child",
    )
    .modes(&[Http])
    .run(left),
    Case::must(
        "upgrade/events-free-their-slot",
        "WD-7.4",
        "left streams do not use up max_inflight",
    )
    .modes(&[Http])
    .bugs(&["BUG-01"])
    .run(events_free_their_slot),
];

const ACCEPT: (&str, &str) = ("Accept", "text/event-stream");

/// The first piece of `target`, which needs far longer for the second, is here before the stream ends.
fn first_piece(rig: &Rig, w: &Watchdog, request: &Request, piece: &[u8]) -> Outcome {
    let mut wire = w.connect()?;
    wire.send_request(request)?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.read_until(piece)?;
    for name in ["sse.end", "ndjson.end"] {
        check_eq!(rig.evidence(name), "", "the end of the stream at the child");
    }
    Ok(())
}

fn events(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/sse?n=2&ms=4000").header(ACCEPT.0, ACCEPT.1))?;
    check_eq!(
        wire.read_head()?.headers.get("content-type"),
        Some("text/event-stream"),
        "type"
    );
    wire.read_until(b"event 0\n\n")?;
    check_eq!(
        rig.evidence("sse.end"),
        "",
        "the end of the stream at the child"
    );
    Ok(())
}

fn events_unasked(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::get("/sse?n=2&ms=4000");
    first_piece(rig, &w, &request, b"event 0\n\n")?;
    let request = request.header("Accept", "*/*");
    first_piece(rig, &w, &request, b"event 0\n\n")
}

fn ndjson(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::get("/ndjson?n=2&ms=4000");
    first_piece(rig, &w, &request, b"{\"line\":0}\n")?;
    let request = request.header("Accept", "application/x-ndjson");
    first_piece(rig, &w, &request, b"{\"line\":0}\n")
}

fn events_of_a_post(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::post("/sse?n=2&ms=4000").body("{\"stream\":true}");
    first_piece(rig, &w, &request, b"event 0\n\n")
}

/// Twelve pieces, a tenth of a second apart, arrive whole.
fn flows_on(w: &Watchdog, target: &str, accept: Option<&str>) -> Outcome {
    let mut request = Request::get(&format!("/{target}?n=12&ms=100"));
    if let Some(accept) = accept {
        request = request.header("Accept", accept);
    }
    let r = w.request(request)?;
    check_eq!(r.end, End::Clean, "end of {target} with Accept {accept:?}");
    let pieces = r.text().lines().filter(|line| !line.is_empty()).count();
    check_eq!(pieces, 12, "pieces of {target} with Accept {accept:?}");
    Ok(())
}

fn events_whole(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/sse?n=50&ms=2").header(ACCEPT.0, ACCEPT.1))?;
    let events: Vec<String> = (0..50).map(|n| format!("data: event {n}\n\n")).collect();
    check_eq!(r.text(), events.concat(), "events");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

/// A short `exec_timeout`, and gaps that only a stopped machine could make too long.
fn patient(rig: &Rig) -> Setup {
    let setup = server(rig).env("exec_timeout", "600ms");
    setup.env("stream_idle_timeout", "10s")
}

fn outlive_exec_timeout(rig: &mut Rig) -> Outcome {
    let w = patient(rig).start()?;
    flows_on(&w, "sse", Some("text/event-stream"))?;
    flows_on(&w, "sse", None)
}

fn ndjson_outlives_exec_timeout(rig: &mut Rig) -> Outcome {
    let w = patient(rig).start()?;
    flows_on(&w, "ndjson", Some("application/x-ndjson"))?;
    flows_on(&w, "ndjson", None)
}

fn outlive_write_timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("write_timeout", "600ms").start()?;
    flows_on(&w, "sse", Some("text/event-stream"))?;
    flows_on(&w, "sse", None)
}

/// One event, then silence: the stream has to be cut.
fn cut_in_the_gap(rig: &Rig, w: &Watchdog, request: &Request) -> Outcome {
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(8.0))?;
    wire.send_request(request)?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.read_until(b"event 0\n\n")?;
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "a silent stream ended as if it were complete"
    );
    Ok(())
}

fn gap(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("exec_timeout", "25s")
        .env("stream_idle_timeout", "500ms")
        .start()?;
    cut_in_the_gap(rig, &w, &Request::get("/sse?n=2&ms=20000"))
}

fn untaken(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("exec_timeout", "25s")
        .env("write_timeout", "25s")
        .env("stream_idle_timeout", "1s")
        .start()?;
    let mut wire = w.connect_narrowly()?;
    wire.send_request(&Request::get("/sse?n=100000&ms=0&size=20000"))?;
    w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 15.0)?;
    rig.wait_evidence_of("sse.end", "gone", 5.0)
}

fn gap_by_default(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "600ms").start()?;
    let request = Request::get("/sse?n=2&ms=20000");
    cut_in_the_gap(rig, &w, &request.header(ACCEPT.0, ACCEPT.1))
}

fn head_timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "500ms").start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(6.0))?;
    let r = wire.exchange(&Request::get("/never").header(ACCEPT.0, ACCEPT.1))?;
    check_eq!(r.status, 504, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    Ok(())
}

fn accept_lifts_nothing(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "600ms").start()?;
    for accept in ["text/event-stream", "application/x-ndjson"] {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/drip?n=40&ms=100").header("Accept", accept))?;
        check_eq!(wire.read_head()?.status, 200, "status");
        wire.read_body()?;
        check!(
            !wire.end().is_clean(),
            "an ordinary answer outlived exec_timeout by Accept: {accept}"
        );
    }
    Ok(())
}

fn broken(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/die-mid-chunked").header(ACCEPT.0, ACCEPT.1));
    check!(
        r.map_or(true, |r| !r.end.is_clean()),
        "a broken stream ended as if it were complete"
    );
    Ok(())
}

fn left(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for request in [
        Request::get("/sse?n=1000&ms=50"),
        Request::get("/ndjson?n=1000&ms=50"),
    ] {
        let name = if request.target.contains("sse") {
            "sse.end"
        } else {
            "ndjson.end"
        };
        let mut wire = w.connect()?;
        wire.send_request(&request)?;
        wire.read_head()?;
        wire.close();
        rig.wait_evidence_of(name, "gone", 10.0)?;
    }
    Ok(())
}

fn events_free_their_slot(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("max_inflight", "1").start()?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/sse?n=1000&ms=50").header(ACCEPT.0, ACCEPT.1))?;
        check_eq!(wire.read_head()?.status, 200, "status of a stream");
        wire.read_until(b"event 0\n\n")?;
        wire.close();
        w.wait_status("/status/200", 200, 5.0)?;
    }
    Ok(())
}
