//! One connection of the judge to a subject, every byte on record.
//! It knows how to send anything, and to read heads and bodies strictly or as they come.
//! It refuses to wait without a limit: every read has a timeout, and running into it is an error.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use nix::libc::linger;
use nix::sys::socket::{
    self, AddressFamily, SockFlag, SockType, SockaddrStorage, setsockopt, sockopt,
};

use super::head::{parse_response, take_head};
use super::transcript::Direction;
use super::{Decoder, End, Framing, Head, Pattern, Request, Response, Transcript};
use crate::failure::Failure;

type Result<T> = std::result::Result<T, Failure>;

/// A raw connection.
#[derive(Debug)]
pub struct Wire {
    stream: Arc<TcpStream>,
    authority: String,
    buf: Vec<u8>,
    eof: Option<String>,
    method: String,
    body: Decoder,
    timeout: Duration,
    transcript: Transcript,
    id: u64,
}

impl Wire {
    pub fn connect(addr: SocketAddr, timeout: Duration, transcript: &Transcript) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, timeout)
            .map_err(|e| Failure::failed(format!("cannot connect to {addr}: {e}")))?;
        Self::over(stream, addr, timeout, transcript)
    }

    /// A connection on which next to nothing fits into the buffers on the way: small segments and a small window.
    pub fn narrow(addr: SocketAddr, timeout: Duration, transcript: &Transcript) -> Result<Self> {
        let stream = narrow(addr)
            .map_err(|e| Failure::failed(format!("cannot connect narrowly to {addr}: {e}")))?;
        Self::over(stream, addr, timeout, transcript)
    }

    fn over(
        stream: TcpStream,
        addr: SocketAddr,
        timeout: Duration,
        transcript: &Transcript,
    ) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        let id = transcript.open();
        Ok(Self {
            stream: Arc::new(stream),
            authority: addr.to_string(),
            buf: Vec::new(),
            eof: None,
            method: "GET".to_owned(),
            body: Decoder::new(Framing::None),
            timeout,
            transcript: transcript.clone(),
            id,
        })
    }

    /// The limit of every single read and write from here on.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<()> {
        self.timeout = timeout;
        self.stream.set_read_timeout(Some(timeout))?;
        self.stream.set_write_timeout(Some(timeout))?;
        Ok(())
    }

    /// A way to end this connection from another thread.
    pub fn cutter(&self) -> Cutter {
        Cutter(Arc::downgrade(&self.stream))
    }

    /// Our own address on this connection.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.stream.local_addr()?)
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.transcript.record(self.id, Direction::Sent, bytes);
        let sent = (&*self.stream).write_all(bytes);
        sent.map_err(|e| Failure::failed(format!("cannot send {} bytes: {e}", bytes.len())))
    }

    /// Sends the head alone; the body is up to the case.
    pub fn send_head(&mut self, request: &Request) -> Result<()> {
        self.method.clone_from(&request.method);
        let head = request.head_bytes(&self.authority);
        self.send(&head)
    }

    /// Sends the request whole, from this thread.
    pub fn send_request(&mut self, request: &Request) -> Result<()> {
        self.send_head(request)?;
        let mut out = Recorded {
            stream: &self.stream,
            transcript: &self.transcript,
            id: self.id,
        };
        request.write_body(&mut out)?;
        Ok(())
    }

    /// Sends and reads at the same time, so that neither side can block the other.
    pub fn exchange(&mut self, request: &Request) -> Result<Response> {
        self.while_sending(request, Self::read_response)
    }

    /// Sends `request` while comparing the answer's body with `want`; the body is not kept.
    pub fn exchange_pattern(&mut self, request: &Request, want: Pattern) -> Result<Response> {
        self.while_sending(request, |wire| {
            let head = wire.read_head()?;
            let mut offset = 0;
            while let Some(data) = wire.read_some()? {
                if let Some(at) = want.mismatch(offset, &data) {
                    let message = format!("the body differs from the expected one at byte {at}");
                    return Err(Failure::failed(message));
                }
                offset += data.len() as u64;
            }
            let end = wire.end();
            if offset != want.len {
                let want = want.len;
                return Err(Failure::failed(format!(
                    "{offset} body bytes of {want}; {end:?}"
                )));
            }
            Ok(Response::new(
                head,
                Vec::new(),
                wire.body.trailers.clone(),
                end,
            ))
        })
    }

    /// Runs `read` while the body is being sent. That the subject stops reading is no failure.
    fn while_sending<T>(
        &mut self,
        request: &Request,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.send_head(request)?;
        let stream = self.stream.try_clone()?;
        let (transcript, id) = (self.transcript.clone(), self.id);
        std::thread::scope(|scope| {
            let sender = scope.spawn(move || {
                let mut out = Recorded {
                    stream: &stream,
                    transcript: &transcript,
                    id,
                };
                if let Err(error) = request.write_body(&mut out) {
                    transcript.note(id, &format!("sending stopped: {error}"));
                }
            });
            let result = read(self);
            // An answer before the end of the upload: the rest of it is not awaited for long.
            let limit = if result.is_ok() {
                Instant::now() + LINGER
            } else {
                Instant::now()
            };
            while !sender.is_finished() && Instant::now() < limit {
                std::thread::sleep(Duration::from_millis(1));
            }
            if !sender.is_finished() {
                let _ = self.stream.shutdown(Shutdown::Both);
            }
            result
        })
    }

    /// Reads one final head; interim ones are collected in it.
    pub fn read_head(&mut self) -> Result<Head> {
        let mut interim = Vec::new();
        loop {
            let mut head = self.read_any_head()?;
            if (100..200).contains(&head.status) && head.status != 101 {
                interim.push(head);
            } else {
                head.interim = interim;
                return Ok(head);
            }
        }
    }

    /// Reads the next head, interim or not.
    pub fn read_any_head(&mut self) -> Result<Head> {
        let bytes = loop {
            if let Some(head) = take_head(&mut self.buf) {
                break head;
            }
            if !self.fill()? {
                let why = self.eof.clone().unwrap_or_default();
                let had = self.buf.len();
                return Err(Failure::failed(format!(
                    "no response head, {had} bytes of it: {why}"
                )));
            }
        };
        let (line, headers) = parse_response(&bytes).map_err(bad_wire)?;
        let framing =
            Framing::of_response(&self.method, line.status, &headers).map_err(bad_wire)?;
        self.body = Decoder::new(framing);
        let (minor, status, reason) = (line.minor, line.status, line.reason);
        Ok(Head {
            minor,
            status,
            reason,
            headers,
            framing,
            interim: Vec::new(),
        })
    }

    /// The next decoded body bytes; `None` at its end, clean or not (see `end`).
    pub fn read_some(&mut self) -> Result<Option<Vec<u8>>> {
        let mut out = Vec::new();
        loop {
            let done = self
                .body
                .decode(&mut self.buf, &mut out)
                .map_err(bad_wire)?;
            if !out.is_empty() {
                return Ok(Some(out));
            }
            if done || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads body bytes until `needle` is among them; returns all read so far.
    pub fn read_until(&mut self, needle: &[u8]) -> Result<Vec<u8>> {
        let mut seen = Vec::new();
        while !seen.windows(needle.len()).any(|window| window == needle) {
            let Some(more) = self.read_some()? else {
                let text = String::from_utf8_lossy(needle);
                return Err(Failure::failed(format!(
                    "the body ended before {text:?} came"
                )));
            };
            seen.extend(more);
        }
        Ok(seen)
    }

    /// Reads the body to its end, as the framing has it.
    pub fn read_body(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(more) = self.read_some()? {
            all.extend(more);
        }
        Ok(all)
    }

    pub fn read_response(&mut self) -> Result<Response> {
        let head = self.read_head()?;
        let body = self.read_body()?;
        let end = self.end();
        Ok(Response::new(head, body, self.body.trailers.clone(), end))
    }

    /// How the last body ended.
    pub fn end(&self) -> End {
        if self.body.is_done() {
            return End::Clean;
        }
        match (&self.eof, self.body.at_eof()) {
            (Some(why), Ok(())) if why == CLOSED => End::Clean,
            (Some(why), Ok(())) => End::Cut(why.clone()),
            (_, Err(why)) => End::Cut(why),
            (None, Ok(())) => End::Cut("not read to its end".to_owned()),
        }
    }

    /// Everything until the peer closes, undecoded.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        while self.fill()? {}
        Ok(std::mem::take(&mut self.buf))
    }

    /// Exactly `n` undecoded bytes (after an upgrade, say).
    pub fn read_exact(&mut self, n: usize) -> Result<Vec<u8>> {
        while self.buf.len() < n {
            if !self.fill()? {
                let had = self.buf.len();
                return Err(Failure::failed(format!(
                    "closed after {had} of {n} raw bytes"
                )));
            }
        }
        Ok(self.buf.drain(..n).collect())
    }

    /// The peer must close within `secs` and send nothing more (a reset counts as closing).
    pub fn expect_closed(&mut self, within: Duration) -> Result<()> {
        let deadline = Instant::now() + within;
        let before = self.timeout;
        let outcome = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            self.set_timeout(left.max(Duration::from_millis(1)))?;
            match self.fill() {
                Ok(true) => {}
                Ok(false) if self.buf.is_empty() => break Ok(()),
                Ok(false) => {
                    let text = super::transcript::escape(&self.buf);
                    break Err(Failure::failed(format!("bytes before the close: {text}")));
                }
                Err(_) => {
                    break Err(Failure::failed(format!("not closed within {within:?}")));
                }
            }
        };
        self.set_timeout(before)?;
        outcome
    }

    /// Nothing must come, and the connection must stay open, for that long.
    pub fn expect_quiet(&mut self, during: Duration) -> Result<()> {
        let before = self.timeout;
        self.set_timeout(during)?;
        let quiet = match self.fill() {
            Ok(true) => Err(Failure::failed("bytes came where none were expected")),
            Ok(false) => Err(Failure::failed("closed where it was expected to stay open")),
            Err(_) => Ok(()),
        };
        self.set_timeout(before)?;
        quiet
    }

    /// No more from us; the other direction stays open.
    pub fn half_close(&mut self) -> Result<()> {
        self.transcript.note(self.id, "half-closed by the client");
        Ok(self.stream.shutdown(Shutdown::Write)?)
    }

    /// Closes with a TCP reset.
    pub fn reset(self) -> Result<()> {
        self.transcript.note(self.id, "reset by the client");
        let value = linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&*self.stream, sockopt::Linger, &value)
            .map_err(|e| Failure::fault(format!("SO_LINGER: {e}")))
    }

    /// Closes in order.
    pub fn close(self) {
        self.transcript.note(self.id, "closed by the client");
    }

    /// The socket and what was already read from it: for other protocols after an upgrade.
    pub fn into_parts(self) -> Result<(TcpStream, Vec<u8>)> {
        let stream = match Arc::try_unwrap(self.stream) {
            Ok(stream) => stream,
            // Somebody is about to cut it.
            Err(shared) => shared.try_clone()?,
        };
        Ok((stream, self.buf))
    }

    /// Reads once; false when the peer is gone. A timeout is an error.
    fn fill(&mut self) -> Result<bool> {
        if self.eof.is_some() {
            return Ok(false);
        }
        let mut chunk = vec![0; 64 * 1024];
        match (&*self.stream).read(&mut chunk) {
            Ok(0) => {
                self.eof = Some(CLOSED.to_owned());
                self.transcript.note(self.id, CLOSED);
                Ok(false)
            }
            Ok(n) => {
                let bytes = chunk.get(..n).unwrap_or_default();
                self.transcript.record(self.id, Direction::Received, bytes);
                self.buf.extend_from_slice(bytes);
                Ok(true)
            }
            Err(e) if is_timeout(&e) => {
                let timeout = self.timeout;
                Err(Failure::failed(format!(
                    "nothing more came within {timeout:?}"
                )))
            }
            Err(e) => {
                self.transcript.note(self.id, &e.to_string());
                self.eof = Some(e.to_string());
                Ok(false)
            }
        }
    }
}

