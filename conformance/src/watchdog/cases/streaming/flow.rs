//! Bytes both ways, as they come.
//! It knows functions that work.
//! It refuses failures and limits.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "streaming/echo",
        "WD-5.1",
        "a posted body comes back unchanged",
    )
    .modes(&[Streaming])
    .run(echo),
    Case::must(
        "streaming/first-byte-before-the-end",
        "WD-5.2",
        "one byte reaches the client while the function waits, whatever it accepts",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(first_byte),
    Case::must(
        "streaming/first-byte-http10",
        "WD-5.2",
        "the same for an HTTP/1.0 client",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(first_byte_http10),
    Case::must(
        "streaming/every-line-at-once",
        "WD-5.2",
        "each line comes when it is written",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(every_line),
    Case::must(
        "streaming/full-duplex",
        "WD-5.8",
        "each chunk is echoed before the next is sent",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(full_duplex),
    Case::must(
        "streaming/upload-as-it-comes",
        "WD-5.8",
        "the function sees the first part while the client holds the rest",
    )
    .modes(&[Streaming])
    .run(upload_as_it_comes),
    Case::must(
        "streaming/answer-before-upload-ends",
        "WD-5.8",
        "a function that answers in the middle of the upload is heard at once",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(answer_before_upload_ends),
    Case::must(
        "streaming/content-type",
        "WD-5.3",
        "the type is octet-stream unless configured",
    )
    .modes(&[Streaming])
    .run(content_type),
    Case::must(
        "streaming/framing",
        "WD-5.1",
        "a large answer is chunked, or ended by the close for HTTP/1.0",
    )
    .modes(&[Streaming])
    .run(framing),
    Case::must(
        "streaming/empty-output",
        "WD-5.1",
        "no output is an empty 200",
    )
    .modes(&[Streaming])
    .run(empty_output),
    Case::must(
        "streaming/keep-alive",
        "WD-5.1",
        "20 requests on one connection",
    )
    .modes(&[Streaming])
    .run(keep_alive),
    Case::must(
        "streaming/methods",
        "WD-5.11",
        "any method runs the function",
    )
    .modes(&[Streaming])
    .run(methods),
    Case::must(
        "streaming/head",
        "WD-5.11",
        "a HEAD runs the function to its end and has no body",
    )
    .modes(&[Streaming])
    .run(head),
    Case::must(
        "streaming/stderr",
        "WD-5.13",
        "stderr is logged and not answered",
    )
    .modes(&[Streaming])
    .run(stderr),
    Case::must(
        "streaming/exits-without-reading",
        "WD-5.10",
        "a function that ignores a whole upload is a success",
    )
    .modes(&[Streaming])
    .run(exits_without_reading),
    Case::must(
        "streaming/exits-in-mid-upload",
        "WD-5.10",
        "the answer is whole while the client still uploads",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-06"])
    .run(exits_in_mid_upload),
    Case::must(
        "streaming/closes-stdin",
        "WD-5.10",
        "a function that closes its stdin and goes on is a success",
    )
    .modes(&[Streaming])
    .run(closes_stdin),
    Case::must(
        "streaming/closes-stdout",
        "WD-5.1",
        "a function that closes its output ends its answer when it ends itself",
    )
    .modes(&[Streaming])
    .run(closes_stdout),
];

fn start(rig: &Rig, steps: &[&str]) -> Result<Watchdog, Failure> {
    rig.watchdog()
        .fprocess(&rig.fixture("script", steps))
        .start()
}

fn echo(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for request in [
        Request::post("/").body("some words"),
        Request::post("/").chunks(&[b"some", b" ", b"words"]),
    ] {
        let r = w.request(request)?;
        check_eq!((r.status, r.text().as_str()), (200, "some words"), "answer");
        check_eq!(r.end, End::Clean, "end of the body");
        check_eq!(r.header("x-duration-seconds"), None, "duration of a stream");
    }
    Ok(())
}

fn first_byte(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:x", "until:go", "out:y"])?;
    for accept in ["", "application/json", "text/event-stream"] {
        let mut request = Request::get("/");
        if !accept.is_empty() {
            request = request.header("Accept", accept);
        }
        let mut wire = w.connect()?;
        wire.set_timeout(rig.timeout(5.0))?;
        wire.send_request(&request)?;
        check_eq!(
            wire.read_head()?.status,
            200,
            "status for Accept {accept:?}"
        );
        check_eq!(wire.read_until(b"x")?, b"x", "first byte");
        rig.write("go", "")?;
        check_eq!(wire.read_body()?, b"y", "last byte");
        check_eq!(wire.end(), End::Clean, "end");
        std::fs::remove_file(rig.file("go"))?;
    }
    Ok(())
}

fn first_byte_http10(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:x", "until:go", "out:y"])?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send_request(&Request::get("/").http10())?;
    check_eq!(wire.read_head()?.framing, Framing::Close, "framing");
    check_eq!(wire.read_until(b"x")?, b"x", "first byte");
    rig.write("go", "")?;
    check_eq!(wire.read_body()?, b"y", "last byte");
    Ok(())
}

fn every_line(rig: &mut Rig) -> Outcome {
    let w = start(
        rig,
        &[
            "out:one%0A",
            "until:a",
            "out:two%0A",
            "until:b",
            "out:three%0A",
        ],
    )?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send_request(&Request::get("/"))?;
    wire.read_head()?;
    wire.read_until(b"one\n")?;
    rig.write("a", "")?;
    wire.read_until(b"two\n")?;
    rig.write("b", "")?;
    check_eq!(wire.read_body()?, b"three\n", "last line");
    Ok(())
}

fn full_duplex(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    for round in 0..20 {
        let word = format!("word {round};");
        wire.send(&crate::wire::request::chunk(word.as_bytes()))?;
        if round == 0 {
            check_eq!(wire.read_head()?.status, 200, "status");
        }
        check_eq!(
            wire.read_until(b";")?,
            word.as_bytes(),
            "echo of chunk {round}"
        );
    }
    wire.send(b"0\r\n\r\n")?;
    check_eq!(wire.read_body()?, b"", "rest of the answer");
    check_eq!(wire.end(), End::Clean, "end");
    Ok(())
}

fn upload_as_it_comes(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["read:4", "mark:saw", "read", "out:done"])?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf")?;
    rig.wait_evidence("saw", 10.0)?;
    wire.send(b"rest")?;
    check_eq!(wire.read_response()?.text(), "done", "answer");
    Ok(())
}

fn answer_before_upload_ends(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["read:4", "out:heard;", "read", "out:all"])?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf")?;
    wire.read_head()?;
    wire.read_until(b"heard;")?;
    wire.send(b"rest")?;
    check_eq!(wire.read_body()?, b"all", "rest of the answer");
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let request = || {
        Request::post("/")
            .header("Content-Type", "text/csv")
            .body("<html>")
    };
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.request(request())?;
    check_eq!(
        r.headers.all("content-type"),
        ["application/octet-stream"],
        "default type"
    );
    drop(w);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("content_type", "application/json")
        .start()?;
    let r = w.request(request())?;
    check_eq!(
        r.headers.all("content-type"),
        ["application/json"],
        "configured type"
    );
    Ok(())
}

fn framing(rig: &mut Rig) -> Outcome {
    // More than a pipe holds, so that it comes in pieces.
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print-bytes", &["300000"]))
        .start()?;
    let want = Pattern::new(1, 300_000);
    let r = w.request_pattern(&Request::get("/"), want)?;
    check_eq!(
        (r.framing, r.end),
        (Framing::Chunked, End::Clean),
        "framing"
    );
    let r = w.request_pattern(&Request::get("/").http10(), want)?;
    check_eq!(
        (r.framing, r.end),
        (Framing::Close, End::Clean),
        "framing for HTTP/1.0"
    );
    Ok(())
}

fn empty_output(rig: &mut Rig) -> Outcome {
    let r = start(rig, &["read"])?.post("/", "x")?;
    check_eq!((r.status, r.body.len()), (200, 0), "answer");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut wire = w.connect()?;
    for round in 0..20 {
        let word = format!("word {round}");
        let r = wire.exchange(&Request::post("/").body(word.as_str()))?;
        check_eq!((r.status, r.text()), (200, word), "answer {round}");
    }
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("env", &[])).start()?;
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "UPDATE", "get"] {
        let r = w.request(Request::new(method, "/"))?;
        check_eq!(r.status, 200, "status of {method}");
        let line = format!("Http_Method={method}");
        check!(r.text().lines().any(|got| got == line), "no {line}");
    }
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let w = start(
        rig,
        &[
            "out:some",
            "bytes:100000",
            "wait:100ms",
            "out:more",
            "mark:end",
        ],
    )?;
    let mut wire = w.connect()?;
    let r = wire.exchange(&Request::new("HEAD", "/"))?;
    check_eq!((r.status, r.body.len()), (200, 0), "answer");
    rig.wait_evidence("end", 8.0)?;
    let r = wire.exchange(&Request::new("HEAD", "/"))?;
    check_eq!(r.status, 200, "status of the next on the same connection");
    Ok(())
}

fn stderr(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:answer", "err:tr%6Fuble%0A"])?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "answer"), "answer");
    w.wait_log("trouble", 5.0)
}

fn exits_without_reading(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:ignored"])?;
    for round in 1..=30 {
        let r = w.post("/", vec![b'x'; 100_000])?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ignored"),
            "answer {round}"
        );
        check_eq!(r.end, End::Clean, "end of answer {round}");
    }
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn exits_in_mid_upload(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["read:4", "out:enough"])?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "enough"), "answer");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

fn closes_stdin(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["close-in", "wait:100ms", "out:went%20on"])?;
    let r = w.post("/", vec![b'x'; 500_000])?;
    check_eq!((r.status, r.text().as_str()), (200, "went on"), "answer");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

fn closes_stdout(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:words", "close-out", "wait:200ms", "mark:end"])?;
    let r = w.get("/")?;
    check_eq!((r.text().as_str(), r.end), ("words", End::Clean), "answer");
    check!(
        !rig.evidence("end").is_empty(),
        "the answer ended before the function"
    );
    Ok(())
}
