//! Slots: how many, who gets none, and when they are free again.
//! It knows requests that never end by themselves.
//! It refuses the queue before them.

use super::{endless, hold};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "limits/max-inflight",
        "WD-13.1",
        "the second of two is a 429",
    )
    .modes(FUNCTION)
    .run(max_inflight),
    Case::must(
        "limits/static",
        "WD-13.1",
        "mode static knows the limit as well, and serves within it",
    )
    .modes(&[Static])
    .run(static_files),
    Case::must("limits/text", "WD-13.4", "the words of a 429")
        .modes(FUNCTION)
        .run(text),
    Case::should("limits/retry-after", "WD-13.3", "a 429 has Retry-After")
        .modes(FUNCTION)
        .feature("retry-after")
        .run(retry_after),
    Case::must(
        "limits/exactly",
        "WD-13.5",
        "with three slots three run, and the fourth does not",
    )
    .modes(FUNCTION)
    .run(exactly),
    Case::must("limits/unlimited", "WD-13.5", "0 and -1 are no limit")
        .modes(FUNCTION)
        .run(unlimited),
    Case::must(
        "limits/upload-not-needed",
        "WD-13.1",
        "a 429 does not wait for the upload, nor lose its answer to it",
    )
    .modes(FUNCTION)
    .run(upload_not_needed),
    Case::must(
        "limits/slot-returns",
        "WD-13.2",
        "after the first is over the next is served",
    )
    .modes(FUNCTION)
    .run(slot_returns),
    Case::must(
        "limits/slot-after-timeout",
        "WD-13.2",
        "a timeout gives the slot back",
    )
    .modes(FUNCTION)
    .run(after_timeout),
    Case::must(
        "limits/slot-after-failure",
        "WD-13.2",
        "twenty failures in a row use up no slot",
    )
    .modes(FUNCTION)
    .run(after_failure),
    Case::must(
        "limits/slot-after-unstartable",
        "WD-13.2",
        "a command that cannot be started uses up no slot",
    )
    .modes(FORK)
    .run(after_unstartable),
    Case::must(
        "limits/slot-after-unstartable-debug",
        "WD-13.2",
        "nor with write_debug on",
    )
    .modes(&[Classic])
    .bugs(&["BUG-01", "BUG-13"])
    .run(after_unstartable_debug),
    Case::must(
        "limits/slot-after-client-gone",
        "WD-13.2",
        "a client that leaves gives the slot back, though the function would never end",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-30"])
    .run(after_client_gone),
    Case::must(
        "limits/slot-after-broken-upload",
        "WD-13.2",
        "a broken upload gives the slot back",
    )
    .modes(FUNCTION)
    .run(after_broken_upload),
    Case::must(
        "limits/slot-after-aborted-streams",
        "WD-13.2",
        "clients that leave an event stream give their slots back",
    )
    .modes(&[Http])
    .bugs(&["BUG-01"])
    .run(after_aborted_streams),
    Case::must(
        "limits/slot-after-crashed-stream",
        "WD-13.2",
        "streams broken off by the upstream give their slots back",
    )
    .modes(&[Http])
    .bugs(&["BUG-01"])
    .run(after_crashed_stream),
    Case::must(
        "limits/stream-holds-slot",
        "WD-13.6",
        "a stream holds its slot while it lasts and gives it back",
    )
    .modes(&[Streaming, Http])
    .run(stream_holds),
    Case::must(
        "limits/websocket-holds-slot",
        "WD-13.6",
        "a WebSocket holds its slot until it is closed",
    )
    .modes(&[Http])
    .run(websocket_holds),
    Case::must(
        "limits/unread-answer-holds-slot",
        "WD-13.6",
        "an answer that its client does not read holds the slot, and its leaving frees it",
    )
    .modes(&[Streaming, Http])
    .run(unread_holds),
    Case::must(
        "limits/health-needs-no-slot",
        "WD-13.7",
        "health is 200 while no slot is free",
    )
    .modes(FUNCTION)
    .run(health),
    Case::must(
        "limits/ready-while-full",
        "WD-13.7",
        "readiness is 429 while no slot is free, and 200 again",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-30"])
    .run(ready),
    Case::must(
        "limits/ready-after-aborted-streams",
        "WD-13.7",
        "readiness is 200 again after aborted event streams",
    )
    .modes(&[Http])
    .feature("ready")
    .bugs(&["BUG-01"])
    .run(ready_after_aborted),
];

/// A subject with one slot, and the connection that holds it for a while.
fn occupied(rig: &Rig) -> Result<(Watchdog, Wire), Failure> {
    let w = rig
        .function(&rig.fixture("sleep", &["1500ms"]))
        .env("max_inflight", "1")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/slow?ms=1500"))?;
    let evidence = if rig.mode() == Http {
        "slow"
    } else {
        "sleep.pid"
    };
    rig.wait_evidence(evidence, 5.0)?;
    Ok((w, wire))
}

fn max_inflight(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    let _holder = hold(rig, &w)?;
    let start = Instant::now();
    let r = w.get("/")?;
    check_eq!(r.status, 429, "status of the second request");
    check!(
        start.elapsed() < rig.timeout(2.0),
        "it took {:?}",
        start.elapsed()
    );
    check_eq!(
        r.header("x-openfaas-internal"),
        Some("faas-middleware"),
        "X-OpenFaaS-Internal"
    );
    Ok(())
}

fn static_files(rig: &mut Rig) -> Outcome {
    rig.write("public/a", "a")?;
    let w = rig.watchdog().env("max_inflight", "1").start()?;
    for _ in 0..20 {
        check_eq!(w.get("/a")?.status, 200, "status");
    }
    Ok(())
}

fn text(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    let _holder = hold(rig, &w)?;
    let r = w.post("/", "x")?;
    let want = "Concurrent request limit exceeded. Max concurrent requests: 1\n";
    check_eq!((r.status, r.text().as_str()), (429, want), "answer");
    check_eq!(r.header("content-type"), Some("text/plain"), "Content-Type");
    Ok(())
}

fn retry_after(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    let _holder = hold(rig, &w)?;
    let r = w.get("/")?;
    let seconds: Option<u64> = r.header("retry-after").and_then(|text| text.parse().ok());
    check!(
        seconds.is_some(),
        "Retry-After is {:?}",
        r.header("retry-after")
    );
    Ok(())
}

fn exactly(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "3").start()?;
    let mut holders = Vec::new();
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/never"))?;
        holders.push(wire);
    }
    let seen = || {
        let text = rig.evidence(if rig.mode() == Http {
            "hits"
        } else {
            "started"
        });
        (text.lines().count() >= 3).then_some(())
    };
    rig.poll(10.0, "three functions at once", seen)?;
    check_eq!(w.get("/")?.status, 429, "status of the fourth");
    Ok(())
}

