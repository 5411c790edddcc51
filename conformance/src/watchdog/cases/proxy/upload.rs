//! The body of a request on its way to the child.
//! It knows framing, trailers, `Expect`, and uploads that go wrong.
//! It refuses time limits: `deadline`.

use super::{Seen, own_answer, server};
use crate::watchdog::prelude::*;
use crate::wire::request::chunk;

pub(super) const CASES: &[Case] = &[
    Case::must("proxy/length-kept", "WD-6.3", "a sized body stays sized")
        .modes(&[Http])
        .bugs(&["BUG-02"])
        .run(length_kept),
    Case::must(
        "proxy/empty-post",
        "WD-6.3",
        "an empty POST has the length 0, buffered or not",
    )
    .modes(&[Http])
    .bugs(&["BUG-02"])
    .run(empty_post),
    Case::must(
        "proxy/no-body-on-get",
        "WD-6.3",
        "a GET without a body gains none",
    )
    .modes(&[Http])
    .run(no_body_on_get),
    Case::must(
        "proxy/chunks-stay-chunks",
        "WD-6.1",
        "a body of unknown length is passed on in chunks, whole",
    )
    .modes(&[Http])
    .run(chunks_stay_chunks),
    Case::must(
        "proxy/buffer-gives-length",
        "WD-6.3",
        "buffer_http, by either name, gives a length to a chunked body",
    )
    .modes(&[Http])
    .bugs(&["BUG-02"])
    .run(buffer_gives_length),
    Case::must(
        "proxy/buffer-large",
        "WD-6.3",
        "a large buffered body arrives whole and sized",
    )
    .modes(&[Http])
    .bugs(&["BUG-02"])
    .run(buffer_large),
    Case::must(
        "proxy/forbidden-trailers",
        "WD-6.21",
        "what frames, routes or authorizes a message passes as no trailer, announced or not (RFC 9110, 6.5.1)",
    )
    .modes(&[Http])
    .run(forbidden_trailers),
    Case::should(
        "proxy/request-trailers",
        "WD-6.21",
        "the trailers of a chunked upload reach the child",
    )
    .modes(&[Http])
    .run(request_trailers),
    Case::must(
        "proxy/expect-answered",
        "WD-6.9",
        "100-continue is answered by the watchdog at once, and the child does not see Expect",
    )
    .modes(&[Http])
    .bugs(&["BUG-34"])
    .run(expect_answered),
    Case::must(
        "proxy/full-duplex",
        "WD-6.7",
        "the child's answer to the first piece arrives before the second is sent",
    )
    .modes(&[Http])
    .bugs(&["BUG-06"])
    .run(full_duplex),
    Case::must(
        "proxy/upload-beyond-buffers",
        "WD-6.7",
        "an echo larger than every buffer flows, sized and chunked",
    )
    .modes(&[Http])
    .seconds(60)
    .run(upload_beyond_buffers),
    Case::must(
        "proxy/early-answer",
        "WD-6.2",
        "an answer before the end of a large upload arrives",
    )
    .modes(&[Http])
    .run(early_answer),
    Case::must(
        "proxy/connection-after-early-answer",
        "WD-6.2",
        "an answer that left its upload unread does not hurt the next request",
    )
    .modes(&[Http])
    .run(after_early_answer),
    Case::must(
        "proxy/upload-cut",
        "WD-6.10",
        "a sized or chunked upload that breaks off does not end cleanly at the child",
    )
    .modes(&[Http])
    .run(upload_cut),
    Case::must(
        "proxy/upload-cut-while-buffered",
        "WD-6.10",
        "a buffered upload that breaks off does not reach the child at all",
    )
    .modes(&[Http])
    .run(upload_cut_while_buffered),
    Case::must(
        "proxy/upload-malformed",
        "WD-6.10",
        "a malformed chunk is a 400 of the watchdog's own",
    )
    .modes(&[Http])
    .run(upload_malformed),
    Case::must(
        "proxy/upload-late",
        "WD-6.10",
        "an upload that is not over within read_timeout is a 408 of the watchdog's own",
    )
    .modes(&[Http])
    .run(upload_late),
];

