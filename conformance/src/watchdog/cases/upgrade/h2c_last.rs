//! HTTP/2 clients that are told something late: to send, or that the connection ends.
//! It knows that bytes which have left the watchdog may still be on their way.
//! It refuses limits and windows: `h2c_limits`.

use std::thread;

use super::h2c::{Client, client};
use super::server;
use crate::watchdog::prelude::*;
use crate::wire::h2::{Connection, Stream};

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-slow-idle",
        "WD-7.12",
        "a client that takes its answer slowly gets all of it, however long nothing else has been in flight",
    )
    .modes(&[Http])
    .feature("h2c")
    .seconds(120)
    .run(slow_idle),
    Case::must(
        "upgrade/h2c-slow-at-end",
        "WD-7.12",
        "so does one that still takes it when the watchdog ends",
    )
    .modes(&[Http])
    .feature("h2c")
    .seconds(120)
    .run(slow_at_end),
    Case::must(
        "upgrade/h2c-last-recorded",
        "WD-7.18",
        "the last answers of a connection that ends with them are recorded as what they are",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(last_recorded),
    Case::must(
        "upgrade/h2c-pings-at-end",
        "WD-7.17",
        "a client that sends PINGs and reads nothing does not hold the end of the watchdog for all of `shutdown_timeout`, and is not told of as a request",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(pings_at_end),
    Case::must(
        "upgrade/h2c-expect",
        "WD-7.12",
        "a client that waits to be told to send is told so once, whether or not its leaving would end the work",
    )
    .modes(&[Http, Serializing, Streaming])
    .feature("h2c")
    .run(expect),
];

const SIZE: usize = 1_500_000;

/// A client whose answer has left the watchdog, and has mostly not been taken.
fn behind(w: &Watchdog) -> Result<(Client, u32), Failure> {
    let (stream, _) = w.connect()?.into_parts()?;
    let mut client = Connection::client(stream, Some(1 << 24))?;
    client.grant(0, 1 << 24)?;
    let id = client.request("GET", &format!("/bytes/{SIZE}"), &[], true)?;
    client.until(id, |stream| !stream.data.is_empty())?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 5.0)?;
    Ok((client, id))
}

/// Takes the rest, with so many milliseconds before it says so each time: some 90 times. And the longest that it said nothing.
fn take(mut client: Client, id: u32, pace: u64) -> (Outcome, Duration) {
    let (mut said, mut pause) = (Instant::now(), Duration::ZERO);
    let outcome = loop {
        if client.stream(id).over() {
            break whole(&mut client, id);
        }
        let before = client.stream(id).data.len();
        if let Err(error) = client.turn() {
            break Err(error.into());
        }
        let taken = client.stream(id).data.len() - before;
        thread::sleep(Duration::from_millis(pace));
        // Where the connection has ended meanwhile, that shows in what is missing.
        let _ = client.grant(0, taken);
        pause = pause.max(said.elapsed());
        said = Instant::now();
    };
    (outcome, pause)
}

fn whole(client: &mut Client, id: u32) -> Outcome {
    let stream = client.stream(id);
    check_eq!(stream.data.len(), SIZE, "bytes");
    check!(stream.reset.is_none(), "the answer was reset");
    Ok(())
}

/// A client that the machine kept from speaking for a second says nothing about the watchdog, which waits for two: then once more.
fn in_time(mut once: impl FnMut() -> Result<(Outcome, Duration), Failure>) -> Outcome {
    for _ in 0..5 {
        let (outcome, pause) = once()?;
        if outcome.is_ok() || pause < Duration::from_secs(1) {
            return outcome;
        }
    }
    Err(Failure::fault(
        "this machine is too busy for a client that speaks each second",
    ))
}

fn slow_idle(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("read_timeout", "1s").start()?;
    in_time(|| {
        let (client, id) = behind(&w)?;
        Ok(take(client, id, 160))
    })
}

fn slow_at_end(rig: &mut Rig) -> Outcome {
    in_time(|| {
        let w = server(rig).env("drain_delay", "0s").start()?;
        let (client, id) = behind(&w)?;
        w.signal(Signal::SIGTERM)?;
        let taken = take(client, id, 40);
        check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
        Ok(taken)
    })
}

fn last_recorded(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("drain_delay", "0s").start()?;
    let (mut clients, all) = (Vec::new(), 20);
    for _ in 0..all {
        let mut client = client(&w)?;
        for _ in 0..5 {
            client.request("GET", "/slow?ms=1500", &[], true)?;
        }
        clients.push(client);
    }
    w.wait_metric("http_requests_in_flight", &[], f64::from(5 * all), 5.0)?;
    w.signal(Signal::SIGTERM)?;
    for client in &mut clients {
        // Up to the end of the connection.
        while client.turn().is_ok() {}
        let mut streams = client.streams.values();
        check!(streams.all(|stream| stream.ended), "an answer is missing");
    }
    drop(clients);
    w.wait_exit(10.0)?;
    let left = w.log().matches(" - 499").count();
    check_eq!(left, 0, "whole answers that are recorded as not taken");
    Ok(())
}

fn pings_at_end(rig: &mut Rig) -> Outcome {
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingping";
    for (limit, most) in [("30s", 15), ("1s", 5)] {
        let w = server(rig)
            .env("drain_delay", "0s")
            .env("shutdown_timeout", limit)
            .start()?;
        let mut client = client(&w)?;
        let id = client.request("GET", "/bytes/10", &[], true)?;
        client.until(id, Stream::over)?;
        w.signal(Signal::SIGTERM)?;
        let start = Instant::now();
        while w.is_running() && start.elapsed() < Duration::from_secs(most) {
            // It may be closed already.
            let _ = client.raw(PING);
            thread::sleep(Duration::from_millis(100));
        }
        check!(!w.is_running(), "it still runs after {most} s");
        check!(!w.log().contains(" 0 requests were"), "none is told of");
    }
    Ok(())
}

fn expect(rig: &mut Rig) -> Outcome {
    for cancels in ["true", "false"] {
        let w = rig
            .function(&rig.fixture("echo", &[]))
            .env("cancel_on_disconnect", cancels)
            .start()?;
        let mut client = client(&w)?;
        let fields = [("expect", "100-continue")];
        let id = client.request("POST", "/echo", &fields, false)?;
        client.until(id, |stream| !stream.blocks.is_empty())?;
        check_eq!(client.stream(id).field(":status"), Some("100"), "status");
        client.data(id, b"in ", false)?;
        client.data(id, b"pieces", true)?;
        let stream = client.until(id, Stream::over)?;
        check_eq!(stream.data, b"in pieces", "body");
        check_eq!(stream.blocks.len(), 2, "heads");
    }
    Ok(())
}
