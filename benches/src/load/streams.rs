//! Many event streams at once, all read by one thread.
//! It knows the mark that the function puts into each event.
//! It refuses a stream that ends, answers wrongly or misses events.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Ask, client};
use crate::fault::{During as _, Fault};
use crate::serve::EVENT_MARK;

const GOOD: &[u8] = b"HTTP/1.1 200";
const BUFFER: usize = 16 << 10;

pub struct Streams {
    all: Vec<Stream>,
}

struct Stream {
    socket: TcpStream,
    /// The first bytes of the answer, until they are known to be good.
    start: Vec<u8>,
    events: u64,
}

impl Streams {
    pub fn open(port: u16, ask: &Ask, count: usize) -> Result<Self, Fault> {
        let wire = ask.wire(port);
        let all = (0..count).map(|_| {
            let mut socket = client::connect(port)?.into_inner();
            socket.write_all(&wire)?;
            socket.set_nonblocking(true)?;
            Ok(Stream {
                socket,
                start: Vec::new(),
                events: 0,
            })
        });
        let all: std::io::Result<Vec<Stream>> = all.collect();
        Ok(Self {
            all: all.during("open the streams")?,
        })
    }

    /// Reads for a while; the events of all streams, and of the stream that had the fewest.
    pub fn watch(&mut self, time: Duration) -> Result<(u64, u64), Fault> {
        let end = Instant::now() + time;
        for stream in &mut self.all {
            stream.events = 0;
        }
        let mut buffer = vec![0; BUFFER];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            for at in self.readable(left)? {
                if let Some(stream) = self.all.get_mut(at) {
                    stream.read(&mut buffer)?;
                }
            }
        }
        let counts = self.all.iter().map(|stream| stream.events);
        Ok((counts.clone().sum(), counts.min().unwrap_or_default()))
    }

    fn readable(&self, patience: Duration) -> Result<Vec<usize>, Fault> {
        let mut fds: Vec<PollFd<'_>> = self
            .all
            .iter()
            .map(|stream| PollFd::new(stream.socket.as_fd(), PollFlags::POLLIN))
            .collect();
        let timeout = PollTimeout::try_from(patience + Duration::from_millis(1));
        poll(&mut fds, timeout.unwrap_or(PollTimeout::ZERO)).during("poll")?;
        let ready = fds.iter().enumerate();
        Ok(ready
            .filter(|(_, fd)| fd.any().unwrap_or_default())
            .map(|(at, _)| at)
            .collect())
    }
}

impl Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Fault> {
        let got = match self.socket.read(buffer) {
            Ok(0) => return Err(Fault::new("a stream ended")),
            Ok(got) => got,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).during("a stream"),
        };
        let fresh = buffer.get(..got).unwrap_or_default();
        if self.start.len() < GOOD.len() {
            self.start.extend_from_slice(fresh);
            if !self.start.starts_with(GOOD) {
                let start = String::from_utf8_lossy(&self.start);
                return Err(Fault::new(format!("a stream began: {start}")));
            }
        }
        let marks = fresh.iter().filter(|byte| **byte == EVENT_MARK);
        self.events += marks.count() as u64;
        Ok(())
    }
}