fn length_kept(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for (method, size) in [("POST", 5), ("PUT", 200_000), ("DELETE", 3), ("GET", 4)] {
        let request = Request::new(method, "/dump").body(vec![b'x'; size]);
        let seen = Seen::by(&w, &request)?;
        check_eq!(seen.framing(), size.to_string(), "framing of {method}");
    }
    Ok(())
}

fn empty_post(rig: &mut Rig) -> Outcome {
    for buffer in ["false", "true"] {
        let w = server(rig).env("buffer_http", buffer).start()?;
        for method in ["POST", "PUT", "PATCH"] {
            for request in [
                Request::new(method, "/dump"),
                Request::new(method, "/dump").body(""),
            ] {
                let framing = Seen::by(&w, &request)?.framing();
                check_eq!(
                    framing,
                    "0",
                    "framing of an empty {method}, buffer_http={buffer}"
                );
            }
        }
    }
    Ok(())
}

fn no_body_on_get(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for method in ["GET", "DELETE", "OPTIONS"] {
        let framing = Seen::by(&w, &Request::new(method, "/dump"))?.framing();
        check!(
            framing == "none" || framing == "0",
            "{method} without a body reached the child as {framing}"
        );
    }
    Ok(())
}

fn chunks_stay_chunks(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for method in ["POST", "GET"] {
        let request = Request::new(method, "/dump").chunks(&[b"ab", b"cde"]);
        let seen = Seen::by(&w, &request)?;
        check_eq!(seen.framing(), "chunked", "framing");
        check_eq!(seen.text("body"), "abcde", "body");
    }
    Ok(())
}

fn buffer_gives_length(rig: &mut Rig) -> Outcome {
    for name in ["buffer_http", "http_buffer_req_body"] {
        let w = server(rig).env(name, "true").start()?;
        let seen = Seen::by(&w, &Request::post("/dump").chunks(&[b"ab", b"cde"]))?;
        check_eq!(seen.framing(), "5", "framing with {name}");
        check_eq!(seen.text("body"), "abcde", "body with {name}");
        let seen = Seen::by(&w, &Request::post("/dump").body("xyz"))?;
        check_eq!(seen.framing(), "3", "framing of a sized body with {name}");
    }
    Ok(())
}

fn buffer_large(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("buffer_http", "true").start()?;
    let body = Pattern::new(9, 3_000_001);
    let request = Request::post("/echo-buffered").pattern_chunked(body);
    w.request_pattern(&request, body)?;
    let seen = Seen::by(&w, &Request::post("/dump").pattern_chunked(body))?;
    check_eq!(seen.framing(), "3000001", "framing");
    Ok(())
}

fn forbidden_trailers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let named =
        "Host, Authorization, Content-Length, Transfer-Encoding, Connection, Content-Type, X-Sum";
    let fields: String = named
        .split(", ")
        .flat_map(|name| [name, ": 1\r\n"])
        .collect();
    let chunks = format!("3\r\nabc\r\n0\r\n{fields}\r\n");
    let head = format!("\r\nTrailer: {named}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut wire = w.connect()?;
    wire.send(format!("POST /dump HTTP/1.1\r\nHost: a{head}{chunks}").as_bytes())?;
    let r = wire.read_response()?;
    // It may be refused as well.
    if r.status != 400 {
        check_eq!(
            Seen::of(&r)?.trailers(),
            ["x-sum"],
            "trailers seen by the child"
        );
    }
    let answer = format!("HTTP/1.1 200 OK{head}{chunks}");
    let request = Request::post("/raw/keep").header("TE", "trailers");
    let r = w.request(request.body(answer))?;
    check_eq!(r.text(), "abc", "body");
    let names: Vec<&str> = r.trailers.iter().map(|(name, _)| name).collect();
    check_eq!(names, ["X-Sum"], "trailers of the answer");
    Ok(())
}

