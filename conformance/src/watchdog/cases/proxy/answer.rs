//! An ordinary answer on its way to the client.
//! It knows status, fields, framing and pace.
//! It refuses answers that go wrong: `broken`.

use super::{server, server_with};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/status-passes",
        "WD-6.2",
        "the child's status reaches the client, usual or not",
    )
    .modes(&[Http])
    .run(status_passes),
    Case::must(
        "proxy/fixture-routes",
        "WD-6.2",
        "every kind of ordinary answer arrives whole",
    )
    .modes(&[Http])
    .run(routes),
    Case::must(
        "proxy/hop-by-hop",
        "WD-6.2",
        "hop-by-hop headers of an answer stop at the watchdog",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(hop_by_hop),
    Case::must(
        "proxy/fields-pass",
        "WD-6.2",
        "end-to-end fields of an answer pass as they are, Date and Server too",
    )
    .modes(&[Http])
    .run(fields_pass),
    Case::must(
        "proxy/cookies",
        "WD-6.2",
        "cookies pass field by field, and are not kept",
    )
    .modes(&[Http])
    .run(cookies),
    Case::must(
        "proxy/redirect-passes",
        "WD-6.2",
        "a redirect is the client's to follow",
    )
    .modes(&[Http])
    .run(redirect_passes),
    Case::must(
        "proxy/gzip-untouched",
        "WD-6.9",
        "a compressed answer stays as it is, asked for or not",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(gzip_untouched),
    Case::must(
        "proxy/duration",
        "WD-6.14",
        "X-Duration-Seconds is there, and the child's own gives way to it",
    )
    .modes(&[Http])
    .run(duration),
    Case::must(
        "proxy/internal-absent",
        "WD-6.13",
        "an error of the child's own is not marked as internal",
    )
    .modes(&[Http])
    .run(internal_absent),
    Case::must(
        "proxy/internal-of-the-child",
        "WD-6.13",
        "the child's own X-OpenFaaS-Internal passes",
    )
    .modes(&[Http])
    .run(internal_of_the_child),
    Case::must(
        "proxy/answer-length-kept",
        "WD-6.2",
        "a sized answer stays sized, whatever its size",
    )
    .modes(&[Http])
    .run(answer_length_kept),
    Case::must(
        "proxy/answer-chunked",
        "WD-6.2",
        "a chunked answer arrives whole",
    )
    .modes(&[Http])
    .run(answer_chunked),
    Case::must(
        "proxy/close-delimited",
        "WD-6.2",
        "an answer that ends with its connection arrives whole, and the client's connection stays",
    )
    .modes(&[Http])
    .run(close_delimited),
    Case::must(
        "proxy/head",
        "WD-6.2",
        "HEAD gets the child's length and no body",
    )
    .modes(&[Http])
    .run(head),
    Case::must(
        "proxy/bodyless",
        "WD-6.2",
        "204 and 304 have no body, and the connection serves the next request",
    )
    .modes(&[Http])
    .run(bodyless),
    Case::must(
        "proxy/old-client",
        "WD-6.2",
        "a client of HTTP/1.0 gets any answer without chunks",
    )
    .modes(&[Http])
    .run(old_client),
    Case::must(
        "proxy/keep-alive",
        "WD-6.2",
        "one connection of a client serves many requests, failed ones among them",
    )
    .modes(&[Http])
    .run(keep_alive),
    Case::must(
        "proxy/child-close-is-not-passed",
        "WD-6.2",
        "that the child closes its connection does not close the client's",
    )
    .modes(&[Http])
    .run(child_close_is_not_passed),
    Case::should(
        "proxy/answer-trailers",
        "WD-6.21",
        "the trailers of an answer reach a client that takes them",
    )
    .modes(&[Http])
    .run(answer_trailers),
    Case::must(
        "proxy/early-hints",
        "WD-6.22",
        "early hints reach the client while the child works on its answer",
    )
    .modes(&[Http])
    .run(early_hints),
    Case::must(
        "proxy/early-hints-old-client",
        "WD-6.22",
        "a client of HTTP/1.0 gets the answer alone",
    )
    .modes(&[Http])
    .run(early_hints_old_client),
    Case::must(
        "proxy/flush",
        "WD-6.7",
        "a chunk reaches the client while the child goes on",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(flush),
    Case::must(
        "proxy/head-before-body",
        "WD-6.7",
        "the head reaches the client before there is a body",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(head_before_body),
    Case::must(
        "proxy/slow-reader",
        "WD-6.19",
        "a large answer to a client that does not read stays with the child",
    )
    .modes(&[Http])
    .seconds(60)
    .run(slow_reader),
    Case::must(
        "proxy/unix-socket",
        "WD-6.20",
        "requests and answers pass through a unix socket",
    )
    .modes(&[Http])
    .feature("unix-upstream")
    .run(unix_socket),
];

fn status_passes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for status in [
        200, 201, 202, 203, 204, 226, 299, 301, 302, 307, 308, 400, 401, 403, 404, 409, 418, 429,
        451, 499, 500, 501, 503, 507, 599,
    ] {
        let r = w.get(&format!("/status/{status}"))?;
        check_eq!(r.status, status, "status");
    }
    Ok(())
}

fn routes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for (target, status, body) in [
        ("/close", 200, "closing"),
        ("/close-delimited", 200, "until the close"),
        ("/cookies", 200, "cookies"),
        ("/trailers", 200, "with trailers"),
        ("/103", 200, "hinted"),
        ("/drip?n=2&ms=10", 200, "drip 0\ndrip 1\n"),
        ("/anything", 200, "hello"),
    ] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (status, body),
            "answer of {target}"
        );
        check_eq!(r.end, End::Clean, "end of {target}");
    }
    let r = w.request(Request::post("/echo-buffered").chunks(&[b"ab", b"cd"]))?;
    check_eq!(r.text(), "abcd", "echo of a chunked body");
    Ok(())
}

