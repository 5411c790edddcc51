//! A port in another's place: open while the other one is.
//! It knows whether an address is taken, and whose end is its own.
//! It refuses connections where the one behind it would.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use nix::sys::socket::sockopt::{Linger, ReuseAddr};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket};

use super::link::Link;
use super::{Fate, Relay};
use crate::watchdog::rig::proc;

const MOMENT: Duration = Duration::from_millis(2);

/// A place to listen and whom to pass connections to.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    at: SocketAddr,
    to: SocketAddr,
    watched: i32,
}

impl Listening {
    /// On one address in place of the same port of another, until the process has ended.
    pub fn between(port: u16, at: [u8; 4], to: [u8; 4], watched: i32) -> Self {
        Self {
            at: (at, port).into(),
            to: (to, port).into(),
            watched,
        }
    }

    pub fn in_background(self, relay: Relay) {
        std::thread::spawn(move || self.run(relay));
    }

    /// Serves until the process is gone.
    pub fn run(self, relay: Relay) {
        let mut listener = None;
        let count = AtomicU64::new(0);
        while proc::alive(self.watched) {
            let open = listens(self.to);
            if !open && !relay.lingers {
                listener = None;
            } else if listener.is_none() {
                listener = TcpListener::bind(self.at).ok();
            }
            match &listener {
                Some(listener) if ready(listener) => {
                    if let Ok((client, _)) = listener.accept() {
                        self.accept(client, relay, count.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                }
                Some(_) => {}
                None => std::thread::sleep(MOMENT),
            }
        }
        // Connections have as long as it takes to pass on what the process had sent.
        drop(listener);
        std::thread::sleep(Duration::from_millis(300));
    }

    fn accept(self, client: TcpStream, relay: Relay, n: u64) {
        std::thread::spawn(move || {
            let fate = relay.open.map_or(Fate::Pass, |open| open(n, self.to));
            match fate {
                Fate::Late(pause) => std::thread::sleep(pause),
                Fate::Cut | Fate::Close | Fate::Drop => return Ok(()),
                Fate::Reset => return reset(&client),
                Fate::Pass | Fate::Reply(_) => {}
            }
            let server = TcpStream::connect(self.to)?;
            Link::new(client, server, relay).run()
        });
    }
}

pub(super) fn reset(stream: &TcpStream) -> io::Result<()> {
    let none = nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(stream, Linger, &none)?;
    Ok(())
}

fn ready(listener: &TcpListener) -> bool {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(2_u8)).is_ok_and(|count| count > 0)
}

/// Whether somebody listens there: then the address cannot be had. A try to connect would be seen, and a socket that does not listen keeps nobody out.
fn listens(addr: SocketAddr) -> bool {
    let SocketAddr::V4(addr) = addr else {
        return false;
    };
    let attempt = || {
        let flags = SockFlag::SOCK_CLOEXEC;
        let probe = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
        setsockopt(&probe, ReuseAddr, &true)?;
        bind(probe.as_raw_fd(), &SockaddrIn::from(addr))
    };
    attempt() == Err(Errno::EADDRINUSE)
}
