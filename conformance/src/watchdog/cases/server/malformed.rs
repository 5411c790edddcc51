//! Requests that are none, and heads that are too large.
//! It knows what must be refused, and that nothing may run for it.
//! It refuses framing: that stands with smuggling.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/bad-request-line",
        "WD-2.2",
        "a bad request line is a 400 and a close",
    )
    .run(request_lines),
    Case::must(
        "server/bad-target",
        "WD-2.2",
        "a target that is neither a path nor a URL is a 400",
    )
    .modes(FUNCTION)
    .run(targets),
    Case::must(
        "server/bad-escape",
        "WD-2.2",
        "a percent sign without two hex digits in the path is a 400",
    )
    .modes(FORK)
    .run(escapes),
    Case::must(
        "server/bad-version",
        "WD-2.2",
        "a version that is not HTTP/1 is refused and the connection closed",
    )
    .run(versions),
    Case::must(
        "server/bad-header",
        "WD-2.2",
        "header lines that are none are a 400 and a close",
    )
    .modes(FUNCTION)
    .run(headers),
    Case::must(
        "server/folded-header",
        "WD-2.2",
        "a folded header line is refused or unfolded",
    )
    .run(folded),
    Case::must(
        "server/nul-in-path",
        "WD-2.2",
        "an encoded NUL in the path is an error, and the watchdog goes on",
    )
    .modes(FORK)
    .bugs(&["BUG-27"])
    .run(nul),
    Case::must(
        "server/host-missing",
        "WD-2.10",
        "HTTP/1.1 without Host is a 400",
    )
    .modes(FUNCTION)
    .run(host_missing),
    Case::must("server/host-twice", "WD-2.10", "two Hosts are a 400")
        .modes(FUNCTION)
        .run(host_twice),
    Case::must(
        "server/head-too-large",
        "WD-2.11",
        "a head of 2 MiB is a 431 and a close",
    )
    .modes(FUNCTION)
    .run(head_too_large),
    Case::must(
        "server/endless-request-line",
        "WD-2.11",
        "a request line without an end is cut off",
    )
    .run(endless_line),
    Case::must(
        "server/many-headers",
        "WD-2.11",
        "a hundred header fields are no problem",
    )
    .modes(FUNCTION)
    .run(many_headers),
    Case::must(
        "server/refused-amid-more",
        "WD-2.2",
        "a client that goes on sending behind a bad request gets its 400 all the same (RFC 9112, 9.6)",
    )
    .modes(FUNCTION)
    .run(amid_more),
    Case::must(
        "server/garbage",
        "WD-2.2",
        "a client that speaks TLS is not left waiting, and others are served",
    )
    .run(garbage),
];

/// Sends the bytes: a 4xx or 5xx from `allowed`, then the close; and nothing ran.
pub(super) fn refused(rig: &Rig, w: &Watchdog, bytes: &[u8], allowed: &[u16]) -> Outcome {
    let before = (rig.evidence("started"), rig.evidence("hits"));
    let mut wire = w.connect()?;
    wire.send(bytes)?;
    let shown = bytes.escape_ascii();
    let r = wire
        .read_response()
        .map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    check!(
        allowed.contains(&r.status),
        "{shown} is answered with {}",
        r.status
    );
    let closed = wire.expect_closed(rig.timeout(5.0));
    closed.map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran because of {shown}");
    Ok(())
}

fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture("echo", &[])).start()
}

/// Goes on serving after what was sent before.
fn unharmed(w: &Watchdog) -> Outcome {
    let r = w.post("/echo", "still here")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "still here"),
        "answer afterwards"
    );
    Ok(())
}

fn request_lines(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for line in [
        "NONSENSE",
        "GET /",
        "GET\t/ HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET / http/1.1",
        "G(T / HTTP/1.1",
        "GET / HTTP/1.1x",
        "GET / HTTP/x.1",
    ] {
        refused(
            rig,
            &w,
            format!("{line}\r\nHost: a\r\n\r\n").as_bytes(),
            &[400],
        )?;
    }
    unharmed(&w)
}

fn targets(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for target in ["echo", "*", "?x=1"] {
        refused(
            rig,
            &w,
            format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(),
            &[400],
        )?;
    }
    Ok(())
}

fn escapes(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let before = (rig.evidence("started"), rig.evidence("hits"));
    for target in ["/%zz", "/a%", "/%4"] {
        check_eq!(w.get(target)?.status, 400, "status for {target}");
    }
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran because of it");
    Ok(())
}

fn versions(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for version in ["HTTP/2.0", "HTTP/9.9", "HTTP/0.9"] {
        refused(
            rig,
            &w,
            format!("GET / {version}\r\nHost: a\r\n\r\n").as_bytes(),
            &[400, 505],
        )?;
    }
    unharmed(&w)
}

fn headers(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for line in [
        &b"nonsense"[..],
        b"X-A : b",
        b"X-A: b\x01",
        b"X-A: b\x00c",
        b"X-A: b\x7f",
        b"X-A: b\rc",
        b"X(A: b",
        b": b",
        b"X A: b",
    ] {
        let bytes = [b"GET /echo HTTP/1.1\r\nHost: a\r\n", line, b"\r\n\r\n"].concat();
        refused(rig, &w, &bytes, &[400])?;
    }
    unharmed(&w)
}

fn folded(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("cgi-headers", &[]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n")?;
    let r = wire.read_response()?;
    if r.status == 400 {
        return wire.expect_closed(rig.timeout(5.0));
    }
    let text = r.text();
    check!(
        text.contains("Http_X_Folded=one two"),
        "neither refused nor unfolded: {text}"
    );
    Ok(())
}

fn nul(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let r = w.get("/a%00b")?;
    check!((400..600).contains(&r.status), "status {}", r.status);
    unharmed(&w)
}

fn host_missing(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    refused(
        rig,
        &w,
        b"GET /echo HTTP/1.1\r\nAccept: */*\r\n\r\n",
        &[400],
    )
}

fn host_twice(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    refused(
        rig,
        &w,
        b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        &[400],
    )?;
    refused(
        rig,
        &w,
        b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        &[400],
    )
}

fn head_too_large(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let before = (rig.evidence("started"), rig.evidence("hits"));
    let r = w.request(Request::get("/echo").header("X-Large", &"x".repeat(2 << 20)))?;
    check_eq!(r.status, 431, "status");
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran because of it");
    unharmed(&w)
}

fn endless_line(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    let piece = vec![b'x'; 64 * 1024];
    wire.send(b"GET /")?;
    let sent = (0..256).take_while(|_| wire.send(&piece).is_ok()).count();
    check!(
        sent < 256,
        "16 MiB of a request line were taken without an answer"
    );
    unharmed(&w)
}

fn many_headers(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut request = Request::post("/echo").body("x");
    for index in 0..100 {
        request = request.header(&format!("X-Field-{index}"), "value");
    }
    let r = w.request(request)?;
    check_eq!((r.status, r.text().as_str()), (200, "x"), "answer");
    Ok(())
}

fn amid_more(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let more = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50_000);
    for bad in [
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut wire = w.connect()?;
        wire.send(bad.as_bytes())?;
        // Whoever closes at once resets the connection, and the answer is lost.
        wire.send(&more)?;
        check_eq!(wire.read_response()?.status, 400, "status for {bad:?}");
    }
    check!(
        !rig.evidence("hits").contains("/second"),
        "what came behind was forwarded"
    );
    unharmed(&w)
}

fn garbage(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    // The beginning of a TLS client hello.
    wire.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")?;
    wire.read_to_end()?;
    unharmed(&w)
}
