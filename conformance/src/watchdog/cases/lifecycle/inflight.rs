//! Requests in odd states when the signal comes: uploads, downloads, sockets, half a head, nothing at all.
//! It knows the wire.
//! It refuses to wait for clients for ever.

use super::{finish, wait_refused, wait_unlocked, waiting};
use crate::watchdog::prelude::*;
use crate::wire::request::chunk;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/upload-in-progress",
        "WD-10.1",
        "an upload that was under way is finished and answered",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-26"])
    .run(upload),
    Case::must(
        "lifecycle/download-in-progress",
        "WD-10.1",
        "a download that was under way is finished",
    )
    .modes(&[Static])
    .run(download),
    Case::must(
        "lifecycle/output-in-progress",
        "WD-10.1",
        "an answer that was under way comes to its end",
    )
    .modes(&[Streaming, Http])
    .bugs(&["BUG-26"])
    .run(output),
    Case::must(
        "lifecycle/websocket",
        "WD-10.8",
        "a WebSocket works on while draining and does not keep the watchdog for ever",
    )
    .modes(&[Http])
    .run(websocket),
    Case::must(
        "lifecycle/silent-connection",
        "WD-10.10",
        "a connection that sent nothing does not delay the end",
    )
    .modes(&[Classic, Streaming, Static])
    .run(silent_connection),
    Case::must(
        "lifecycle/half-head",
        "WD-10.11",
        "half a head does not delay the end beyond the time for draining",
    )
    .modes(&[Classic, Streaming, Static])
    .run(half_head),
    Case::must(
        "lifecycle/pipelined",
        "WD-10.1",
        "of two requests on one connection the first, under way, is finished",
    )
    .modes(FORK)
    .run(pipelined),
    Case::must(
        "lifecycle/queued",
        "WD-10.1",
        "a request that waits for a slot has its turn after SIGTERM",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(queued),
];

/// A child that outlives SIGTERM in http mode: what is judged is the watchdog.
fn steadfast(rig: &Rig, fork: &str) -> Setup {
    let setup = rig.function(fork);
    match rig.mode() {
        Http => setup.fprocess(&rig.fixture("http-server", &["--ignore-term"])),
        _ => setup,
    }
}

fn upload(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("digest", &[]));
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    let request = Request::post("/digest").header("Transfer-Encoding", "chunked");
    wire.send_head(&request)?;
    wire.send(&chunk(&[b'x'; 5000]))?;
    if rig.mode() == Http {
        rig.wait_evidence("hits", 10.0)?;
    }
    // The head has been read where an answer on another connection has been given.
    check_eq!(w.get("/_/health")?.status, 200, "health");
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    for _ in 0..4 {
        wire.send(&chunk(&[b'y'; 5000]))?;
    }
    wire.send(b"0\r\n\r\n")?;
    let r = wire.read_response()?;
    check_eq!(r.status, 200, "status");
    check!(
        r.text().ends_with(" 25000"),
        "the function got {}",
        r.text()
    );
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}

fn download(rig: &mut Rig) -> Outcome {
    let want = Pattern::new(7, 20_000_000);
    rig.write("public/large", want.bytes())?;
    let w = rig
        .watchdog()
        .env("healthcheck_interval", "100ms")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/large"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    let mut offset = 0;
    while let Some(data) = wire.read_some()? {
        check!(
            want.mismatch(offset, &data).is_none(),
            "other bytes at {offset}"
        );
        offset += data.len() as u64;
    }
    check_eq!(offset, want.len, "bytes");
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}

fn output(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("slow-writer", &["10", "150ms"]));
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/drip?n=10&ms=150"))?;
    let evidence = if rig.mode() == Http {
        "drip"
    } else {
        "slow-writer"
    };
    rig.wait_evidence(evidence, 10.0)?;
    w.signal(Signal::SIGTERM)?;
    wait_unlocked(rig)?;
    let r = wire.read_response()?;
    check_eq!(r.text().lines().count(), 10, "lines of the answer");
    check!(r.end.is_clean(), "the answer ended {:?}", r.end);
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}

fn websocket(rig: &mut Rig) -> Outcome {
    let setup = steadfast(rig, "").env("write_timeout", "2s");
    let w = setup.env("healthcheck_interval", "1s").start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("before")?;
    w.signal(Signal::SIGTERM)?;
    wait_unlocked(rig)?;
    socket.echo("while draining")?;
    let exit = w.wait_exit(15.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn silent_connection(rig: &mut Rig) -> Outcome {
    let setup = rig.function(&rig.fixture("echo", &[]));
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut silent = w.connect()?;
    // It has been accepted once a later one has been answered.
    check_eq!(w.get("/_/health")?.status, 200, "health");
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(3.5)?;
    check_eq!(exit.code, Some(0), "exit code");
    silent.expect_closed(rig.timeout(2.0))
}

fn half_head(rig: &mut Rig) -> Outcome {
    let setup = rig
        .function(&rig.fixture("echo", &[]))
        .env("write_timeout", "1s");
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Le")?;
    check_eq!(w.get("/_/health")?.status, 200, "health");
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(8.0)?;
    check_eq!(rig.evidence("started"), "", "functions started");
    Ok(())
}

fn pipelined(rig: &mut Rig) -> Outcome {
    let script = rig.fixture("script", &["mark:inflight", "until:go", "out:done"]);
    let setup = rig.watchdog().fprocess(&script);
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/first"))?;
    rig.wait_evidence("inflight", 10.0)?;
    wire.send_request(&Request::get("/second"))?;
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    rig.write("go", "")?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "done"),
        "the first answer"
    );
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}

fn queued(rig: &mut Rig) -> Outcome {
    let (setup, target) = waiting(rig);
    let w = setup
        .env("max_inflight", "1")
        .env("max_queue", "1")
        .env("queue_timeout", "20s")
        .env("drain_delay", "100ms")
        .env("healthcheck_interval", "100ms")
        .start()?;
    let (mut first, mut second) = (w.connect()?, w.connect()?);
    first.send_request(&Request::get(target))?;
    rig.wait_evidence("inflight", 10.0)?;
    second.send_request(&Request::get(target))?;
    w.wait_metric("fwatchdog_queue_length", &[], 1.0, 5.0)?;
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    finish(rig, &mut first)?;
    finish(rig, &mut second)?;
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}