fn unlimited(rig: &mut Rig) -> Outcome {
    for limit in ["0", "-1"] {
        let w = endless(rig, limit).start()?;
        let mut holders = Vec::new();
        for _ in 0..8 {
            let mut wire = w.connect()?;
            wire.send_request(&Request::get("/never"))?;
            holders.push(wire);
        }
        w.wait_metric("http_requests_in_flight", &[], 8.0, 10.0)?;
        w.wait_metric("http_requests_total", &[("code", "429")], 0.0, 1.0)?;
    }
    Ok(())
}

fn upload_not_needed(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    let _holder = hold(rig, &w)?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin")?;
    check_eq!(
        wire.read_response()?.status,
        429,
        "status before the upload was sent"
    );
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/").pattern(Pattern::new(1, 200_000)))?;
    check_eq!(
        wire.read_response()?.status,
        429,
        "status after all of it was sent"
    );
    Ok(())
}

fn slot_returns(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = occupied(rig)?;
    check_eq!(w.get("/")?.status, 429, "status of the second request");
    check_eq!(
        wire.read_response()?.status,
        200,
        "status of the first request"
    );
    w.wait_status("/", 200, 5.0)
}

fn after_timeout(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").env("exec_timeout", "200ms").start()?;
    for round in 0..3 {
        let status = rig.poll(5.0, "an answer that is not 429", || {
            w.probe("/never").filter(|status| *status != 429)
        });
        check!(status.is_ok(), "round {round}: {status:?}");
    }
    Ok(())
}

fn after_failure(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("exit", &["1"]))
        .env("max_inflight", "2")
        .start()?;
    for round in 0..20 {
        let status = w.get("/die-before-head").map(|r| r.status);
        check!(
            status.as_ref().is_ok_and(|status| *status != 429),
            "round {round}: {status:?}"
        );
    }
    Ok(())
}

fn after_unstartable(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("/no/such/program")
        .env("max_inflight", "1")
        .start()?;
    for round in 0..5 {
        check!(w.get("/")?.status != 429, "round {round}: a 429");
    }
    Ok(())
}

