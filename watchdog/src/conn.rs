//! A client's connection: bytes both ways, and whether the client is still there.
//!
//! Owns the socket, and since when nothing is in flight on it. May know that the client may still be sending, and the bytes with which
//! HTTP/2 begins. Refuses to know more of HTTP.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::{self, MaybeUninit};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use nix::sys::socket::{Shutdown, shutdown};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::sendfile::{Outbox, stands_in};

/// How long a connection is read after its last answer where the client was still sending: closing at once would reset it, and the client could lose the
/// answer.
pub const LINGER: Duration = Duration::from_secs(2);
/// Between a client's end and giving up on it.
const LAST_WORD: Duration = Duration::from_millis(50);

/// What a client that knows that we speak HTTP/2 begins with (RFC 9113, 3.4). No request of HTTP/1 begins so.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client says first is mostly a whole request, and that is mostly no longer.
const FIRST: usize = 4 << 10;

/// What a request may ask of its connection.
#[derive(Debug)]
pub struct Peer {
    /// A second hold on the socket. `None` only while dropping.
    socket: Option<OwnedWriteHalf>,
    /// Files that are due to the client.
    pub outbox: Outbox,
    /// What goes out before the answer that comes next.
    early: Mutex<Vec<u8>>,
    /// How many bytes that nobody wants may still come.
    unread: AtomicUsize,
    /// The client says what it takes of an answer.
    reports: AtomicBool,
    /// Why no more requests are wanted, if they are not.
    ending: AtomicU8,
    /// Somebody may be reading an upload.
    uploading: AtomicBool,
    /// Something has come since that was asked.
    spoken: AtomicBool,
    clock: Mutex<Clock>,
}

/// Whether anything is in flight on a connection.
#[derive(Debug)]
struct Clock {
    busy: usize,
    /// When the connection last began to wait for a request, for the rest of a head, or for the client to take what is no function's answer.
    since: Instant,
}

/// A request in flight on a connection: until its answer is over, as with its ticket.
#[derive(Debug)]
pub struct Busy(Arc<Peer>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut clock = self.0.clock();
        clock.busy = clock.busy.saturating_sub(1);
        clock.since = Instant::now();
    }
}

const OPEN: u8 = 0;
const CLOSING: u8 = 1;
const LATE: u8 = 2;

