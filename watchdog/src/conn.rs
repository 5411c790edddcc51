//! A client's connection: bytes both ways, and whether the client is still there.
//!
//! Owns the socket. May know that an upload was left unread, and the bytes with which HTTP/2 begins. Refuses to know more of HTTP.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
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

/// What a client that knows that we speak HTTP/2 begins with (RFC 9113, 3.4). No request of HTTP/1 begins so.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client says first is mostly a whole request, and that is mostly no longer.
const FIRST: usize = 4 << 10;

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
            ahead: Bytes::new(),
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
    /// What was read to tell the version.
    ahead: Bytes,
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
    /// Whether the client begins to speak HTTP/2. Waits until it has said enough.
    ///
    /// # Errors
    /// As the system says.
    pub async fn speaks_http2(&mut self) -> io::Result<bool> {
        let mut said = Vec::new();
        while poll_fn(|cx| self.poll_more(cx, &mut said)).await? > 0 {
            if said.len() >= PREFACE.len() || !PREFACE.starts_with(&said) {
                break;
            }
        }
        self.ahead = said.into();
        Ok(self.ahead.starts_with(PREFACE))
    }

    /// Reads over the stack: in the future it would stay for as long as the connection.
    fn poll_more(&mut self, cx: &mut Context<'_>, said: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        let mut scratch = [MaybeUninit::uninit(); FIRST];
        let mut buffer = ReadBuf::uninit(&mut scratch);
        self.read.set_limit(READ);
        ready!(Pin::new(&mut self.read).poll_read(cx, &mut buffer))?;
        said.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

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
        if self.ahead.is_empty() {
            return Pin::new(&mut self.read).poll_read(cx, buffer);
        }
        let most = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead.split_to(most));
        // hyper's buffer would grow with a second read. An end, or an error, comes again.
        let _ = Pin::new(&mut self.read).poll_read(cx, buffer);
        Poll::Ready(Ok(()))
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    /// What a client that says `pieces` one by one is taken for, and what is read after that.
    async fn opened(pieces: &[&[u8]]) -> (bool, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (mut io, _peer) = Peer::split(stream, CancellationToken::new());
        let said = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            client.shutdown().await.unwrap();
        };
        let (http2, ()) = tokio::join!(io.speaks_http2(), said);
        let mut read = Vec::new();
        io.read_to_end(&mut read).await.unwrap();
        (http2.unwrap(), read)
    }

    #[tokio::test]
    async fn the_version_shows_in_the_first_bytes_and_none_is_lost() {
        let get = b"GET / HTTP/1.1\r\n\r\n";
        let long = [&b"POST / HTTP/1.1\r\n"[..], &[b'a'; 3 * FIRST]].concat();
        let frames = [PREFACE, &[0; 9]].concat();
        for (said, http2) in [
            (&get[..], false),
            (&long, false),
            (b"P", false),
            (b"PRI * HTTP/2.0\r\n\r\nno", false),
            (b"", false),
            (PREFACE, true),
            (&frames, true),
        ] {
            for size in [1, 5, FIRST] {
                let pieces: Vec<&[u8]> = said.chunks(size).collect();
                let pieces = if pieces.len() > 100 {
                    vec![said]
                } else {
                    pieces
                };
                assert_eq!(opened(&pieces).await, (http2, said.to_vec()), "{size}");
            }
        }
    }
}
