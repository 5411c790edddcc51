//! Free ports for subjects.
//! It knows a range below the ephemeral ports, so that no outgoing connection of the load takes one.
//! It refuses a port that somebody listens on.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::fault::Fault;

const FIRST: u16 = 12_000;
const COUNT: u16 = 8_000;
/// The metrics port of both existing watchdogs; neither can be told another.
const FIXED: u16 = 8081;
const PATIENCE: Duration = Duration::from_mins(1);

static NEXT: AtomicU16 = AtomicU16::new(0);

pub fn free() -> Result<u16, Fault> {
    let seed = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or_default();
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(seed);
        let port = FIRST + step % COUNT;
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Fault::new("no free port left"))
}

/// Waits until the port that the existing watchdogs insist on is free.
pub fn await_fixed() -> Result<(), Fault> {
    let deadline = Instant::now() + PATIENCE;
    while TcpListener::bind(("0.0.0.0", FIXED)).is_err() {
        if Instant::now() > deadline {
            return Err(Fault::new(format!(
                "port {FIXED} is taken, and this peer can use no other"
            )));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
