//! What is counted, as what, and when it is over.
//! It knows the many ends of a request.
//! It refuses to ask before the figure had time to come: it polls.

use super::{DURATION, GAUGE, TOTAL, counted_once, echo, whole};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "metrics/requests-total",
        "WD-12.1",
        "three GETs and a POST are counted",
    )
    .modes(&Mode::ALL)
    .run(requests_total),
    Case::must(
        "metrics/methods",
        "WD-12.1",
        "every known method has its own label",
    )
    .modes(&[Serializing, Http])
    .run(methods),
    Case::must(
        "metrics/unknown-methods",
        "WD-12.13",
        "a hundred invented methods make one series",
    )
    .modes(FUNCTION)
    .run(unknown_methods),
    Case::must(
        "metrics/in-flight",
        "WD-12.2",
        "the gauge is 0, 1 during a request and 0 again",
    )
    .modes(FUNCTION)
    .run(in_flight),
    Case::must(
        "metrics/probes-not-counted",
        "WD-12.4",
        "probes leave no trace",
    )
    .modes(FUNCTION)
    .run(probes),
    Case::must(
        "metrics/malformed-not-counted",
        "WD-12.4",
        "malformed requests leave no trace",
    )
    .run(malformed),
    Case::must(
        "metrics/refused-method",
        "WD-12.8",
        "a 405 of mode classic is counted as 405",
    )
    .modes(&[Classic])
    .run(refused_method),
    Case::must("metrics/rejected", "WD-12.8", "a 429 is counted as 429")
        .modes(FUNCTION)
        .run(rejected),
    Case::must(
        "metrics/function-failure",
        "WD-12.8",
        "a function that fails is counted as 500",
    )
    .modes(FORK)
    .bugs(&["BUG-27"])
    .run(function_failure),
    Case::must(
        "metrics/upstream-status",
        "WD-12.8",
        "the upstream's own status is counted",
    )
    .modes(&[Http])
    .run(upstream_status),
    Case::must(
        "metrics/upstream-failure",
        "WD-12.8",
        "an upstream that dies is counted as a 5xx",
    )
    .modes(&[Http])
    .run(upstream_failure),
    Case::must(
        "metrics/timeout",
        "WD-12.8",
        "a timeout is counted as the status that was sent",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-27"])
    .run(timeout),
    Case::must(
        "metrics/client-gone",
        "WD-12.9",
        "a client that left during the request is counted as 499",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-30", "BUG-38"])
    .run(client_gone),
    Case::must(
        "metrics/client-gone-streaming",
        "WD-12.9",
        "a client that left during the answer is counted as 499",
    )
    .modes(&[Streaming, Http])
    .bugs(&["BUG-30", "BUG-01"])
    .run(client_gone_streaming),
    Case::must(
        "metrics/client-gone-upload",
        "WD-12.9",
        "a client that left during its upload is no success",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-37"])
    .run(client_gone_upload),
    Case::must(
        "metrics/cut-answer",
        "WD-12.10",
        "an answer that breaks off is no success",
    )
    .modes(&[Streaming, Http])
    .bugs(&["BUG-27", "BUG-12"])
    .run(cut_answer),
    Case::must(
        "metrics/duration",
        "WD-12.12",
        "half a second of work is half a second on record",
    )
    .modes(FUNCTION)
    .run(duration),
    Case::must(
        "metrics/duration-of-stream",
        "WD-12.12",
        "a streamed answer is on record with its whole length, once, when it is over",
    )
    .modes(&[Streaming, Http])
    .bugs(&["BUG-06"])
    .run(duration_of_stream),
    Case::must(
        "metrics/gauge-returns",
        "WD-12.11",
        "after every kind of end the gauge is 0",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(gauge_returns),
    Case::must(
        "metrics/event-stream",
        "WD-12.11",
        "an event stream is in flight until its client leaves",
    )
    .modes(&[Http])
    .run(event_stream),
    Case::must(
        "metrics/websocket",
        "WD-12.14",
        "a WebSocket is in flight while open and then counted once, as 101",
    )
    .modes(&[Http])
    .bugs(&["BUG-33"])
    .run(websocket),
];

fn requests_total(rig: &mut Rig) -> Outcome {
    rig.write("public/f", "x")?;
    let w = echo(rig).start()?;
    for _ in 0..3 {
        check_eq!(w.get("/f")?.status, 200, "status");
    }
    if rig.mode() != Static {
        w.post("/f", "x")?;
        w.wait_metric(TOTAL, &[("method", "post"), ("code", "200")], 1.0, 3.0)?;
    }
    w.wait_metric(TOTAL, &[("method", "get"), ("code", "200")], 3.0, 3.0)
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for method in [
        "GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "NOTIFY", "TRACE", "PATCH",
    ] {
        w.request(Request::new(method, "/bytes/3"))?;
        w.wait_metric(
            TOTAL,
            &[("method", &method.to_lowercase()), ("code", "200")],
            1.0,
            3.0,
        )?;
    }
    Ok(())
}

fn unknown_methods(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    for index in 0..100 {
        wire.exchange(&Request::new(&format!("VERB{index}"), "/bytes/3"))?;
    }
    w.wait_metric(TOTAL, &[("method", "unknown")], 100.0, 3.0)?;
    let metrics = w.metrics()?;
    let series = metrics
        .samples
        .iter()
        .filter(|sample| sample.name == TOTAL)
        .count();
    check_eq!(series, 1, "series of {TOTAL}");
    Ok(())
}

fn in_flight(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("sleep", &["1"])).start()?;
    check!(w.metrics()?.has(GAUGE), "no gauge before the first request");
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/slow?ms=1000"))?;
    w.wait_metric(GAUGE, &[], 1.0, 3.0)?;
    wire.read_response()?;
    w.wait_metric(GAUGE, &[], 0.0, 3.0)
}

fn probes(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for _ in 0..3 {
        w.get("/_/health")?;
        w.post("/_/health", "x")?;
    }
    if rig.profile().claims("ready") {
        w.get("/_/ready")?;
    }
    w.get("/")?;
    w.wait_metric(TOTAL, &[], 1.0, 3.0)?;
    check_eq!(
        whole(&w.metrics()?, TOTAL, &[("code", "200")]),
        "1",
        "requests counted"
    );
    Ok(())
}

fn malformed(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n")?;
        check_eq!(wire.read_response()?.status, 400, "status");
    }
    w.get("/")?;
    counted_once(&w, &["200"])
}

fn refused_method(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    check_eq!(
        w.request(Request::new("OPTIONS", "/"))?.status,
        405,
        "status"
    );
    counted_once(&w, &["405"])
}

fn rejected(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("hang", &[]))
        .env("max_inflight", "1")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence(
        if rig.mode() == Http {
            "never"
        } else {
            "hang.pid"
        },
        10.0,
    )?;
    check_eq!(w.get("/")?.status, 429, "status");
    w.wait_metric(TOTAL, &[("code", "429"), ("method", "get")], 1.0, 3.0)?;
    w.wait_metric(GAUGE, &[], 1.0, 3.0)
}

