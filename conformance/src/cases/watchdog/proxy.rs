//! Chapter 6: the ordinary way of a request to the child and back.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses upgrades, event streams, trailers: chapter 7.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 6,
    name: "proxy",
    title: "Mode http",
    intro: "One long-lived child serves HTTP; the watchdog passes requests to it.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-6.1",
        "Method, target, headers and body reach the child unchanged, hop-by-hop headers excepted.",
    ),
    Clause::must(
        "WD-6.2",
        "Status, headers and body of the child reach the client, hop-by-hop headers excepted.",
    ),
    Clause::must(
        "WD-6.3",
        "A body of known length reaches the child with `Content-Length`.",
    ),
    Clause::must(
        "WD-6.4",
        "A child that gives no answer is a 502 with `X-OpenFaaS-Internal`.",
    ),
    Clause::must(
        "WD-6.5",
        "A child over `exec_timeout` is a 504 with `X-OpenFaaS-Internal`.",
    ),
    Clause::must("WD-6.6", "A body that the child breaks off is visibly cut."),
    Clause::must(
        "WD-6.7",
        "What the child writes reaches the client as it is written.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "proxy/request-passes",
        "WD-6.1",
        "the child sees the request as sent",
    )
    .modes(&[Http])
    .run(request_passes),
    Case::must(
        "proxy/status-passes",
        "WD-6.2",
        "the child's status reaches the client",
    )
    .modes(&[Http])
    .run(status_passes),
    Case::must(
        "proxy/hop-by-hop",
        "WD-6.2",
        "hop-by-hop headers stop at the watchdog",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(hop_by_hop),
    Case::must("proxy/length-kept", "WD-6.3", "a sized body stays sized")
        .modes(&[Http])
        .bugs(&["BUG-02"])
        .run(length_kept),
    Case::must(
        "proxy/no-answer",
        "WD-6.4",
        "a hang-up before the head is a 502",
    )
    .modes(&[Http])
    .run(no_answer),
    Case::must("proxy/timeout", "WD-6.5", "a slow child is a 504")
        .modes(&[Http])
        .run(timeout),
    Case::must(
        "proxy/cut-chunked",
        "WD-6.6",
        "chunks that break off cut the answer",
    )
    .modes(&[Http])
    .run(cut_chunked),
    Case::must(
        "proxy/flush",
        "WD-6.7",
        "a chunk reaches the client while the child goes on",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(flush),
    Case::must(
        "proxy/fixture-routes",
        "WD-6.2",
        "every kind of ordinary answer arrives whole",
    )
    .modes(&[Http])
    .run(routes),
];

fn server(rig: &Rig) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("http-server", &[]))
}

fn request_passes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::new("PUT", "/dump/a%2Fb?x=%20y")
        .header("X-Two", "1")
        .header("X-Two", "2");
    let text = w.request(request.body("payload"))?.text();
    for part in [
        r#""method":"PUT""#,
        r#""target":"/dump/a%2Fb?x=%20y""#,
        r#""body":"payload""#,
    ] {
        check!(text.contains(part), "no {part} in {text}");
    }
    check_eq!(
        text.to_lowercase().matches("\"x-two\"").count(),
        2,
        "both values in {text}"
    );
    Ok(())
}

fn status_passes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for status in [200, 201, 204, 302, 404, 418, 500, 503] {
        let r = w.get(&format!("/status/{status}"))?;
        check_eq!(r.status, status, "status");
    }
    Ok(())
}

fn hop_by_hop(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.get("/hop")?;
    check_eq!(r.header("x-end"), Some("must pass"), "X-End");
    for name in ["keep-alive", "x-hop"] {
        check!(!r.headers.has(name), "{name} passed");
    }
    Ok(())
}

fn length_kept(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let text = w.post("/dump", "12345")?.text();
    check!(
        text.contains(r#""framing":{"length":5}"#),
        "the child saw {text}"
    );
    Ok(())
}

fn no_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.post("/die-before-head", "x")?;
    check_eq!(r.status, 502, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    Ok(())
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "1s").start()?;
    let r = w.get("/slow?ms=20000")?;
    check_eq!(r.status, 504, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    Ok(())
}

fn cut_chunked(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for target in ["/die-mid-length", "/die-mid-chunked"] {
        let r = w.get(target);
        check!(
            r.is_err() || r.is_ok_and(|r| !r.end.is_clean()),
            "{target} ended as if it were complete"
        );
    }
    Ok(())
}

fn flush(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let start = Instant::now();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=3&ms=2000"))?;
    wire.read_head()?;
    wire.read_until(b"drip 0\n")?;
    check!(
        start.elapsed() < rig.timeout(1.8),
        "the first chunk took {:?}",
        start.elapsed()
    );
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
