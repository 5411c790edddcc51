//! Connections: kept, closed, timed out, and in step.
//! It knows when an answer ends and what may follow it.
//! It refuses malformed requests.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/keep-alive",
        "WD-2.1",
        "two requests share a connection",
    )
    .modes(FUNCTION)
    .run(keep_alive),
    Case::must(
        "server/keep-alive-long",
        "WD-2.1",
        "fifty requests share a connection",
    )
    .run(keep_alive_long),
    Case::must(
        "server/keep-alive-probes",
        "WD-2.1",
        "probes and the function share a connection",
    )
    .modes(FUNCTION)
    .run(keep_alive_probes),
    Case::must(
        "server/close-asked",
        "WD-2.1",
        "`Connection: close` is obeyed, and said",
    )
    .modes(FUNCTION)
    .run(close_asked),
    Case::must(
        "server/pipelining",
        "WD-2.3",
        "two requests sent at once get two answers in order",
    )
    .modes(FUNCTION)
    .run(pipelining),
    Case::must(
        "server/pipelining-deep",
        "WD-2.3",
        "ten requests of all framings in one piece get ten answers in order",
    )
    .modes(FUNCTION)
    .run(pipelining_deep),
    Case::must(
        "server/http10",
        "WD-2.4",
        "an HTTP/1.0 client gets no chunks",
    )
    .modes(FUNCTION)
    .run(http10),
    Case::must(
        "server/http10-keep-alive",
        "WD-2.4",
        "an HTTP/1.0 client that asks to keep the connection is told the truth",
    )
    .modes(&[Classic, Serializing])
    .run(http10_keep_alive),
    Case::must(
        "server/http10-without-host",
        "WD-2.4",
        "an HTTP/1.0 client needs no Host",
    )
    .modes(FUNCTION)
    .run(http10_without_host),
    Case::must(
        "server/head",
        "WD-2.14",
        "HEAD has no body and the next answer follows",
    )
    .modes(&Mode::ALL)
    .run(head),
    Case::must(
        "server/no-content",
        "WD-2.14",
        "204 and 304 have no body and the next answer follows",
    )
    .modes(&[Http])
    .run(no_content),
    Case::must(
        "server/idle-close",
        "WD-2.5",
        "a silent connection is closed after read_timeout",
    )
    .run(idle_close),
    Case::must(
        "server/idle-close-kept",
        "WD-2.5",
        "a kept connection is closed after read_timeout",
    )
    .run(idle_close_kept),
    Case::must(
        "server/slow-head",
        "WD-2.5",
        "a head that trickles in is cut off after read_timeout",
    )
    .run(slow_head),
    Case::must(
        "server/slow-head-kept",
        "WD-2.5",
        "a head that trickles in on a kept connection is cut off after read_timeout",
    )
    .run(slow_head_kept),
    Case::must(
        "server/slow-body",
        "WD-2.5",
        "an upload that trickles in is no success and ends after read_timeout",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-36", "BUG-37"])
    .run(slow_body),
    Case::must(
        "server/read-timeout-spares-function",
        "WD-2.5",
        "read_timeout does not end a function that takes longer",
    )
    .modes(FUNCTION)
    .run(spares_function),
    Case::must("server/date", "WD-2.18", "every answer has a Date")
        .modes(&Mode::ALL)
        .run(date),
    Case::must(
        "server/header-case",
        "WD-2.19",
        "header names are written in the usual case",
    )
    .modes(FUNCTION)
    .run(header_case),
    Case::must(
        "server/h2c-offer",
        "WD-2.20",
        "a request that offers h2c is answered",
    )
    .modes(FUNCTION)
    .run(h2c_offer),
];

fn echo(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    for body in ["first", "second"] {
        let r = wire.exchange(&Request::post("/echo").body(body))?;
        check_eq!((r.status, r.text().as_str()), (200, body), "answer");
    }
    Ok(())
}

