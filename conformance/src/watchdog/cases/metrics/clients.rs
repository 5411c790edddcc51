//! Clients of the metrics port that do not do their part.
//! It knows silence, half a head, and answers that are not read.
//! It refuses what is in the answers.

use super::echo;
use crate::watchdog::prelude::*;
use crate::wire::Transcript;

pub const CASES: &[Case] = &[
    Case::should(
        "metrics/silent-clients",
        "WD-12.18",
        "a connection to the metrics port on which nothing comes, or half a head, is closed after a minute",
    )
    .seconds(120)
    .run(silent),
    Case::should(
        "metrics/unread",
        "WD-12.18",
        "a scraper that does not take its answers is cut off after `write_timeout`",
    )
    .run(unread),
    Case::must(
        "metrics/clients-at-end",
        "WD-12.18",
        "none of these holds the end of the watchdog",
    )
    .run(at_end),
];

/// One client that says nothing, and one that says half of what it has to.
fn half_hearted(rig: &Rig, w: &Watchdog) -> Result<[Wire; 2], Failure> {
    let silent = rig.connect(w.metrics_port())?;
    let mut half = rig.connect(w.metrics_port())?;
    half.send(b"GET /metrics HTTP/1.1\r\nHos")?;
    Ok([silent, half])
}

/// A client that asks for more than fits on the way, and takes nothing.
fn greedy(rig: &Rig, w: &Watchdog) -> Result<Wire, Failure> {
    let addr = ([127, 0, 0, 1], w.metrics_port()).into();
    let mut wire = Wire::narrow(addr, rig.timeout(15.0), &Transcript::default())?;
    wire.send(&b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500))?;
    Ok(wire)
}

fn silent(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for mut wire in half_hearted(rig, &w)? {
        wire.set_timeout(rig.timeout(75.0))?;
        // With a word about it or without.
        wire.read_to_end()?;
    }
    Ok(())
}

fn unread(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("write_timeout", "2s").start()?;
    let mut wire = greedy(rig, &w)?;
    // Without reading, which would help: whoever is no longer there takes nothing.
    rig.poll(12.0, "the end of the connection", || {
        wire.send(b"G").is_err().then_some(())
    })
}

fn at_end(rig: &mut Rig) -> Outcome {
    let w = echo(rig).stops_at_once().start()?;
    let clients = (half_hearted(rig, &w)?, greedy(rig, &w)?);
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(5.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    drop(clients);
    Ok(())
}
