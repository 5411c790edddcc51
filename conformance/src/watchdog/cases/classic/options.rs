//! The settings that only the classic mode has.
//! It knows `combine_output`, `marshal_request`, `write_debug` and `debug_headers`.
//! It refuses the rest of the log: that is another chapter.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/combine-output",
        "WD-3.12",
        "both outputs are answered in the order written",
    )
    .modes(&[Classic])
    .run(combined),
    Case::must(
        "classic/combine-output-of-a-failure",
        "WD-3.12",
        "stderr of a failing function is in the answer and not in the log",
    )
    .modes(&[Classic])
    .run(combined_failure),
    Case::must(
        "classic/combine-output-off",
        "WD-3.12",
        "stderr goes to the log alone",
    )
    .modes(&[Classic])
    .run(apart),
    Case::must(
        "classic/combine-output-off-of-a-failure",
        "WD-3.12",
        "stderr of a failing function goes to the log alone",
    )
    .modes(&[Classic])
    .run(apart_failure),
    Case::must(
        "classic/marshal-request",
        "WD-3.13",
        "the envelope is what Go's encoder writes, to the byte",
    )
    .modes(&[Classic])
    .run(marshal),
    Case::must(
        "classic/marshal-request-no-body",
        "WD-3.13",
        "without a body raw is empty",
    )
    .modes(&[Classic])
    .run(marshal_no_body),
    Case::must(
        "classic/marshal-request-chunked",
        "WD-3.13",
        "how the body was framed is not told as headers",
    )
    .modes(&[Classic])
    .run(marshal_chunked),
    Case::must(
        "classic/marshal-request-large",
        "WD-3.13",
        "a large binary body is encoded whole",
    )
    .modes(&[Classic])
    .run(marshal_large),
    Case::must(
        "classic/write-debug",
        "WD-3.15",
        "output is copied to stdout, and query and path are logged",
    )
    .modes(&[Classic])
    .run(write_debug),
    Case::must(
        "classic/write-debug-of-a-failure",
        "WD-3.15",
        "error and output of a failing function are logged",
    )
    .modes(&[Classic])
    .run(write_debug_failure),
    Case::must(
        "classic/write-debug-start-failure",
        "WD-3.15",
        "a command that cannot be started is a 500 each time, and costs no slot",
    )
    .modes(&[Classic])
    .bugs(&["BUG-13", "BUG-01"])
    .run(write_debug_start_failure),
    Case::must(
        "classic/debug-headers",
        "WD-3.15",
        "headers of request and answer are printed to stdout",
    )
    .modes(&[Classic])
    .run(debug_headers),
];

const MIXED: &[&str] = &["out:a", "err:b", "out:c%0A", "err:d", "out:e"];

fn combined(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", MIXED))
        .start()?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "abc\nde"), "answer");
    Ok(())
}

fn combined_failure(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["out:some", "err:+tr%6Fuble-word", "exit:1"]);
    let w = rig.watchdog().fprocess(&line).start()?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "exit status 1\nsome+trouble-word"),
        "answer"
    );
    w.get("/_/health")?;
    check!(
        !w.log().contains("trouble-word"),
        "stderr is in the log as well"
    );
    Ok(())
}

fn apart(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("script", MIXED))
        .env("combine_output", "false")
        .start()?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "ac\ne"), "answer");
    w.wait_log("bd", 5.0)
}

fn apart_failure(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["out:some", "err:tr%6Fuble-word%0A", "exit:1"]);
    let w = rig
        .watchdog()
        .fprocess(&line)
        .env("combine_output", "false")
        .start()?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "exit status 1\nsome"),
        "answer"
    );
    w.wait_log("trouble-word", 5.0)
}

fn marshalled(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("marshal_request", "true")
        .start()
}

