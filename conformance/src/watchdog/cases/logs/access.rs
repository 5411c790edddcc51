//! Access lines.
//! It knows their three shapes.
//! It refuses lines in JSON, which are next door.

use super::undated;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "logs/access-shape",
        "WD-11.8",
        "the line has the mode's shape",
    )
    .modes(FUNCTION)
    .run(shape),
    Case::must(
        "logs/access-size",
        "WD-11.8",
        "the size is that of the body that was sent, in decimal units",
    )
    .modes(&[Serializing, Http])
    .run(size),
    Case::must(
        "logs/access-one-line",
        "WD-11.8",
        "ten requests are ten lines and nothing else",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-52"])
    .run(one_line),
    Case::must(
        "logs/access-target",
        "WD-11.8",
        "the target is logged as it came, with its query",
    )
    .modes(&[Streaming, Serializing, Http])
    .run(target),
    Case::must(
        "logs/access-failed-function",
        "WD-11.8",
        "a function that fails is logged with the status of its answer",
    )
    .modes(&[Streaming, Serializing])
    .bugs(&["BUG-32", "BUG-27"])
    .run(failed_function),
    Case::must(
        "logs/access-http-status",
        "WD-11.8",
        "the status of the function's server is logged with its reason",
    )
    .modes(&[Http])
    .run(http_status),
    Case::must(
        "logs/access-stream-status",
        "WD-11.8",
        "a request for an event stream is logged with the real status",
    )
    .modes(&[Http])
    .bugs(&["BUG-33"])
    .run(stream_status),
    Case::must(
        "logs/access-websocket",
        "WD-11.8",
        "a WebSocket is logged as 101 when it is over",
    )
    .modes(&[Http])
    .bugs(&["BUG-33"])
    .run(websocket),
    Case::must(
        "logs/access-timeout",
        "WD-11.8",
        "a function that took too long is logged with the status of the timeout",
    )
    .modes(&[Streaming, Serializing, Http])
    .bugs(&["BUG-32", "BUG-27"])
    .run(timeout),
    Case::must(
        "logs/access-client-left",
        "WD-11.8",
        "a client that left is not logged as a success",
    )
    .modes(&[Streaming, Serializing, Http])
    .bugs(&["BUG-38", "BUG-30"])
    .run(client_left),
    Case::must(
        "logs/access-kube-probe",
        "WD-11.9",
        "the orchestrator's own requests are served and not logged",
    )
    .modes(&[Streaming, Serializing, Http])
    .only(Flavour::Of)
    .run(kube_probe),
    Case::must(
        "logs/access-duration",
        "WD-11.8",
        "the duration is that of the request",
    )
    .modes(FUNCTION)
    .run(duration),
];

fn echo(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

fn path(rig: &Rig) -> &'static str {
    if rig.mode() == Http {
        "/echo-buffered"
    } else {
        "/"
    }
}

/// The lines of requests so far, without their dates.
fn access(w: &Watchdog) -> Vec<String> {
    let log = w.log();
    let lines = log.lines().filter_map(undated);
    let access = lines.filter(|line| {
        line.contains(" - ContentLength: ")
            || line.contains(" - Bytes: ")
            || line.starts_with("Wrote ")
    });
    access.map(str::to_owned).collect()
}

/// The only line, once it is there.
fn only(rig: &Rig, w: &Watchdog) -> Result<String, Failure> {
    let lines = rig.poll(5.0, "an access line", || {
        Some(access(w)).filter(|lines| !lines.is_empty())
    })?;
    match lines.as_slice() {
        [line] => Ok(line.clone()),
        _ => Err(Failure::failed(format!("more than one line: {lines:?}"))),
    }
}

/// `1.2345s`, with that many decimals.
fn seconds(text: &str, decimals: usize) -> Option<f64> {
    let number = text.strip_suffix('s')?;
    let (_, fraction) = number.split_once('.')?;
    (fraction.len() == decimals).then(|| number.parse().ok())?
}

/// What is in the parentheses at the end.
fn duration_of(line: &str) -> Option<f64> {
    if let Some((_, text)) = line.split_once(" - Duration: ") {
        return seconds(text, 6);
    }
    let (_, text) = line.rsplit_once('(')?;
    seconds(text.split_once(')')?.0, 4)
}