fn hop_by_hop(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.get("/hop")?;
    check_eq!(r.header("x-end"), Some("must pass"), "X-End");
    for name in ["keep-alive", "x-hop", "proxy-authenticate"] {
        check!(!r.headers.has(name), "{name} passed");
    }
    check!(!r.headers.lists("connection", "x-hop"), "Connection passed");
    Ok(())
}

fn fields_pass(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let fields = [
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Server", "child/1"),
        ("ETag", "W/tag"),
        ("Content-Type", "application/x-judge; a=b"),
        ("Content-Encoding", "identity"),
        ("Cache-Control", "no-store"),
        ("X-Empty", ""),
        ("Vary", "accept"),
        ("Via", "1.1 child"),
    ];
    let asked: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}:{}", value.replace(' ', "_")))
        .collect();
    let r = w.get(&format!("/fields?{}~X-Two:a~X-Two:b", asked.join("~")))?;
    for (name, value) in fields {
        check_eq!(r.headers.all(name), [value], "values of {name}");
    }
    check_eq!(r.headers.all("x-two"), ["a", "b"], "values of X-Two");
    check_eq!(r.text(), "fields", "body");
    Ok(())
}

fn cookies(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.get("/cookies")?;
    check_eq!(r.headers.all("set-cookie"), ["a=1", "b=2"], "Set-Cookie");
    let next = w.get("/dump")?.text();
    check!(
        !next.to_lowercase().contains("\"cookie\""),
        "a cookie in {next}"
    );
    Ok(())
}

fn redirect_passes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.get("/redirect")?;
    check_eq!(r.status, 302, "status");
    check_eq!(r.header("location"), Some("/elsewhere"), "Location");
    check_eq!(
        rig.evidence("hits"),
        "GET /redirect\n",
        "requests of the child"
    );
    Ok(())
}

fn gzip_untouched(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for request in [
        Request::get("/gzip"),
        Request::get("/gzip").header("Accept-Encoding", "gzip"),
    ] {
        let r = w.request(request)?;
        check_eq!(
            r.header("content-encoding"),
            Some("gzip"),
            "Content-Encoding"
        );
        check!(r.body.starts_with(&[0x1f, 0x8b]), "the body was unpacked");
        check_eq!(r.framing, Framing::Length(r.body.len() as u64), "framing");
    }
    Ok(())
}

