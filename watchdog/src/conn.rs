//! A client's connection: bytes both ways, and whether the client is still there.
//!
//! Owns the socket. May know that an upload was left unread. Refuses to know HTTP.

use std::io::{self, IoSlice};
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use nix::sys::socket::{Shutdown, shutdown};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// How long, and for how many bytes, a connection is read after its last answer where the client was still sending: closing at once would reset it,
/// and the client could lose the answer.
const LINGER: Duration = Duration::from_secs(2);
/// Between a client's end and giving up on it.
const LAST_WORD: Duration = Duration::from_millis(50);

const LINGER_BYTES: usize = 64 << 20;

/// What a request may ask of its connection.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    /// Ends the connection, whatever it is doing.
    pub cut: CancellationToken,
    unread: AtomicBool,
    asked: AtomicBool,
}

impl Peer {
    pub fn new(stream: TcpStream, cut: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            stream,
            cut,
            unread: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        })
    }

    /// Completes when the client has closed its side, even where unread bytes hide that from a reader.
    pub async fn gone(&self) {
        // Every interest but `READABLE` ignores bytes that wait to be read; this one still sees the end.
        let _ = self.stream.ready(Interest::PRIORITY).await;
        // Whoever reads the upload knows better what this end means, and gets the chance to say so.
        sleep(LAST_WORD).await;
    }

    /// A request has arrived.
    pub fn asked(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    pub fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// An upload was not read to its end.
    pub fn left_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The next close is a reset, so that an answer that only closing ends cannot look whole.
    pub fn reset_on_close(&self) {
        let _ = self.stream.set_zero_linger();
    }
}

/// The connection as hyper sees it.
#[derive(Debug)]
pub struct Io {
    peer: Arc<Peer>,
    lingering: Option<Lingering>,
}

#[derive(Debug)]
struct Lingering {
    timer: Pin<Box<Sleep>>,
    left: usize,
}

impl Io {
    pub const fn new(peer: Arc<Peer>) -> Self {
        Self {
            peer,
            lingering: None,
        }
    }

    fn linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(lingering) = &mut self.lingering else {
            return Poll::Ready(());
        };
        let mut scratch = [0; 16 << 10];
        loop {
            if lingering.timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if ready!(self.peer.stream.poll_read_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            match self.peer.stream.try_read(&mut scratch) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(read) if read > 0 && lingering.left > read => lingering.left -= read,
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.peer.stream.poll_read_ready(cx))?;
            match self.peer.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.peer.stream.poll_write_ready(cx))?;
            match self.peer.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.peer.stream.poll_write_ready(cx))?;
            match self.peer.stream.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            shutdown(self.peer.stream.as_raw_fd(), Shutdown::Write)?;
            if !self.peer.unread.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
            self.lingering = Some(Lingering {
                timer: Box::pin(sleep(LINGER)),
                left: LINGER_BYTES,
            });
        }
        self.linger(cx).map(Ok)
    }
}