impl Peer {
    /// The connection, and what of it can be shared.
    pub fn split(stream: TcpStream) -> (Io, Arc<Self>) {
        let (read, write) = stream.into_split();
        let peer = Arc::new(Self {
            socket: Some(write),
            outbox: Outbox::default(),
            early: Mutex::default(),
            unread: AtomicUsize::new(0),
            reports: AtomicBool::new(false),
            ending: AtomicU8::new(OPEN),
            uploading: AtomicBool::new(true),
            spoken: AtomicBool::new(false),
            clock: Mutex::new(Clock {
                busy: 0,
                since: Instant::now(),
            }),
        });
        let io = Io {
            ahead: BytesMut::new(),
            read,
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
        if self.uploading.load(Ordering::Relaxed) {
            // Whoever reads the upload knows better what this end means, and gets the chance to say so.
            sleep(LAST_WORD).await;
        }
    }

    /// Our end of the connection.
    pub fn local(&self) -> Option<SocketAddr> {
        let socket = self.socket.as_ref()?;
        socket.local_addr().ok()
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is in flight for as long as this is held.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.clock().busy += 1;
        Busy(Arc::clone(self))
    }

    /// Something else begins that the client must come to the end of: a head, or an answer that is no function's.
    pub fn restart(&self) {
        self.clock().since = Instant::now();
    }

    /// Completes when nothing has been in flight for so long. Looks no more often than that.
    pub async fn silence(&self, limit: Duration) {
        loop {
            let due = {
                let clock = self.clock();
                let since = if clock.busy > 0 {
                    Instant::now()
                } else {
                    clock.since
                };
                since + limit
            };
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }

    /// No more requests are wanted. The connection looks when it is polled next.
    pub fn close(&self) {
        self.ending.store(CLOSING, Ordering::Relaxed);
        self.restart();
    }

    /// The client has taken too long over its next request.
    pub fn give_up(&self) {
        self.ending.store(LATE, Ordering::Relaxed);
        self.restart();
    }

    pub fn is_closing(&self) -> bool {
        self.ending.load(Ordering::Relaxed) != OPEN
    }

    /// The rest of a head is waited for no longer.
    pub fn is_late(&self) -> bool {
        self.ending.load(Ordering::Relaxed) == LATE
    }

    /// Whether the client has said anything since this was last asked.
    pub fn has_spoken(&self) -> bool {
        self.spoken.swap(false, Ordering::Relaxed)
    }

    /// The client may still be sending: so many bytes are read before its connection is closed.
    pub fn left_unread(&self, bytes: usize) {
        self.unread.store(bytes, Ordering::Relaxed);
    }

    /// The client says what it takes, also behind the end of the last answer: it is listened to for as long as it does, and
    /// whoever runs the connection bounds that.
    pub fn reports(&self, bytes: usize) {
        self.reports.store(true, Ordering::Relaxed);
        self.left_unread(bytes);
    }

    fn early(&self) -> MutexGuard<'_, Vec<u8>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what is no part of an answer: at once, as far as the socket takes it, and the rest when it does or before the answer.
    pub fn say_early(&self, bytes: &[u8]) {
        let mut early = self.early();
        early.extend_from_slice(bytes);
        let Some(socket) = &self.socket else { return };
        let stream: &TcpStream = socket.as_ref();
        // Nobody is to be woken: whoever waits to write has left their waker already.
        while !early.is_empty() {
            let send = || Ok(rustix::net::send(stream, &early, SendFlags::NOSIGNAL)?);
            match stream.try_io(Interest::WRITABLE, send) {
                Ok(sent) => drop(early.drain(..sent)),
                Err(_) => break,
            }
        }
    }

    /// How many of those bytes have not gone out.
    pub fn backlog(&self) -> usize {
        self.early().len()
    }

    /// Those bytes, for whoever sends the answer.
    pub fn take_early(&self) -> Vec<u8> {
        mem::take(&mut *self.early())
    }

    /// Goes on sending them.
    pub fn poll_early(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut early = self.early();
        while !early.is_empty() {
            let sent = ready!(self.poll_write(cx, &[IoSlice::new(&early)]))?;
            early.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Runs `send` whenever the socket takes bytes, until it has taken some.
    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let Some(socket) = &self.socket else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let stream: &TcpStream = socket.as_ref();
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || send(stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    /// Writes bytes, and files in the place of what stands in for them.
    fn poll_write(&self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let own = slices.iter().take_while(|s| !stands_in(s)).count();
        let (own, files) = slices.split_at(own);
        if let (true, Some(file)) = (own.is_empty(), files.first()) {
            let settled = self.outbox.settle(file.len());
            if settled > 0 {
                return Poll::Ready(Ok(settled));
            }
            return self.poll_send(cx, |stream| self.outbox.send(stream, file.len()));
        }
        let mut flags = SendFlags::NOSIGNAL;
        // A file is on its way, and may share a segment with what is before it.
        flags.set(SendFlags::MORE, !files.is_empty());
        self.poll_send(cx, |stream| {
            let mut control = SendAncillaryBuffer::default();
            Ok(rustix::net::sendmsg(stream, own, &mut control, flags)?)
        })
    }

    fn shutdown(&self) -> io::Result<()> {
        match &self.socket {
            Some(socket) => Ok(shutdown(socket.as_ref().as_raw_fd(), Shutdown::Write)?),
            None => Ok(()),
        }
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

/// Writes, whoever reads.
#[derive(Debug)]
pub struct Writer(Arc<Peer>);

/// The whole connection.
#[derive(Debug)]
pub struct Io {
    /// What was read too far by whoever had the connection before.
    ahead: BytesMut,
    /// Reads, and knows after a short read that there is nothing left to read for now.
    read: OwnedReadHalf,
    peer: Arc<Peer>,
    lingering: Option<Lingering>,
}

#[derive(Debug)]
struct Lingering {
    timer: Pin<Box<Sleep>>,
    /// It goes on for as long as the client speaks.
    listens: bool,
    left: usize,
}

impl Lingering {
    fn go_on(&mut self, read: usize) {
        self.left -= read;
        if self.listens {
            self.timer.as_mut().reset(Instant::now() + LINGER);
        }
    }
}

impl Io {
    /// Whether the client begins to speak HTTP/2. Waits until it has said enough; may be dropped and asked again.
    ///
    /// # Errors
    /// As the system says.
    pub async fn speaks_http2(&mut self) -> io::Result<bool> {
        while poll_fn(|cx| self.poll_more(cx)).await? > 0 {
            if self.ahead.len() >= PREFACE.len() || !PREFACE.starts_with(&self.ahead) {
                break;
            }
        }
        Ok(self.ahead.starts_with(PREFACE))
    }

    /// Reads over the stack: in the future it would stay for as long as the connection.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut scratch = [MaybeUninit::uninit(); FIRST];
        let mut buffer = ReadBuf::uninit(&mut scratch);
        ready!(Pin::new(&mut self.read).poll_read(cx, &mut buffer))?;
        if self.ahead.is_empty() {
            self.peer.restart();
        }
        self.ahead.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// The end that writes.
    pub fn writer(&self) -> Writer {
        Writer(Arc::clone(&self.peer))
    }

    /// Whether bytes have arrived, even if the reactor has not said so yet.
    pub fn has_unread(&self) -> bool {
        let (stream, mut byte): (&TcpStream, _) = (self.read.as_ref(), [0]);
        let peek = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        !self.ahead.is_empty()
            || rustix::net::recv(stream, &mut byte, peek).is_ok_and(|(_, len)| len > 0)
    }

    /// Whether somebody reads an upload. Until that is said it may be.
    pub fn set_uploading(&self, uploading: bool) {
        self.peer.uploading.store(uploading, Ordering::Relaxed);
    }

    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What was read too far.
    pub fn take_ahead(&mut self) -> BytesMut {
        mem::take(&mut self.ahead)
    }

    /// Gives back what was read too far: it is read first.
    pub fn put_ahead(&mut self, ahead: BytesMut) {
        self.ahead = ahead;
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
            let read = ready!(Pin::new(&mut self.read).poll_read(cx, &mut buffer));
            match (read, buffer.filled().len()) {
                (Ok(()), read) if read > 0 && lingering.left > read => lingering.go_on(read),
                _ => return Poll::Ready(()),
            }
            self.peer.spoken.store(true, Ordering::Relaxed);
        }
    }

    fn lingering(&self, left: usize) -> Lingering {
        Lingering {
            timer: Box::pin(sleep(LINGER)),
            listens: self.peer.reports.load(Ordering::Relaxed),
            left,
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.read).poll_read(cx, buffer))?;
            self.peer.spoken.store(true, Ordering::Relaxed);
            return Poll::Ready(Ok(()));
        }
        let most = self.ahead.len().min(buffer.remaining());
        buffer.put_slice(&self.ahead.split_to(most));
        if self.ahead.is_empty() {
            self.ahead = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Writer {
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
        self.0.poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown())
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
        self.peer.poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            self.peer.shutdown()?;
            let left = self.peer.unread.load(Ordering::Relaxed);
            if left == 0 {
                return Poll::Ready(Ok(()));
            }
            self.lingering = Some(self.lingering(left));
        }
        self.linger(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What a client that says `pieces` one by one is taken for, and what is read after that.
    async fn opened(pieces: &[&[u8]]) -> (bool, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (mut io, _peer) = Peer::split(stream);
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