fn keep_alive_long(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    for round in 0..50_usize {
        let body = "x".repeat(round * 37);
        let r = wire.exchange(&Request::post("/echo").body(body.as_str()))?;
        check!(
            r.status == 200 && r.text() == body,
            "answer {round} is {} {:?}",
            r.status,
            r.end
        );
    }
    Ok(())
}

fn keep_alive_probes(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    for _ in 0..3 {
        let r = wire.exchange(&Request::get("/_/health"))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "OK"),
            "answer of the probe"
        );
        let r = wire.exchange(&Request::post("/echo").chunks(&[b"a", b"b"]))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ab"),
            "answer of the function"
        );
    }
    Ok(())
}

fn close_asked(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    let r = wire.exchange(
        &Request::post("/echo")
            .header("Connection", "close")
            .body("x"),
    )?;
    check_eq!(r.text(), "x", "answer");
    check!(
        r.headers.lists("connection", "close"),
        "the answer does not say close: {:?}",
        r.headers
    );
    wire.expect_closed(rig.timeout(5.0))
}

fn pipelining(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/echo").body("a"))?;
    wire.send_request(&Request::post("/echo").body("b"))?;
    check_eq!(wire.read_response()?.text(), "a", "first answer");
    check_eq!(wire.read_response()?.text(), "b", "second answer");
    Ok(())
}