fn shape(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let body = "x".repeat(622);
    check_eq!(w.post(path(rig), body)?.status, 200, "status");
    let line = only(rig, &w)?;
    let start = match rig.mode() {
        Classic => "Wrote 622 Bytes - Duration: ".to_owned(),
        Http => format!("POST {} - 200 OK - ContentLength: 622B (", path(rig)),
        Streaming => "POST / - 200 - ContentLength: ".to_owned(),
        _ => "POST / - 200 - ContentLength: 622B (".to_owned(),
    };
    check!(
        line.starts_with(&start),
        "{line:?} does not start with {start:?}"
    );
    check!(duration_of(&line).is_some(), "no duration in {line:?}");
    Ok(())
}

fn size(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for (bytes, text) in [
        (0, "0B"),
        (10_000, "10kB"),
        (1234, "1.234kB"),
        (3_875_000, "3.875MB"),
    ] {
        let before = access(&w).len();
        check_eq!(w.post(path(rig), vec![b'x'; bytes])?.status, 200, "status");
        let line = rig.poll(5.0, "an access line", || access(&w).get(before).cloned())?;
        let want = format!(" - ContentLength: {text} (");
        check!(line.contains(&want), "{line:?} for {bytes} bytes");
    }
    Ok(())
}

fn one_line(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    w.wait_log("Writing lock-file", 5.0)?;
    // Lines about the ports may still be under way.
    w.wait_log("Metrics listening", 5.0)?;
    let before = w.log().lines().count();
    for _ in 0..10 {
        check_eq!(w.post(path(rig), "x")?.status, 200, "status");
    }
    rig.poll(5.0, "ten access lines", || {
        (access(&w).len() >= 10).then_some(())
    })?;
    let lines = w.log().lines().count() - before;
    check_eq!(lines, 10, "lines of ten requests");
    Ok(())
}

fn target(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let target = "/a%20b/c;d/%2e?q=%C3%A4&r=1&r=2";
    let _ = w.get(target)?;
    let line = only(rig, &w)?;
    check!(line.starts_with(&format!("GET {target} - ")), "{line:?}");
    Ok(())
}

fn failed_function(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("exit", &["3"]));
    let w = setup.start()?;
    check_eq!(w.get("/")?.status, 500, "status");
    let line = only(rig, &w)?;
    check!(line.starts_with("GET / - 500 - "), "{line:?}");
    Ok(())
}

fn http_status(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    for code in [404, 201, 503] {
        let target = format!("/status/{code}");
        check_eq!(w.get(&target)?.status, code, "status");
        let want = format!("GET {target} - {code} ");
        let line = rig.poll(5.0, &want, || {
            access(&w).into_iter().find(|line| line.starts_with(&want))
        })?;
        check!(line.contains(" - ContentLength: "), "{line:?}");
    }
    Ok(())
}

fn stream_status(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    let request = Request::get("/status/404").header("Accept", "text/event-stream");
    check_eq!(w.request(request)?.status, 404, "status");
    let line = only(rig, &w)?;
    check!(line.starts_with("GET /status/404 - 404"), "{line:?}");
    Ok(())
}

fn websocket(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("x")?;
    socket.close()?;
    let line = only(rig, &w)?;
    check!(line.starts_with("GET /ws - 101"), "{line:?}");
    Ok(())
}

fn timeout(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("hang", &[]));
    let w = setup.env("exec_timeout", "300ms").start()?;
    let status = w.get("/never")?.status;
    check_eq!(status, 504, "status");
    let line = only(rig, &w)?;
    check!(line.starts_with("GET /never - 504"), "{line:?}");
    Ok(())
}

fn client_left(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("hang", &[]));
    let w = setup.env("exec_timeout", "20s").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence(
        if rig.mode() == Http {
            "never"
        } else {
            "hang.pid"
        },
        10.0,
    )?;
    wire.reset()?;
    let line = only(rig, &w)?;
    check!(line.starts_with("GET /never - 499"), "{line:?}");
    Ok(())
}

fn kube_probe(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let probe = Request::post(path(rig))
        .header("User-Agent", "kube-probe/1.30")
        .body("hidden");
    check_eq!(w.request(probe)?.text(), "hidden", "answer to the probe");
    check_eq!(w.post(path(rig), "x")?.status, 200, "status");
    only(rig, &w)?;
    Ok(())
}

fn duration(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("sleep", &["700ms"])).start()?;
    check_eq!(w.get("/slow?ms=700")?.status, 200, "status");
    let line = only(rig, &w)?;
    let took = duration_of(&line).unwrap_or(0.0);
    check!((0.69..10.0).contains(&took), "{line:?} for 0.7 s");
    Ok(())
}