/// Ends a connection that another thread reads from; it does not keep it open.
#[derive(Clone, Debug)]
pub struct Cutter(Weak<TcpStream>);

impl Cutter {
    pub fn cut(&self) {
        if let Some(stream) = self.0.upgrade() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

fn narrow(addr: SocketAddr) -> nix::Result<TcpStream> {
    let (family, flags) = match addr {
        SocketAddr::V4(_) => (AddressFamily::Inet, SockFlag::SOCK_CLOEXEC),
        SocketAddr::V6(_) => (AddressFamily::Inet6, SockFlag::SOCK_CLOEXEC),
    };
    let socket = socket::socket(family, SockType::Stream, flags, None)?;
    setsockopt(&socket, sockopt::TcpMaxSeg, &536)?;
    setsockopt(&socket, sockopt::RcvBuf, &2048)?;
    socket::connect(socket.as_raw_fd(), &SockaddrStorage::from(addr))?;
    Ok(socket.into())
}

/// How long an upload may go on after the answer is complete.
const LINGER: Duration = Duration::from_secs(1);
const CLOSED: &str = "closed by the subject";

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn bad_wire(why: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("not HTTP/1.1: {why}"))
}

struct Recorded<'a> {
    stream: &'a TcpStream,
    transcript: &'a Transcript,
    id: u64,
}

impl Write for Recorded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stream = self.stream;
        let n = stream.write(bytes)?;
        self.transcript
            .record(self.id, Direction::Sent, bytes.get(..n).unwrap_or(bytes));
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
