//! Ports for subjects, out of the way of each other and of other suites on the machine.
//! It knows a range below the ephemeral ports and leases a block of it by a file lock.
//! It refuses to hand out a port twice in a row or one that is taken.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::{Mutex, PoisonError};

use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket};

use crate::judge::Failure;

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
        if probe(port).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure::fault("no free port left"))
}

/// A socket on a port that nobody listens on. It does not listen itself: a process that is being started beside us has a copy of it for a moment, and a
/// copy that listens would keep out whoever the port is for.
fn probe(port: u16) -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
    setsockopt(&socket, ReuseAddr, &true)?;
    let any = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
    bind(socket.as_raw_fd(), &any)?;
    Ok(socket)
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{free, probe};

    #[test]
    fn a_probe_keeps_no_listener_out_and_finds_one() {
        let port = free().unwrap();
        let held = probe(port).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        drop(held);
        assert!(probe(port).is_err());
        drop(listener);
        assert!(probe(port).is_ok());
    }
}
