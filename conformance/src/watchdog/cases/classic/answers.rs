//! What a function that succeeds is answered with, and which methods reach it.
//! It knows mode classic.
//! It refuses content types: they have a file of their own.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("classic/echo", "WD-3.1", "a posted body comes back")
        .modes(&[Classic])
        .run(echo),
    Case::must(
        "classic/duration",
        "WD-3.1",
        "X-Duration-Seconds has six decimals and the function's time in it",
    )
    .modes(&[Classic])
    .run(duration),
    Case::must(
        "classic/empty-output",
        "WD-3.1",
        "no output is an empty 200",
    )
    .modes(&[Classic])
    .run(empty_output),
    Case::must(
        "classic/answer-is-sized",
        "WD-3.1",
        "a collected answer has a Content-Length, large ones too",
    )
    .modes(&[Classic])
    .run(answer_is_sized),
    Case::must(
        "classic/output-before-exit",
        "WD-3.1",
        "nothing is answered before the function has ended",
    )
    .modes(&[Classic])
    .run(output_before_exit),
    Case::must("classic/methods", "WD-3.4", "five methods run the function")
        .modes(&[Classic])
        .run(methods),
    Case::must(
        "classic/method-filter",
        "WD-3.4",
        "every other method is an empty 405",
    )
    .modes(&[Classic])
    .run(method_filter),
    Case::must(
        "classic/method-filter-starts-nothing",
        "WD-3.4",
        "a 405 starts no function",
    )
    .modes(&[Classic])
    .run(method_filter_starts_nothing),
    Case::must(
        "classic/stdin-ignored",
        "WD-3.11",
        "30 functions that ignore up to 1 MB of input all answer 200",
    )
    .modes(&[Classic])
    .run(stdin_ignored),
    Case::must(
        "classic/stdin-half-read",
        "WD-3.11",
        "a function that reads a little and answers is a success",
    )
    .modes(&[Classic])
    .run(stdin_half_read),
    Case::must(
        "classic/closes-output-early",
        "WD-3.1",
        "a function that closes its output is answered when it ends",
    )
    .modes(&[Classic])
    .run(closes_output_early),
];

fn echo(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let r = w.post("/", "words")?;
    check_eq!((r.status, r.text().as_str()), (200, "words"), "answer");
    check_eq!(r.end, End::Clean, "end of the body");
    Ok(())
}

fn duration(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("sleep", &["300ms"]))
        .start()?;
    let start = Instant::now();
    let r = w.get("/")?;
    let took = start.elapsed().as_secs_f64();
    let text = r.header("x-duration-seconds").unwrap_or_default();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    check!(
        digits(whole) && digits(decimals) && decimals.len() == 6,
        "X-Duration-Seconds is {text:?}"
    );
    let seconds: f64 = text.parse().unwrap_or(0.0);
    check!(
        (0.29..=took).contains(&seconds),
        "{seconds} s told of a request of {took} s around a function of 0.3 s"
    );
    Ok(())
}

fn empty_output(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["0"]))
        .start()?;
    let r = w.get("/")?;
    check_eq!((r.status, r.body.len()), (200, 0), "answer");
    check_eq!(r.framing, Framing::Length(0), "framing");
    check_eq!(r.header("content-type"), None, "type of nothing");
    Ok(())
}

fn answer_is_sized(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print-bytes", &["2000"]))
        .start()?;
    let r = w.get("/")?;
    check_eq!(r.framing, Framing::Length(2000), "framing");
    check_eq!(r.body, Pattern::new(1, 2000).bytes(), "body");
    Ok(())
}

fn output_before_exit(rig: &mut Rig) -> Outcome {
    let line = rig.fixture(
        "script",
        &["out:early", "mark:printed", "until:go", "exit:3"],
    );
    let w = rig.watchdog().fprocess(&line).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("printed", 10.0)?;
    wire.expect_quiet(Duration::from_millis(300))?;
    rig.write("go", "")?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "exit status 3\nearly"),
        "answer"
    );
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let r = w.request(Request::new(method, "/").body(method))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, method),
            "answer to {method}"
        );
    }
    Ok(())
}

fn method_filter(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    for method in [
        "HEAD", "OPTIONS", "TRACE", "UPDATE", "get", "Post", "X-CUSTOM",
    ] {
        let r = w.request(Request::new(method, "/"))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (405, ""),
            "answer to {method}"
        );
    }
    Ok(())
}

fn method_filter_starts_nothing(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    check_eq!(
        w.request(Request::new("OPTIONS", "/"))?.status,
        405,
        "status"
    );
    check_eq!(w.post("/", "x")?.status, 200, "status of a POST");
    let started = rig.evidence("started").lines().count();
    check_eq!(started, 1, "functions started for an OPTIONS and a POST");
    Ok(())
}

fn stdin_ignored(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("stdin-ignore", &[]))
        .start()?;
    for round in 0..30 {
        let size = [1, 70_000, 1_000_000].get(round % 3).copied().unwrap_or(0);
        let r = w.post("/", vec![b'x'; size])?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ignored"),
            "answer {round} to {size} bytes"
        );
    }
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn stdin_half_read(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("script", &["read:10", "out:enough"]);
    let w = rig.watchdog().fprocess(&line).start()?;
    let r = w.post("/", vec![b'x'; 500_000])?;
    check_eq!((r.status, r.text().as_str()), (200, "enough"), "answer");
    check_eq!(rig.evidence("read"), "10", "bytes read by the function");
    Ok(())
}

fn closes_output_early(rig: &mut Rig) -> Outcome {
    let line = rig.fixture(
        "script",
        &["out:words", "close-out", "wait:200ms", "mark:end"],
    );
    let w = rig.watchdog().fprocess(&line).start()?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "words"), "answer");
    check!(
        !rig.evidence("end").is_empty(),
        "answered before the function ended"
    );
    Ok(())
}