fn function_failure(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3", "--read"]))
        .start()?;
    w.post("/", "x")?;
    counted_once(&w, &["500"])
}

fn upstream_status(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for code in ["201", "204", "302", "404", "418", "503"] {
        w.get(&format!("/status/{code}"))?;
        w.wait_metric(TOTAL, &[("code", code)], 1.0, 3.0)?;
    }
    w.wait_metric(TOTAL, &[], 6.0, 3.0)
}

fn upstream_failure(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let r = w.post("/die-before-head", "x")?;
    check!(r.status >= 500, "status {}", r.status);
    counted_once(&w, &[&r.status.to_string()])
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("hang", &[]))
        .env("exec_timeout", "300ms")
        .start()?;
    let r = w.get("/never")?;
    check!(r.status >= 400, "status {}", r.status);
    counted_once(&w, &[&r.status.to_string()])
}

/// Sends `request`, waits for `evidence` of the function, and leaves.
fn leave(rig: &Rig, w: &Watchdog, request: &Request, evidence: &str) -> Outcome {
    let mut wire = w.connect()?;
    wire.send_request(request)?;
    rig.wait_evidence(evidence, 10.0)?;
    w.wait_metric(GAUGE, &[], 1.0, 5.0)?;
    wire.close();
    Ok(())
}