fn duration(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for target in ["/anything", "/fields?X-Duration-Seconds:99.5"] {
        let r = w.get(target)?;
        let all = r.headers.all("x-duration-seconds");
        check_eq!(all.len(), 1, "number of X-Duration-Seconds of {target}");
        let value = all.first().copied().unwrap_or_default();
        let (_, decimals) = value.split_once('.').unwrap_or_default();
        check_eq!(decimals.len(), 6, "decimals of {value}");
        let seconds: f64 = value.parse().unwrap_or(-1.0);
        check!((0.0..90.0).contains(&seconds), "{value} seconds");
    }
    Ok(())
}

fn internal_absent(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for status in [200, 400, 404, 408, 413, 429, 500, 502, 503, 504] {
        let r = w.get(&format!("/status/{status}"))?;
        check_eq!(r.status, status, "status");
        check!(
            !r.headers.has("x-openfaas-internal"),
            "the child's own {status} has X-OpenFaaS-Internal"
        );
    }
    Ok(())
}

fn internal_of_the_child(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.get("/fields?X-OpenFaaS-Internal:child")?;
    check_eq!(
        r.headers.all("x-openfaas-internal"),
        ["child"],
        "X-OpenFaaS-Internal"
    );
    Ok(())
}

fn answer_length_kept(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for size in [0, 1, 2047, 2048, 2049, 65_536, 1_000_003] {
        let want = Pattern::new(1, size);
        let r = w.request_pattern(&Request::get(&format!("/bytes/{size}")), want)?;
        check_eq!(
            r.headers.all("content-length"),
            [size.to_string().as_str()],
            "Content-Length"
        );
    }
    Ok(())
}

fn answer_chunked(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for size in [0, 1, 2049, 1_000_003] {
        let want = Pattern::new(1, size);
        let r = w.request_pattern(&Request::get(&format!("/chunked/{size}")), want)?;
        check_eq!(r.end, End::Clean, "end of {size} bytes");
    }
    Ok(())
}

fn close_delimited(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for _ in 0..3 {
        let r = wire.exchange(&Request::get("/close-delimited"))?;
        check_eq!(r.text(), "until the close", "body");
        check_eq!(r.end, End::Clean, "end");
    }
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for size in ["0", "17", "300000"] {
        let r = wire.exchange(&Request::new("HEAD", &format!("/bytes/{size}")))?;
        check_eq!(r.header("content-length"), Some(size), "Content-Length");
    }
    let r = wire.exchange(&Request::get("/bytes/5"))?;
    check_eq!(r.body, Pattern::new(1, 5).bytes(), "body after HEAD");
    Ok(())
}

fn bodyless(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for status in [204, 304, 204] {
        let r = wire.exchange(&Request::get(&format!("/status/{status}")))?;
        check_eq!(r.status, status, "status");
        check!(
            !r.headers.has("transfer-encoding"),
            "a {status} with a body"
        );
        let next = wire.exchange(&Request::get("/anything"))?;
        check_eq!(next.text(), "hello", "body after {status}");
    }
    Ok(())
}

fn old_client(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for target in ["/chunked/70000", "/bytes/70000"] {
        let r = w.request_pattern(&Request::get(target).http10(), Pattern::new(1, 70_000))?;
        check!(
            !r.headers.has("transfer-encoding"),
            "chunks for HTTP/1.0 from {target}"
        );
        check_eq!(r.end, End::Clean, "end of {target}");
    }
    let body = Pattern::new(5, 50_000);
    w.request_pattern(&Request::post("/echo").http10().pattern(body), body)?;
    Ok(())
}

