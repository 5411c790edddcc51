//! A child that speaks HTTP/2, as gRPC servers do.
//! It knows such a child by its fixture, and clients of both versions.
//! It refuses HTTP/1 at the child.

use super::h2c::client;
use crate::watchdog::cases::proxy::Seen;
use crate::watchdog::prelude::*;
use crate::wire::h2::Stream;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-upstream-request",
        "WD-7.13",
        "an HTTP/1.1 request reaches the child as a stream",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(request),
    Case::must(
        "upgrade/h2c-upstream-target",
        "WD-2.23",
        "bytes that a path of HTTP/2 cannot have arrive as escapes",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(target),
    Case::must(
        "upgrade/h2c-upstream-one-connection",
        "WD-7.13",
        "requests share one connection",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(one_connection),
    Case::must(
        "upgrade/h2c-upstream-bulk",
        "WD-7.13",
        "a megabyte passes both ways",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(bulk),
    Case::must(
        "upgrade/h2c-upstream-grpc",
        "WD-7.13",
        "a gRPC call brings its trailers to an HTTP/2 client",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(grpc),
    Case::must(
        "upgrade/h2c-upstream-call-by-http1",
        "WD-7.13",
        "an HTTP/1.1 client gets the message and a clean end, trailers behind it or not",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(call_by_http1),
    Case::must(
        "upgrade/h2c-upstream-duplex",
        "WD-7.13",
        "a bidirectional call talks while it goes on",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(duplex),
    Case::must(
        "upgrade/h2c-upstream-reset",
        "WD-7.13",
        "a reset before the head is a 502, after it a cut",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(reset),
    Case::must(
        "upgrade/h2c-upstream-deadline",
        "WD-7.13",
        "a call over exec_timeout is a 504, and reset at the child",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(deadline),
    Case::must(
        "upgrade/h2c-upstream-left",
        "WD-7.4",
        "a client that leaves resets its call at the child",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(left),
];

pub(super) fn grpc_server(rig: &Rig) -> Setup {
    rig.watchdog()
        .fprocess(&rig.fixture("http-server", &["--h2c"]))
        .env("upstream_protocol", "h2c")
}

fn request(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let request = Request::new("PUT", "/dump/a%2Fb?x=%20y")
        .header("Host", "fn.example")
        .header("X-Two", "1")
        .header("X-Two", "2")
        .header("Connection", "keep-alive, X-Hop")
        .header("X-Hop", "1")
        .body("payload");
    let seen = Seen::by(&w, &request)?;
    check_eq!(seen.text("version"), "HTTP/2", "version");
    check_eq!(seen.text("method"), "PUT", "method");
    check_eq!(seen.target(), "/dump/a%2Fb?x=%20y", "target");
    check_eq!(seen.text("body"), "payload", "body");
    check_eq!(seen.header(":authority"), Some("fn.example"), "authority");
    check_eq!(seen.all("x-two"), ["1", "2"], "values of X-Two");
    for name in ["connection", "x-hop", "transfer-encoding"] {
        check!(seen.header(name).is_none(), "{name} reached the child");
    }
    Ok(())
}

fn target(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let seen = Seen::by(&w, &Request::get("/dump/a\"<\u{e4}>#?b=`"))?;
    check_eq!(seen.target(), "/dump/a%22%3C%C3%A4%3E%23?b=%60", "target");
    Ok(())
}

fn one_connection(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    for _ in 0..10 {
        check_eq!(w.get("/status/201")?.status, 201, "status");
    }
    let used = rig.evidence("connections").lines().count();
    check!(used <= 2, "{used} connections");
    Ok(())
}

fn bulk(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let body = Pattern::new(8, 1_048_576);
    w.request_pattern(&Request::post("/echo").pattern(body), body)?;
    w.request_pattern(&Request::post("/echo").pattern_chunked(body), body)?;
    let want = Pattern::new(1, 1_000_000);
    w.request_pattern(&Request::get("/bytes/1000000"), want)?;
    Ok(())
}

const CALL: &[(&str, &str)] = &[("content-type", "application/grpc"), ("te", "trailers")];

fn grpc(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("POST", "/grpc", CALL, false)?;
    client.data(id, b"\0\0\0\0\x02hi", true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.field(":status"), Some("200"), "status");
    check_eq!(stream.data, b"\0\0\0\0\x02hi", "message");
    check_eq!(stream.trailer("grpc-status"), Some("0"), "grpc-status");
    check_eq!(stream.trailer("grpc-message"), Some("fine"), "grpc-message");
    let id = client.request("POST", "/grpc-error", CALL, true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(
        stream.field("grpc-status"),
        Some("5"),
        "grpc-status without a body"
    );
    Ok(())
}

fn call_by_http1(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let r = w.request(
        Request::post("/grpc")
            .header("TE", "trailers")
            .body("message"),
    )?;
    check_eq!(r.text(), "message", "body");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

fn duplex(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("POST", "/duplex", CALL, false)?;
    for round in 1..=5_usize {
        client.data(id, b"message", false)?;
        client.until(id, |s| s.over() || s.data.len() >= round * 7)?;
    }
    client.data(id, b"", true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.data.len(), 35, "bytes");
    check_eq!(stream.trailer("grpc-status"), Some("0"), "grpc-status");
    Ok(())
}

fn reset(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let r = w.post("/reset", "x")?;
    check_eq!(r.status, 502, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    let r = w.get("/reset-mid");
    check!(
        r.map_or(true, |r| !r.end.is_clean()),
        "the answer ended as if it were complete"
    );
    check_eq!(w.get("/status/201")?.status, 201, "status after resets");
    Ok(())
}

fn deadline(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).env("exec_timeout", "500ms").start()?;
    check_eq!(w.get("/never")?.status, 504, "status");
    rig.wait_evidence_of("h2.reset", "/never", 5.0)
}

fn left(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence_of("hits", "/never", 10.0)?;
    wire.close();
    rig.wait_evidence_of("h2.reset", "/never", 5.0)?;
    check_eq!(w.get("/status/201")?.status, 201, "status of the next call");
    Ok(())
}
