//! How much memory connections take that ask for nothing, or not yet.
//! It knows the memory of the subject's own process.
//! It refuses bodies: `memory`.

use std::io::Write;
use std::net::TcpStream;

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "integrity/idle-connections",
        "WD-15.8",
        "400 connections that were all used at once hold less than 24 KiB each, and no more after the next time",
    )
    .modes(&[Http])
    .exclusive()
    .run(idle),
    Case::should(
        "integrity/unfinished-heads",
        "WD-15.8",
        "100 heads of a megabyte that do not come to their end take less than 48 MiB, and do not stop anybody",
    )
    .modes(&[Http])
    .exclusive()
    .run(unfinished_heads),
];

const COUNT: u64 = 400;

fn use_all(wires: &mut [Wire]) -> Outcome {
    for wire in &mut *wires {
        wire.send_request(&Request::get("/anything"))?;
    }
    for wire in wires {
        check_eq!(wire.read_response()?.status, 200, "status");
    }
    Ok(())
}

fn idle(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    check_eq!(w.get("/anything")?.status, 200, "status");
    let before = w.rss();
    let mut wires = Vec::new();
    for _ in 0..COUNT {
        wires.push(w.connect()?);
    }
    use_all(&mut wires)?;
    let once = w.rss().saturating_sub(before);
    check!(once <= COUNT * (24 << 10), "{once} bytes for {COUNT}");
    use_all(&mut wires)?;
    let twice = w.rss().saturating_sub(before);
    check!(
        twice <= once + (1 << 20),
        "{twice} bytes after the second time, {once} after the first"
    );
    Ok(())
}

/// As much of a head as the subject takes within a moment.
fn half_a_head(w: &Watchdog) -> Result<TcpStream, Failure> {
    let (mut stream, _) = w.connect()?.into_parts()?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n")?;
    stream.set_write_timeout(Some(Duration::from_millis(20)))?;
    let field = format!("X-Filler: {}\r\n", "a".repeat(60_000));
    for _ in 0..16 {
        // Whoever is not read from can send no more.
        if stream.write_all(field.as_bytes()).is_err() {
            break;
        }
    }
    Ok(stream)
}

fn unfinished_heads(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    check_eq!(w.get("/anything")?.status, 200, "status");
    let before = w.rss();
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(half_a_head(&w)?);
    }
    // What has been sent is read, or is not.
    rig.pass_time(Duration::from_secs(2));
    check_eq!(w.get("/anything")?.status, 200, "status beside them");
    let grown = w.peak_rss().saturating_sub(before);
    check!(grown <= 48 << 20, "{grown} bytes for {} heads", held.len());
    Ok(())
}