fn early_hints(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for round in ["first", "second"] {
        wire.send_request(&Request::get(&format!("/103/{round}")))?;
        let hints = wire.read_any_head()?;
        check_eq!(hints.status, 103, "status of what comes first");
        let link = hints.headers.get("link");
        check_eq!(link, Some("</style.css>; rel=preload"), "Link");
        for name in ["x-hop", "connection", "content-length", "transfer-encoding"] {
            check!(!hints.headers.has(name), "{name} in the hints");
        }
        rig.write(round, "")?;
        let r = wire.read_response()?;
        check_eq!((r.status, r.text().as_str()), (200, "hinted"), "answer");
        check_eq!(r.interim.len(), 0, "more hints than the child gave");
    }
    Ok(())
}

fn early_hints_old_client(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/103").http10())?;
    check_eq!((r.status, r.text().as_str()), (200, "hinted"), "answer");
    check_eq!(r.interim.len(), 0, "hints for HTTP/1.0");
    Ok(())
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for round in 0..20 {
        let body = format!("round {round}");
        let r = wire.exchange(&Request::post("/echo-buffered").body(body.clone()))?;
        check_eq!(r.text(), body, "echo");
        if round == 10 {
            let r = wire.exchange(&Request::get("/status/500"))?;
            check_eq!(r.status, 500, "status");
        }
    }
    Ok(())
}

fn child_close_is_not_passed(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--keepalive-then-drop"]).start()?;
    let mut wire = w.connect()?;
    for _ in 0..3 {
        let r = wire.exchange(&Request::get("/close"))?;
        check_eq!(r.text(), "closing", "body");
        check!(
            !r.headers.lists("connection", "close"),
            "the child's close was passed on"
        );
    }
    Ok(())
}

fn answer_trailers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/trailers").header("TE", "trailers"))?;
    check_eq!(r.text(), "with trailers", "body");
    check_eq!(
        r.trailers.get("x-checksum"),
        Some("abc123"),
        "trailer X-Checksum"
    );
    Ok(())
}

fn flush(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for method in ["GET", "POST"] {
        let mut wire = w.connect()?;
        wire.send_request(&Request::new(method, "/drip?n=2&ms=3000"))?;
        wire.read_head()?;
        wire.read_until(b"drip 0\n")?;
        check_eq!(
            rig.evidence("drip.end"),
            "",
            "the end of the child's answer"
        );
    }
    Ok(())
}

fn head_before_body(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    // The echo answers at once, and has nothing to say yet.
    wire.send_head(&Request::post("/echo").header("Content-Length", "3"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.send(b"abc")?;
    check_eq!(wire.read_body()?, b"abc", "body");
    Ok(())
}

/// The most memory it ever had, once that has not grown for a while: however slow the machine is.
fn rest(rig: &Rig, w: &Watchdog) -> u64 {
    let mut peak = 0;
    for _ in 0..20 {
        rig.pass_time(Duration::from_millis(500));
        let now = w.peak_rss();
        if now == peak {
            break;
        }
        peak = now;
    }
    peak
}

fn slow_reader(rig: &mut Rig) -> Outcome {
    const SIZE: u64 = 80_000_000;
    let w = server(rig).start()?;
    let before = w.rss();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get(&format!("/chunked/{SIZE}")))?;
    wire.read_head()?;
    let grown = rest(rig, &w).saturating_sub(before);
    check!(
        grown < 40_000_000,
        "{grown} bytes of memory for an answer nobody reads"
    );
    let (want, mut offset) = (Pattern::new(1, SIZE), 0);
    while let Some(data) = wire.read_some()? {
        check!(
            want.mismatch(offset, &data).is_none(),
            "wrong bytes after {offset}"
        );
        offset += data.len() as u64;
    }
    check_eq!(offset, SIZE, "bytes");
    check_eq!(wire.end(), End::Clean, "end");
    Ok(())
}

fn unix_socket(rig: &mut Rig) -> Outcome {
    let path = rig.file("child.sock").display().to_string();
    let w = server_with(rig, &["--unix", &path])
        .env("upstream_url", &format!("unix:{path}"))
        .start()?;
    check_eq!(w.get("/anything")?.text(), "hello", "body");
    let body = Pattern::new(2, 1_000_000);
    w.request_pattern(&Request::post("/echo").pattern(body), body)?;
    w.websocket("/ws", &[])?.echo("through a unix socket")
}
