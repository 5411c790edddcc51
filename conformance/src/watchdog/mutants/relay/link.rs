//! One connection and its twin behind it.
//! It knows both ends, and what the one learns when the other closes, resets or breaks off.
//! It refuses to look into the bytes: that is for whoever knows the protocol.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use super::listening::reset;
use super::passage::{Passage, Shared};
use super::sink::Sink;
use super::way::{Hooks, Way};
use super::{Fate, Relay};

/// How one way ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// The other way may go on.
    Own,
    /// With the connection.
    Cut,
    /// With the connection, as if it had broken.
    Reset,
}

const CHUNK: usize = 64 * 1024;

/// Both ends.
#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    server: TcpStream,
    relay: Relay,
    shared: Shared,
}

impl Link {
    pub fn new(client: TcpStream, server: TcpStream, relay: Relay) -> Self {
        Self {
            client,
            server,
            relay,
            shared: Shared::default(),
        }
    }

    pub fn run(self) -> io::Result<()> {
        self.client.set_nodelay(true)?;
        self.server.set_nodelay(true)?;
        let link = Arc::new(self);
        let other = Arc::clone(&link);
        let up = std::thread::spawn(move || other.direction(Way::Up));
        link.direction(Way::Down);
        let _ = up.join();
        Ok(())
    }

    fn hooks(&self, way: Way) -> Hooks {
        Hooks::of(&self.relay, way)
    }

    fn ends(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::Up => (&self.client, &self.server),
            Way::Down => (&self.server, &self.client),
        }
    }

    /// Passes one way to its end, which may be that of the other way as well.
    fn direction(&self, way: Way) {
        match self.carry(way) {
            Ok(Ending::Own) => {}
            Ok(Ending::Cut) => self.both(false),
            Ok(Ending::Reset) | Err(_) => self.both(true),
        }
    }

    fn carry(&self, way: Way) -> io::Result<Ending> {
        let (mut from, to) = self.ends(way);
        let hooks = self.hooks(way);
        let reads = hooks.reads() || self.hooks(way.other()).reads();
        let mut passage = Passage::new(way, hooks, reads, &self.shared);
        let mut sink = Sink::new(to, hooks.greedy)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = match from.read(&mut chunk) {
                Ok(n) => n,
                Err(_) if hooks.mends => 0,
                Err(_) if hooks.hides_end => return Ok(Ending::Own),
                Err(_) => return Ok(Ending::Reset),
            };
            let end = n == 0;
            let gathered = passage.pass(chunk.get(..n).unwrap_or_default().to_vec(), end);
            if gathered.fate == Fate::Reset {
                return Ok(Ending::Reset);
            }
            let sent = sink.send(gathered.out);
            if end {
                if !hooks.hides_end {
                    sink.end();
                }
                return Ok(Ending::Own);
            }
            if let Fate::Reply(text) = &gathered.fate {
                let _ = (&self.client).write_all(text);
            }
            if gathered.fate != Fate::Pass {
                return Ok(Ending::Cut);
            }
            if sent.is_err() && !hooks.swallows {
                return Ok(Ending::Reset);
            }
        }
    }

    /// Ends the connection on both sides.
    fn both(&self, hard: bool) {
        for stream in [&self.client, &self.server] {
            if hard {
                let _ = reset(stream);
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
