//! Ports for subjects, out of the way of each other and of other suites on the machine.
//! It knows a range below the ephemeral ports and leases a block of it by a file lock.
//! It refuses to hand out a port twice in a row or one that is taken.

use std::fs::File;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use crate::case::Failure;

const FIRST: u16 = 20_000;
const BLOCK: u16 = 600;
const BLOCKS: u16 = 20;

struct Lease {
    _lock: File,
    first: u16,
    next: u16,
}

static LEASE: Mutex<Option<Lease>> = Mutex::new(None);

/// A free port.
pub fn free() -> Result<u16, Failure> {
    let mut guard = LEASE.lock().unwrap_or_else(PoisonError::into_inner);
    let lease = match guard.take() {
        Some(lease) => guard.insert(lease),
        None => guard.insert(lease_block()?),
    };
    for _ in 0..BLOCK {
        let port = lease.first + lease.next;
        lease.next = (lease.next + 1) % BLOCK;
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure::fault("no free port left"))
}

/// The right to a port that is known by its number: suites side by side take turns. `None` while another one has it.
pub fn turn(port: u16) -> Option<File> {
    lock(&format!("conformance-port-{port}"))
}

fn lock(name: &str) -> Option<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(std::env::temp_dir().join(name))
        .ok()?;
    file.try_lock().is_ok().then_some(file)
}

fn lease_block() -> Result<Lease, Failure> {
    for block in 0..BLOCKS {
        if let Some(lock) = lock(&format!("conformance-ports-{block}")) {
            return Ok(Lease {
                _lock: lock,
                first: FIRST + block * BLOCK,
                next: 0,
            });
        }
    }
    Err(Failure::fault("every block of ports is leased"))
}