fn pipelining_deep(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    let mut bytes = Vec::new();
    for round in 0..10 {
        let body = format!("body {round}");
        let request = match round % 2 {
            0 => Request::post("/echo").body(body),
            _ => Request::post("/echo").chunks(&[body.as_bytes(), b"!"]),
        };
        bytes.extend(request.head_bytes("subject"));
        request.write_body(&mut bytes)?;
    }
    wire.send(&bytes)?;
    for round in 0..10 {
        let mark = if round % 2 == 0 { "" } else { "!" };
        let r = wire.read_response()?;
        check_eq!(
            (r.status, r.text()),
            (200, format!("body {round}{mark}")),
            "answer {round}"
        );
    }
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

fn http10_keep_alive(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    let request = Request::post("/echo")
        .http10()
        .header("Connection", "keep-alive")
        .body("one");
    let r = wire.exchange(&request)?;
    check_eq!((r.status, r.text().as_str()), (200, "one"), "answer");
    if r.headers.lists("connection", "keep-alive") {
        check!(
            matches!(r.framing, Framing::Length(_)),
            "kept without a length: {:?}",
            r.framing
        );
        check_eq!(wire.exchange(&request)?.text(), "one", "second answer");
        return Ok(());
    }
    wire.expect_closed(rig.timeout(5.0))
}

fn http10_without_host(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let r = w.request(Request::post("/echo").http10().no_host().body("old"))?;
    check_eq!((r.status, r.text().as_str()), (200, "old"), "answer");
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    rig.write("public/bytes/3000", Pattern::new(1, 3000).bytes())?;
    let w = rig
        .function(&rig.fixture("print-bytes", &["3000"]))
        .start()?;
    let mut wire = w.connect()?;
    let r = wire.exchange(&Request::new("HEAD", "/bytes/3000"))?;
    check!(
        r.status == 200 || r.status == 405,
        "status of HEAD {}",
        r.status
    );
    if r.headers.lists("connection", "close") {
        return wire.expect_closed(rig.timeout(5.0));
    }
    let r = wire.exchange(&Request::get("/bytes/3000"))?;
    check_eq!(
        (r.status, r.body.len()),
        (200, 3000),
        "status and size of the answer after HEAD"
    );
    Ok(())
}

fn no_content(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut wire = w.connect()?;
    for code in [204, 304, 204] {
        let r = wire.exchange(&Request::get(&format!("/status/{code}")))?;
        check_eq!(r.status, code, "status");
        check!(
            !r.headers.has("transfer-encoding"),
            "{code} with a transfer coding"
        );
        check!(
            code != 204 || !r.headers.has("content-length"),
            "204 with a length"
        );
    }
    let r = wire.exchange(&Request::post("/echo").body("next"))?;
    check_eq!(r.text(), "next", "answer after those");
    Ok(())
}

fn impatient(rig: &Rig) -> Setup {
    echo(rig).env("read_timeout", "1s")
}

fn idle_close(rig: &mut Rig) -> Outcome {
    let w = impatient(rig).start()?;
    let mut wire = w.connect()?;
    wire.expect_quiet(Duration::from_millis(400))?;
    wire.expect_closed(rig.timeout(5.0))
}

fn idle_close_kept(rig: &mut Rig) -> Outcome {
    let w = impatient(rig).start()?;
    let mut wire = w.connect()?;
    wire.exchange(&Request::post("/echo").body("x"))?;
    wire.expect_quiet(Duration::from_millis(400))?;
    wire.expect_closed(rig.timeout(5.0))
}

/// Sends `first`, then header lines for as long as the subject listens; it must not listen for long.
fn trickle(rig: &Rig, wire: &mut Wire, first: &[u8], more: &[u8]) -> Outcome {
    wire.send(first)?;
    let start = Instant::now();
    while start.elapsed() < rig.timeout(6.0) {
        rig.pass_time(Duration::from_millis(150));
        if wire.send(more).is_err() || wire.expect_quiet(Duration::from_millis(1)).is_err() {
            return Ok(());
        }
    }
    Err(Failure::failed(format!(
        "still listening {:?} after the first byte, with read_timeout=1s",
        start.elapsed()
    )))
}

fn slow_head(rig: &mut Rig) -> Outcome {
    let w = impatient(rig).start()?;
    let mut wire = w.connect()?;
    trickle(
        rig,
        &mut wire,
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"X-More: more\r\n",
    )
}

fn slow_head_kept(rig: &mut Rig) -> Outcome {
    let w = impatient(rig).start()?;
    let mut wire = w.connect()?;
    wire.exchange(&Request::post("/echo").body("x"))?;
    trickle(
        rig,
        &mut wire,
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"X-More: more\r\n",
    )
}

fn slow_body(rig: &mut Rig) -> Outcome {
    let w = impatient(rig).env("exec_timeout", "20s").start()?;
    let mut wire = w.connect()?;
    let target = "/echo-buffered";
    trickle(
        rig,
        &mut wire,
        format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n").as_bytes(),
        b"x",
    )?;
    let Ok(r) = wire.read_response() else {
        return Ok(());
    };
    check!(
        r.status >= 400 || !r.end.is_clean(),
        "a success, {}, for an upload that never ended",
        r.status
    );
    Ok(())
}

fn spares_function(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("sleep", &["1200ms"]));
    let w = setup.env("read_timeout", "600ms").start()?;
    let r = w.post("/slow?ms=1200", "body")?;
    check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    Ok(())
}

fn date(rig: &mut Rig) -> Outcome {
    rig.write("public/a", "a")?;
    let w = echo(rig).start()?;
    for target in ["/a", "/_/health"] {
        let r = w.get(target)?;
        check_eq!(
            r.headers.all("date").len(),
            1,
            "Date fields in the answer to {target}"
        );
    }
    Ok(())
}

fn header_case(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let mut seen = w.post("/echo-buffered", "x")?.headers;
    for (name, value) in w.get("/_/health")?.headers.iter() {
        seen.push(name, value);
    }
    for (name, _) in seen.iter() {
        let usual = name.split('-').all(|part| {
            let mut letters = part.chars();
            letters
                .next()
                .is_none_or(|first| !first.is_ascii_lowercase())
                && letters.all(|c| !c.is_ascii_uppercase())
        });
        check!(usual, "header name {name:?}");
    }
    Ok(())
}

fn h2c_offer(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let request = Request::post("/echo")
        .header("Connection", "Upgrade, HTTP2-Settings")
        .header("Upgrade", "h2c")
        .header("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA")
        .body("x");
    let r = w.request(request)?;
    check_eq!((r.status, r.text().as_str()), (200, "x"), "answer");
    Ok(())
}