fn marshal(rig: &mut Rig) -> Outcome {
    let w = marshalled(rig)?;
    let request = Request::post("/p?q=1")
        .header("x-markup", "<1>&\"\\\u{e9}")
        .header("Accept", "a")
        .header("accept", "b")
        .header("X-Call-Id", "7")
        .body("hello");
    let want = "{\"header\":{\"Accept\":[\"a\",\"b\"],\"Content-Length\":[\"5\"],\"X-Call-Id\":[\"7\"],\
                \"X-Markup\":[\"\\u003c1\\u003e\\u0026\\\"\\\\\u{e9}\"]},\"body\":{\"raw\":\"aGVsbG8=\"}}";
    check_eq!(w.request(request)?.text(), want, "envelope");
    Ok(())
}

fn marshal_no_body(rig: &mut Rig) -> Outcome {
    let w = marshalled(rig)?;
    let r = w.request(Request::get("/").header("X-Call-Id", "7"))?;
    let want = "{\"header\":{\"X-Call-Id\":[\"7\"]},\"body\":{\"raw\":\"\"}}";
    check_eq!((r.status, r.text().as_str()), (200, want), "envelope");
    Ok(())
}

fn marshal_chunked(rig: &mut Rig) -> Outcome {
    let w = marshalled(rig)?;
    let request = Request::post("/")
        .header("X-Call-Id", "7")
        .chunks(&[b"he", b"llo"]);
    let want = "{\"header\":{\"X-Call-Id\":[\"7\"]},\"body\":{\"raw\":\"aGVsbG8=\"}}";
    check_eq!(w.request(request)?.text(), want, "envelope");
    Ok(())
}

fn marshal_large(rig: &mut Rig) -> Outcome {
    let w = marshalled(rig)?;
    let body = Pattern::new(6, 3_000_001).bytes();
    let r = w.request(Request::post("/").body(body.clone()))?;
    let object: serde_json::Value = serde_json::from_slice(&r.body)
        .map_err(|e| Failure::failed(format!("the envelope is no JSON: {e}")))?;
    let raw = object
        .pointer("/body/raw")
        .and_then(serde_json::Value::as_str);
    check_eq!(
        raw.map(str::len),
        Some(4_000_004),
        "length of the encoded body"
    );
    check!(
        raw == Some(base64(&body).as_str()),
        "the encoded body differs"
    );
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let mut word = [0; 3];
        for (slot, byte) in word.iter_mut().zip(group) {
            *slot = *byte;
        }
        let [a, b, c] = word.map(usize::from);
        let digits = [
            a >> 2,
            (a & 3) << 4 | b >> 4,
            (b & 15) << 2 | c >> 6,
            c & 63,
        ];
        for (place, digit) in digits.into_iter().enumerate() {
            let digit = DIGITS.get(digit).copied().filter(|_| place <= group.len());
            out.push(char::from(digit.unwrap_or(b'=')));
        }
    }
    out
}

fn write_debug(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("write_debug", "true")
        .start()?;
    let r = w.post("/some/path?q=1", "words to see")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "words to see"),
        "answer"
    );
    w.wait_stdout("words to see", 5.0)?;
    w.wait_log("Query  q=1", 5.0)?;
    w.wait_log("Path  /some/path", 5.0)?;
    w.wait_log("Duration: ", 5.0)
}

fn write_debug_failure(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3", "--stdout", "last-words"]))
        .env("write_debug", "true")
        .start()?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "exit status 3\nlast-words"),
        "answer"
    );
    w.wait_log("Success=false, Error=exit status 3", 5.0)?;
    w.wait_log("Out=last-words", 5.0)
}

fn write_debug_start_failure(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("no-such-command-anywhere")
        .env("write_debug", "true")
        .env("max_inflight", "1")
        .start()?;
    for round in 1..=3 {
        let r = w.get("/")?;
        check_eq!(r.status, 500, "status {round}");
        check!(
            r.text().contains("executable file not found"),
            "body {:?}",
            r.text()
        );
    }
    Ok(())
}

fn debug_headers(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("debug_headers", "true")
        .start()?;
    let request = Request::post("/")
        .header("x-a", "1")
        .header("X-A", "2")
        .body("x");
    check_eq!(w.request(request)?.status, 200, "status");
    w.wait_stdout("[in] X-A=[1 2]\n", 5.0)?;
    w.wait_stdout("[out] X-Duration-Seconds=[", 5.0)
}
