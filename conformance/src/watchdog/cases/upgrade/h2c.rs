//! HTTP/2 with prior knowledge, from the client's side.
//! It knows frames by hand: whole answers, windows, trailers and resets.
//! It refuses the child's side: `h2c_upstream`.

use std::net::TcpStream;

use super::server;
use crate::watchdog::prelude::*;
use crate::wire::h2::{Connection, Stream};

pub(super) const CASES: &[Case] = &[
    Case::must("upgrade/h2c-get", "WD-7.12", "a GET is answered")
        .modes(&[Http, Static])
        .feature("h2c")
        .run(get),
    Case::must(
        "upgrade/h2c-echo",
        "WD-7.12",
        "a POST of a megabyte comes back, both ways at once",
    )
    .modes(&[Http, Streaming])
    .feature("h2c")
    .run(echo),
    Case::must(
        "upgrade/h2c-fields",
        "WD-7.12",
        "the child sees an ordinary request, cookies joined",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(fields),
    Case::must(
        "upgrade/h2c-status",
        "WD-7.12",
        "statuses pass, empty and bodyless ones end the stream",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(status),
    Case::must(
        "upgrade/h2c-hop-by-hop",
        "WD-7.12",
        "no connection-specific field reaches an HTTP/2 client",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(hop_by_hop),
    Case::must(
        "upgrade/h2c-early-hints",
        "WD-7.12",
        "early hints of the child leave an HTTP/2 client its answer and its connection",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(early_hints),
    Case::must(
        "upgrade/h2c-head",
        "WD-7.12",
        "HEAD has the length and no body",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(head),
    Case::must(
        "upgrade/h2c-trailers",
        "WD-7.12",
        "the trailers of an answer arrive",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(trailers),
    Case::must(
        "upgrade/h2c-cut",
        "WD-7.12",
        "an answer that breaks off is a reset stream, and the connection goes on",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(cut),
    Case::must(
        "upgrade/h2c-deadline",
        "WD-7.12",
        "deadlines are a 504 before the head and a reset after it",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(deadline),
    Case::must(
        "upgrade/h2c-window",
        "WD-7.12",
        "a megabyte leaves only as the client grants it",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(window),
    Case::must(
        "upgrade/h2c-interleaved",
        "WD-7.12",
        "a slow stream does not hold up others on its connection",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(interleaved),
    Case::must(
        "upgrade/h2c-reset",
        "WD-7.4",
        "a reset by the client ends the request at the child, and the connection goes on",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(reset),
    Case::must(
        "upgrade/h2c-left",
        "WD-7.4",
        "a client that leaves ends all its streams and frees their slots",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(left),
    Case::must(
        "upgrade/h2c-events",
        "WD-7.3",
        "an event arrives before the next is made",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(events),
    Case::must(
        "upgrade/h2c-health",
        "WD-7.12",
        "the probes answer over HTTP/2",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(health),
];

pub(super) type Client = Connection<TcpStream>;

pub(super) fn client(w: &Watchdog) -> Result<Client, Failure> {
    let (stream, _) = w.connect()?.into_parts()?;
    Ok(Connection::client(stream, None)?)
}

/// The whole answer to a request without a body.
pub(super) fn ask<'a>(
    client: &'a mut Client,
    method: &str,
    path: &str,
) -> Result<&'a Stream, Failure> {
    let id = client.request(method, path, &[], true)?;
    Ok(client.until(id, Stream::over)?)
}

fn get(rig: &mut Rig) -> Outcome {
    rig.write("public/anything", "hello")?;
    let w = rig.function("").start()?;
    let mut client = client(&w)?;
    for _ in 0..3 {
        let stream = ask(&mut client, "GET", "/anything")?;
        check_eq!(stream.field(":status"), Some("200"), "status");
        check_eq!(stream.data, b"hello", "body");
        check!(stream.ended && stream.reset.is_none(), "no clean end");
    }
    Ok(())
}

fn echo(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let mut client = client(&w)?;
    let body = Pattern::new(6, 1_048_576).bytes();
    for _ in 0..2 {
        let id = client.request("POST", "/echo", &[], false)?;
        client.data(id, &body, true)?;
        let stream = client.until(id, Stream::over)?;
        check_eq!(stream.field(":status"), Some("200"), "status");
        check!(stream.data == body, "{} bytes came back", stream.data.len());
        check!(stream.ended && stream.reset.is_none(), "no clean end");
    }
    Ok(())
}

fn fields(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let fields = [("cookie", "a=1"), ("cookie", "b=2"), ("x-end", "1")];
    let id = client.request("PUT", "/dump/a%2Fb?x=%20", &fields, false)?;
    client.data(id, b"12345", true)?;
    let stream = client.until(id, Stream::over)?;
    let text = String::from_utf8_lossy(&stream.data).into_owned();
    for part in [
        r#""method":"PUT""#,
        r#""target":"/dump/a%2Fb?x=%20""#,
        r#""body":"12345""#,
        r#""a=1; b=2""#,
        r#""fn.example""#,
    ] {
        check!(text.contains(part), "no {part} in {text}");
    }
    Ok(())
}

fn status(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    for status in ["200", "204", "304", "404", "418", "500"] {
        let stream = ask(&mut client, "GET", &format!("/status/{status}"))?;
        check_eq!(stream.field(":status"), Some(status), "status");
        check!(stream.ended, "no end after {status}");
    }
    Ok(())
}

fn hop_by_hop(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    for path in ["/hop", "/close", "/chunked/10", "/close-delimited"] {
        let stream = ask(&mut client, "GET", path)?;
        check_eq!(stream.field(":status"), Some("200"), "status of {path}");
        for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            check!(
                stream.field(name).is_none(),
                "{name} in the answer of {path}"
            );
        }
    }
    Ok(())
}

fn early_hints(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    for _ in 0..2 {
        let stream = ask(&mut client, "GET", "/103")?;
        let last = stream.blocks.last().and_then(|block| block.get(":status"));
        check_eq!(last, Some("200"), "status");
        check_eq!(stream.data, b"hinted", "body");
    }
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let stream = ask(&mut client, "HEAD", "/bytes/300000")?;
    check_eq!(stream.field("content-length"), Some("300000"), "length");
    check!(stream.ended && stream.data.is_empty(), "a body for HEAD");
    Ok(())
}

fn trailers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("GET", "/trailers", &[("te", "trailers")], true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.data, b"with trailers", "body");
    check_eq!(stream.trailer("x-checksum"), Some("abc123"), "trailer");
    Ok(())
}

fn cut(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    for path in ["/die-mid-chunked", "/die-mid-length"] {
        let stream = ask(&mut client, "GET", path)?;
        check!(
            stream.reset.is_some(),
            "{path} ended as if it were complete"
        );
    }
    let stream = ask(&mut client, "POST", "/die-before-head")?;
    check_eq!(stream.field(":status"), Some("502"), "status");
    let stream = ask(&mut client, "GET", "/anything")?;
    check_eq!(stream.data, b"hello", "body after resets");
    Ok(())
}

fn deadline(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "600ms").start()?;
    let mut client = client(&w)?;
    let stream = ask(&mut client, "GET", "/never")?;
    check_eq!(stream.field(":status"), Some("504"), "status");
    let stream = ask(&mut client, "GET", "/drip?n=100&ms=100")?;
    check!(
        stream.reset.is_some(),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn window(rig: &mut Rig) -> Outcome {
    const SIZE: usize = 1_000_000;
    let w = server(rig).start()?;
    let (stream, _) = w.connect()?.into_parts()?;
    let mut client = Connection::client(stream, Some(1000))?;
    let id = client.request("GET", &format!("/bytes/{SIZE}"), &[], true)?;
    let mut granted = 1000;
    loop {
        let stream = client.until(id, |s| s.over() || s.data.len() >= granted.min(SIZE))?;
        let got = stream.data.len();
        check!(got <= granted, "{got} bytes where {granted} were granted");
        if stream.over() || got == SIZE {
            break;
        }
        client.grant(0, 30_000)?;
        client.grant(id, 30_000)?;
        granted += 30_000;
    }
    let stream = client.until(id, Stream::over)?;
    check!(
        stream.data == Pattern::new(1, SIZE as u64).bytes(),
        "a wrong body"
    );
    Ok(())
}

fn interleaved(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let slow = client.request("GET", "/never", &[], true)?;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(client.request("GET", "/chunked/50000", &[], true)?);
    }
    let want = Pattern::new(1, 50_000).bytes();
    for id in ids {
        let stream = client.until(id, Stream::over)?;
        check!(stream.data == want, "a wrong body");
    }
    check!(!client.stream(slow).over(), "the slow stream is over");
    Ok(())
}

fn reset(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("GET", "/never", &[], true)?;
    rig.wait_evidence("never", 10.0)?;
    client.reset(id, 8)?;
    rig.wait_evidence("never.end", 5.0)?;
    let stream = ask(&mut client, "GET", "/anything")?;
    check_eq!(stream.data, b"hello", "body after a reset");
    Ok(())
}

fn left(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("max_inflight", "2").start()?;
    let mut client = client(&w)?;
    let first = client.request("GET", "/sse?n=1000&ms=50", &[], true)?;
    let second = client.request("GET", "/drip?n=1000&ms=50", &[], true)?;
    client.until(first, |s| !s.data.is_empty())?;
    client.until(second, |s| !s.data.is_empty())?;
    drop(client);
    rig.wait_evidence_of("sse.end", "gone", 10.0)?;
    rig.wait_evidence_of("drip.end", "gone", 10.0)?;
    w.wait_status("/anything", 200, 5.0)
}

fn events(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("GET", "/sse?n=2&ms=4000", &[], true)?;
    client.until(id, |s| !s.data.is_empty())?;
    check_eq!(
        rig.evidence("sse.end"),
        "",
        "the end of the stream at the child"
    );
    Ok(())
}

fn health(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let stream = ask(&mut client, "GET", "/_/health")?;
    check_eq!(stream.field(":status"), Some("200"), "status");
    Ok(())
}
