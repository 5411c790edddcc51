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
use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, Interest, ReadBuf, Take};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

use crate::sendfile::{Outbox, stands_in};

/// How long, and for how many bytes, a connection is read after its last answer where the client was still sending: closing at once would reset it,
/// and the client could lose the answer.
const LINGER: Duration = Duration::from_secs(2);
/// Between a client's end and giving up on it.
const LAST_WORD: Duration = Duration::from_millis(50);

const LINGER_BYTES: usize = 64 << 20;

/// As much as is read at once. hyper's buffers grow with what a read brings, up to the limit of a request's head, which is a megabyte.
const READ: u64 = 64 << 10;

/// What a request may ask of its connection.
#[derive(Debug)]
pub struct Peer {
    /// A second hold on the socket. `None` only while dropping.
    socket: Option<OwnedWriteHalf>,
    /// Ends the connection, whatever it is doing.
    pub cut: CancellationToken,
    /// Files that are due to the client.
    pub outbox: Outbox,
    unread: AtomicBool,
    asked: AtomicBool,
}

impl Peer {
    /// The connection, and what of it can be shared.
    pub fn split(stream: TcpStream, cut: CancellationToken) -> (Io, Arc<Self>) {
        let (read, write) = stream.into_split();
        let peer = Arc::new(Self {
            socket: Some(write),
            cut,
            outbox: Outbox::default(),
            unread: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        });
        let io = Io {
            read: read.take(READ),
            peer: Arc::clone(&peer),
            lingering: None,
        };
        (io, peer)
    }

    /// Completes when the client has closed its side, even where unread bytes hide that from a reader.
    pub async fn gone(&self) {
        // Every interest but `READABLE` ignores bytes that wait to be read; this one still sees the end.
        if let Some(socket) = &self.socket {
            let _ = socket.as_ref().ready(Interest::PRIORITY).await;
        }
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
        if let Some(socket) = &self.socket {
            let _ = socket.as_ref().set_zero_linger();
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A half that drops says goodbye properly, which is not ours to say: an answer that was cut must not look whole.
        if let Some(socket) = self.socket.take() {
            socket.forget();
        }
    }
}

/// The connection as hyper sees it.
#[derive(Debug)]
pub struct Io {
    /// Reads, and knows after a short read that there is nothing left to read for now.
    read: Take<OwnedReadHalf>,
    peer: Arc<Peer>,
    lingering: Option<Lingering>,
}

#[derive(Debug)]
struct Lingering {
    timer: Pin<Box<Sleep>>,
    left: usize,
}

impl Io {
    fn stream(&self) -> &TcpStream {
        self.read.get_ref().as_ref()
    }

    /// Runs `send` whenever the socket takes bytes, until it has taken some.
    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let stream = self.stream();
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || send(stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
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
            let mut buffer = ReadBuf::new(&mut scratch);
            self.read.set_limit(READ);
            let read = ready!(Pin::new(&mut self.read).poll_read(cx, &mut buffer));
            match (read, buffer.filled().len()) {
                (Ok(()), read) if read > 0 && lingering.left > read => lingering.left -= read,
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.read.set_limit(READ);
        Pin::new(&mut self.read).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let own = slices.iter().take_while(|s| !stands_in(s)).count();
        let (own, files) = slices.split_at(own);
        if let (true, Some(file)) = (own.is_empty(), files.first()) {
            return self.poll_send(cx, |stream| self.peer.outbox.send(stream, file.len()));
        }
        let mut flags = SendFlags::NOSIGNAL;
        // A file is on its way, and may share a segment with what is before it.
        flags.set(SendFlags::MORE, !files.is_empty());
        self.poll_send(cx, |stream| {
            let mut control = SendAncillaryBuffer::default();
            Ok(rustix::net::sendmsg(stream, own, &mut control, flags)?)
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            shutdown(self.stream().as_raw_fd(), Shutdown::Write)?;
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