fn after_unstartable_debug(rig: &mut Rig) -> Outcome {
    let setup = rig
        .watchdog()
        .fprocess("/no/such/program")
        .env("write_debug", "true");
    let w = setup.env("max_inflight", "1").start()?;
    for round in 0..3 {
        let r = w.get("/")?;
        check_eq!(r.status, 500, "status in round {round}");
    }
    Ok(())
}

fn after_client_gone(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").env("exec_timeout", "25s").start()?;
    let holder = hold(rig, &w)?;
    check_eq!(w.get("/status/200")?.status, 429, "status while it is held");
    holder.close();
    let mut next = w.connect()?;
    rig.poll(8.0, "a slot for the next", || {
        next = w.connect().ok()?;
        next.send_request(&Request::get("/never")).ok()?;
        next.expect_quiet(Duration::from_millis(200)).ok()
    })
}

fn after_broken_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .env("max_inflight", "1")
        .start()?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome")?;
        w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
        wire.reset()?;
        w.wait_status("/echo", 200, 8.0)?;
    }
    Ok(())
}

/// Opens event streams and leaves them, one after another.
fn abort_streams(rig: &Rig, w: &Watchdog) -> Outcome {
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/sse?n=600&ms=20").header("Accept", "text/event-stream"))?;
        if wire.read_head()?.status == 429 {
            return Ok(());
        }
        wire.read_until(b"event 1")?;
        wire.reset()?;
        rig.wait_evidence("sse.end", 10.0)?;
        w.wait_metric("http_requests_in_flight", &[], 0.0, 5.0)?;
        std::fs::remove_file(rig.file("sse.end"))?;
    }
    Ok(())
}

fn after_aborted_streams(rig: &mut Rig) -> Outcome {
    let setup = rig.function("").env("max_inflight", "2");
    let w = setup.start()?;
    abort_streams(rig, &w)?;
    w.wait_status("/status/200", 200, 3.0)
}

fn ready_after_aborted(rig: &mut Rig) -> Outcome {
    let w = rig.function("").env("max_inflight", "2").start()?;
    abort_streams(rig, &w)?;
    w.wait_status("/_/ready", 200, 3.0)
}

fn after_crashed_stream(rig: &mut Rig) -> Outcome {
    let w = rig.function("").env("max_inflight", "2").start()?;
    for _ in 0..3 {
        let request = Request::get("/die-mid-chunked").header("Accept", "text/event-stream");
        // However it looks to the client, the request is over then.
        let _ = w.request(request);
    }
    w.wait_status("/status/200", 200, 3.0)
}

fn stream_holds(rig: &mut Rig) -> Outcome {
    let script = rig.fixture("script", &["out:first", "mark:begun", "until:go"]);
    let w = rig.function(&script).env("max_inflight", "1").start()?;
    let (target, begun) = match rig.mode() {
        Http => ("/drip?n=1&until=go", "drip"),
        _ => ("/", "begun"),
    };
    let mut wire = w.connect()?;
    wire.send_request(&Request::get(target))?;
    rig.wait_evidence(begun, 5.0)?;
    check_eq!(w.get("/")?.status, 429, "status while the stream runs");
    rig.write("go", "")?;
    check_eq!(wire.read_response()?.end, End::Clean, "end of the stream");
    w.wait_status("/status/200", 200, 10.0)
}

fn websocket_holds(rig: &mut Rig) -> Outcome {
    let w = rig.function("").env("max_inflight", "1").start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("one")?;
    check_eq!(
        w.get("/")?.status,
        429,
        "status while the WebSocket is open"
    );
    socket.echo("two")?;
    socket.close()?;
    w.wait_status("/status/200", 200, 5.0)
}

fn unread_holds(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("print-bytes", &["50000000"]));
    let w = setup.env("max_inflight", "1").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/bytes/50000000"))?;
    wire.read_head()?;
    check_eq!(
        w.get("/")?.status,
        429,
        "status while the answer waits to be read"
    );
    wire.reset()?;
    let free = || {
        w.probe("/_/health?")
            .zip(w.probe("/bytes/1"))
            .filter(|(_, status)| *status == 200)
    };
    rig.poll(10.0, "a slot after the client left", free)
        .map(drop)
}

fn health(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    let _holder = hold(rig, &w)?;
    check_eq!(w.get("/")?.status, 429, "status of a request");
    check_eq!(w.get("/_/health")?.status, 200, "status of health");
    Ok(())
}

fn ready(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1").start()?;
    w.wait_status("/_/ready", 200, 10.0)?;
    let holder = hold(rig, &w)?;
    check_eq!(w.get("/_/ready")?.status, 429, "readiness while full");
    holder.close();
    w.wait_status("/_/ready", 200, 10.0)
}