fn client_gone(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("sleep", &["3"])).start()?;
    let evidence = if rig.mode() == Http {
        "slow"
    } else {
        "sleep.pid"
    };
    leave(rig, &w, &Request::get("/slow?ms=3000"), evidence)?;
    counted_once(&w, &["499"])
}

fn client_gone_streaming(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("slow-writer", &["40", "100ms"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/sse?n=40&ms=100").header("Accept", "text/event-stream"))?;
    rig.wait_evidence(
        if rig.mode() == Http {
            "sse"
        } else {
            "slow-writer"
        },
        10.0,
    )?;
    wire.reset()?;
    counted_once(&w, &["499"])
}

fn client_gone_upload(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST /echo-buffered HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome")?;
    w.wait_metric(GAUGE, &[], 1.0, 5.0)?;
    wire.close();
    counted_once(&w, &["499", "400", "408", "500", "504"])
}

fn cut_answer(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog();
    let line = match rig.mode() {
        Http => rig.fixture("http-server", &[]),
        _ => rig.fixture("die-by-signal", &["9", "200000"]),
    };
    let w = w.fprocess(&line).start()?;
    let r = w.get("/die-mid-length");
    check!(
        r.is_err() || r.is_ok_and(|r| !r.end.is_clean()),
        "the cut answer looks whole"
    );
    counted_once(&w, &["500", "502"])
}

fn duration(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("sleep", &["600ms"])).start()?;
    w.get("/slow?ms=600")?;
    w.wait_metric(&format!("{DURATION}_count"), &[], 1.0, 3.0)?;
    took_half_a_second(&w)
}

fn took_half_a_second(w: &Watchdog) -> Outcome {
    let metrics = w.metrics()?;
    let sum = metrics.sum(&format!("{DURATION}_sum"), &[]);
    check!((0.5..20.0).contains(&sum), "{sum} seconds on record");
    check_eq!(
        whole(&metrics, &format!("{DURATION}_bucket"), &[("le", "0.25")]),
        "0",
        "requests of up to 0.25 s"
    );
    Ok(())
}

fn duration_of_stream(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("slow-writer", &["15", "100ms"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=15&ms=100"))?;
    wire.read_head()?;
    check_eq!(
        whole(&w.metrics()?, TOTAL, &[]),
        "0",
        "requests counted before the end of the answer"
    );
    wire.read_body()?;
    w.wait_metric(&format!("{DURATION}_count"), &[], 1.0, 3.0)?;
    took_half_a_second(&w)
}

fn gauge_returns(rig: &mut Rig) -> Outcome {
    let http = rig.mode() == Http;
    let setup = rig.function(&rig.fixture("sleep", &["600ms"]));
    let w = setup.env("exec_timeout", "400ms").start()?;
    // A timeout, a client that leaves at once, one that resets, a broken upload, an unread answer.
    w.get("/slow?ms=600")?;
    for _ in 0..3 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/slow?ms=600"))?;
        wire.close();
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/slow?ms=600"))?;
        wire.reset()?;
        let mut wire = w.connect()?;
        wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")?;
        wire.reset()?;
        let mut wire = w.connect()?;
        wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")?;
        wire.close();
    }
    if http {
        let _ = w.get("/die-before-head");
        let _ = w.get("/die-mid-chunked");
        let _ = w.get("/garbage");
    }
    w.wait_metric(GAUGE, &[], 0.0, 15.0)?;
    check!(
        whole(&w.metrics()?, TOTAL, &[]) != "0",
        "nothing was counted"
    );
    Ok(())
}

fn event_stream(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/sse?n=600&ms=50").header("Accept", "text/event-stream"))?;
    wire.read_head()?;
    wire.read_until(b"event 2")?;
    w.wait_metric(GAUGE, &[], 1.0, 3.0)?;
    wire.close();
    w.wait_metric(GAUGE, &[], 0.0, 5.0)
}

fn websocket(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("hello")?;
    w.wait_metric(GAUGE, &[], 1.0, 3.0)?;
    check_eq!(
        whole(&w.metrics()?, TOTAL, &[]),
        "0",
        "requests counted while it is open"
    );
    socket.close()?;
    counted_once(&w, &["101"])
}
