//! Time limits of streamed functions.
//! It knows `exec_timeout` before and after the first byte, and processes that hold pipes.
//! It refuses event streams: their limits are in the chapter of upgrades.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "streaming/timeout-before-first-byte",
        "WD-5.6",
        "a function that says nothing in time is an error, and is gone",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(before),
    Case::must(
        "streaming/timeout-answer",
        "WD-5.6",
        "the error is a 504 that names the limit",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(answer),
    Case::must(
        "streaming/timeout-after-first-byte",
        "WD-5.6",
        "a function over time in the middle of its answer is cut and gone",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(after),
    Case::must(
        "streaming/timeout-after-first-byte-http10",
        "WD-5.6",
        "the same for HTTP/1.0: the connection is reset",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-27"])
    .run(after_http10),
    Case::must(
        "streaming/timeout-of-a-busy-writer",
        "WD-5.6",
        "a function that writes all the time is ended too",
    )
    .modes(&[Streaming])
    .run(busy_writer),
    Case::must(
        "streaming/timeout-kills-grandchild",
        "WD-5.6",
        "a grandchild that holds stdout does not delay the end, and is stopped",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-09"])
    .run(grandchild),
    Case::must(
        "streaming/orphan-holds-output",
        "WD-5.6",
        "in every fork mode, a grandchild that outlives its parent holds the answer until the limit at most",
    )
    .modes(FORK)
    .bugs(&["BUG-09"])
    .run(orphan),
    Case::must(
        "streaming/orphan-redirected",
        "WD-5.6",
        "a grandchild that holds no pipe does not delay the answer at all",
    )
    .modes(FORK)
    .run(orphan_redirected),
    Case::must(
        "streaming/timeout-in-stalled-upload",
        "WD-5.6",
        "a client that stops sending does not hold the function beyond its time",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-36"])
    .run(stalled_upload),
    Case::must(
        "streaming/slow-reader-is-bounded",
        "WD-5.6",
        "a client that does not read does not hold the function beyond its time",
    )
    .modes(&[Streaming])
    .bugs(&["BUG-09", "BUG-31"])
    .run(slow_reader),
    Case::must(
        "streaming/slow-reader-is-bounded-without-cancelling",
        "WD-5.6",
        "the deadline holds for a client that reads nothing also with cancel_on_disconnect=false",
    )
    .modes(&[Streaming])
    .feature("disconnect-setting")
    .run(slow_reader_left),
    Case::must(
        "streaming/x-timeout-means-nothing",
        "WD-5.12",
        "X-Timeout neither shortens nor lengthens a function's time",
    )
    .modes(FORK)
    .run(x_timeout),
    Case::must(
        "streaming/accept-lifts-no-limit",
        "WD-5.12",
        "an Accept of event streams lifts no limit",
    )
    .modes(&[Streaming])
    .run(accept),
    Case::must(
        "streaming/no-limit",
        "WD-5.6",
        "exec_timeout=0 is no limit",
    )
    .modes(FORK)
    .run(no_limit),
];

fn limited(rig: &Rig, steps: &[&str], limit: &str) -> Result<Watchdog, Failure> {
    let line = rig.fixture("script", steps);
    rig.watchdog()
        .fprocess(&line)
        .env("exec_timeout", limit)
        .start()
}

fn before(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["mark:function", "forever"], "700ms")?;
    let start = Instant::now();
    let r = w.get("/")?;
    check!(r.status >= 500, "a function over time is {}", r.status);
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("function", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn answer(rig: &mut Rig) -> Outcome {
    for (limit, shown) in [("700ms", "700ms"), ("1", "1s"), ("1.25s", "1.25s")] {
        let r = limited(rig, &["forever"], limit)?.get("/")?;
        let words = format!("function exceeded exec_timeout ({shown})\n");
        check_eq!((r.status, r.text()), (504, words), "answer for {limit}");
        check_eq!(
            r.header("content-type"),
            Some("text/plain; charset=utf-8"),
            "type"
        );
    }
    Ok(())
}

fn cut_after(rig: &Rig, request: &Request) -> Outcome {
    let w = limited(rig, &["bytes:20000", "mark:function", "forever"], "1s")?;
    let start = Instant::now();
    let r = w.request(request)?;
    check_eq!(r.status, 200, "status, sent before the timeout");
    check!(!r.end.is_clean(), "the answer ended as if it were complete");
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("function", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn after(rig: &mut Rig) -> Outcome {
    cut_after(rig, &Request::get("/"))
}

fn after_http10(rig: &mut Rig) -> Outcome {
    cut_after(rig, &Request::get("/").http10())
}

fn busy_writer(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("slow-writer", &["2000", "10ms"]))
        .env("exec_timeout", "1s")
        .start()?;
    let start = Instant::now();
    w.get("/")?;
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("slow-writer.pid", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn grandchild(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["grandchild:20", "mark:function", "forever"], "1s")?;
    let start = Instant::now();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    wire.read_head()?;
    wire.read_body()?;
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    for name in ["function", "grandchild.pid"] {
        let pid = rig.wait_pid(name, 1.0)?;
        rig.wait_gone(pid, 8.0)?;
    }
    Ok(())
}

fn orphan(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["grandchild:14", "out:parent"], "1s")?;
    let start = Instant::now();
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    wire.read_head()?;
    wire.read_body()?;
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("grandchild.pid", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn orphan_redirected(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("orphan", &["12", "--redirect"]))
        .start()?;
    let start = Instant::now();
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "parent\n"), "answer");
    check!(
        start.elapsed() < rig.timeout(6.0),
        "it took {:?}",
        start.elapsed()
    );
    Ok(())
}

fn stalled_upload(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["mark:function", "read", "out:all"], "1s")?;
    let mut wire = w.connect()?;
    let start = Instant::now();
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")?;
    let r = wire.read_response()?;
    check!(r.status >= 400, "a function over time is {}", r.status);
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    let pid = rig.wait_pid("function", 1.0)?;
    rig.wait_gone(pid, 8.0)
}

fn slow_reader(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["mark:function", "bytes:50000000", "out:end"], "1s")?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let pid = rig.wait_pid("function", 10.0)?;
    rig.wait_gone(pid, 10.0)?;
    wire.read_head()?;
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn slow_reader_left(rig: &mut Rig) -> Outcome {
    let function = rig.fixture("script", &["mark:function", "bytes:50000000", "out:end"]);
    let w = rig
        .watchdog()
        .fprocess(&function)
        .env("exec_timeout", "1s")
        .env("cancel_on_disconnect", "false")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let pid = rig.wait_pid("function", 10.0)?;
    rig.wait_gone(pid, 10.0)?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 10.0)
}

fn x_timeout(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["wait:1", "out:done"], "10s")?;
    for value in ["100ms", "0s", "-1s"] {
        let r = w.request(Request::get("/").header("X-Timeout", value))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "done"),
            "answer for {value}"
        );
    }
    drop(w);
    let w = limited(rig, &["mark:function", "wait:14", "out:done"], "700ms")?;
    let start = Instant::now();
    w.request(Request::get("/").header("X-Timeout", "0s"))?;
    check!(
        start.elapsed() < rig.timeout(8.0),
        "it took {:?}",
        start.elapsed()
    );
    Ok(())
}

fn accept(rig: &mut Rig) -> Outcome {
    let w = limited(rig, &["mark:function", "forever"], "700ms")?;
    for kind in ["text/event-stream", "application/x-ndjson"] {
        let start = Instant::now();
        w.request(Request::get("/").header("Accept", kind))?;
        check!(
            start.elapsed() < rig.timeout(8.0),
            "it took {:?}",
            start.elapsed()
        );
        let pid = rig.wait_pid("function", 1.0)?;
        rig.wait_gone(pid, 8.0)?;
    }
    Ok(())
}

fn no_limit(rig: &mut Rig) -> Outcome {
    let r = limited(rig, &["wait:500ms", "out:done"], "0")?.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "done"), "answer");
    Ok(())
}