fn request_trailers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_head(
        &Request::post("/dump")
            .header("Transfer-Encoding", "chunked")
            .header("Trailer", "X-Sum")
            .header("TE", "trailers"),
    )?;
    wire.send(&chunk(b"abc"))?;
    wire.send(b"0\r\nX-Sum: 42\r\n\r\n")?;
    let seen = Seen::of(&wire.read_response()?)?;
    check_eq!(seen.text("body"), "abc", "body");
    check_eq!(seen.trailer("x-sum"), Some("42"), "trailer X-Sum");
    Ok(())
}

fn expect_answered(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    let request = Request::post("/dump")
        .header("Expect", "100-continue")
        .header("Content-Length", "5");
    wire.send_head(&request)?;
    check_eq!(wire.read_any_head()?.status, 100, "interim status");
    wire.send(b"12345")?;
    let seen = Seen::of(&wire.read_response()?)?;
    check_eq!(seen.text("body"), "12345", "body");
    check!(seen.header("expect").is_none(), "Expect reached the child");
    Ok(())
}

fn full_duplex(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/echo").header("Transfer-Encoding", "chunked"))?;
    wire.send(&chunk(b"first"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    wire.read_until(b"first")?;
    wire.send(&chunk(b"second"))?;
    wire.read_until(b"second")?;
    wire.send(b"0\r\n\r\n")?;
    check_eq!(wire.read_body()?, b"", "rest of the body");
    check_eq!(wire.end(), End::Clean, "end");
    Ok(())
}

fn upload_beyond_buffers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let body = Pattern::new(3, 12_000_000);
    w.request_pattern(&Request::post("/echo").pattern(body), body)?;
    w.request_pattern(&Request::post("/echo").pattern_chunked(body), body)?;
    Ok(())
}

fn early_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::post("/early-response").pattern(Pattern::new(1, 30_000_000));
    let r = w.request(request)?;
    check_eq!((r.status, r.text().as_str()), (413, "too early"), "answer");
    check!(
        !r.headers.has("x-openfaas-internal"),
        "the child's own 413 has X-OpenFaaS-Internal"
    );
    Ok(())
}

fn after_early_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for _ in 0..3 {
        let r = w.request(Request::post("/status/201").pattern(Pattern::new(1, 300_000)))?;
        check_eq!(r.status, 201, "status");
        let seen = Seen::by(&w, &Request::post("/dump").body("next"))?;
        check_eq!(seen.text("body"), "next", "body of the next request");
    }
    Ok(())
}

fn upload_cut(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let sized = Request::post("/digest").header("Content-Length", "1000");
    let chunked = Request::post("/digest").header("Transfer-Encoding", "chunked");
    for (head, part) in [(sized, b"half".to_vec()), (chunked, chunk(b"half"))] {
        let before = rig.evidence("errors").len();
        let mut wire = w.connect()?;
        wire.send_head(&head)?;
        wire.send(&part)?;
        rig.wait_evidence_of("hits", "/digest", 10.0)?;
        wire.close();
        rig.poll(10.0, "the child's view of a cut upload", || {
            (rig.evidence("errors").len() > before).then_some(())
        })?;
    }
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the child took for a whole upload"
    );
    Ok(())
}

fn upload_cut_while_buffered(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("buffer_http", "true").start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/digest").header("Transfer-Encoding", "chunked"))?;
    wire.send(&chunk(b"half"))?;
    wire.half_close()?;
    // With or without an answer: the connection ends, and with it the request.
    wire.read_to_end()?;
    let last = Seen::by(&w, &Request::get("/dump/last"))?;
    check_eq!(last.target(), "/dump/last", "target");
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the child took for a whole upload"
    );
    Ok(())
}

fn upload_malformed(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/digest").header("Transfer-Encoding", "chunked"))?;
    wire.send(&chunk(b"good"))?;
    wire.send(b"nonsense\r\n")?;
    own_answer(&wire.read_response()?, 400, "a malformed chunk")?;
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the child took for a whole upload"
    );
    Ok(())
}

fn upload_late(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("read_timeout", "700ms").start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/digest").header("Content-Length", "10"))?;
    wire.send(b"12345")?;
    own_answer(&wire.read_response()?, 408, "a late upload")?;
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the child took for a whole upload"
    );
    Ok(())
}
