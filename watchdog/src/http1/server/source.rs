//! The reading half of a connection.
//!
//! Owns it, what was read and not yet taken, and how far the current request's body has come: there is no task between the socket and the reader. May know
//! that the client waits to be told to send. Refuses to read ahead.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::{io, mem};

use bytes::{Bytes, BytesMut};
use http_body::Frame;

use super::body::{Broken, RequestBody};
use super::head::{self, Head, Refusal};
use super::heads::{Heads, Share};
use super::opening;
use crate::conn::{Io, Peer};
use crate::http1::inbound::{Inbound, Taken};
use crate::http1::poll_more;

/// What a client that sent `Expect: 100-continue` waits for.
const INVITATION: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// As much of a body that nobody wanted is read as has come, so that the connection can go on; not more than this.
const MOST_UNWANTED: usize = 256 << 10;

/// The reading half, for the connection and for the body of its current request.
#[derive(Debug)]
pub(super) struct Source(Mutex<Inner>);

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be true whatever the others are"
)]
pub(super) struct Inner {
    /// `None` once the connection is somebody else's.
    io: Option<Io>,
    /// What was read and not yet taken.
    read: BytesMut,
    /// How far it was searched for the end of a head.
    scanned: usize,
    share: Share,
    /// Some of a head has been read, and not all.
    begun: bool,
    inbound: Inbound,
    /// The client waits to be told to send.
    uninvited: bool,
    /// Somebody has the body, and may go on with it.
    held: bool,
    /// Nothing that follows can be understood.
    broken: bool,
    /// The connection, when it waits for the body.
    waiting: Option<Waker>,
}

/// What comes next on a connection.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and mostly is the large one"
)]
pub(super) enum Next {
    Request(Head),
    Refused(Refusal),
    /// Nothing: the client is done, or gone.
    End,
}

impl Source {
    pub(super) fn new(mut io: Io, heads: &Heads) -> Arc<Self> {
        let read = io.take_ahead();
        Arc::new(Self(Mutex::new(Inner {
            io: Some(io),
            read,
            scanned: 0,
            share: Share::new(heads),
            begun: false,
            inbound: Inbound::Over,
            uninvited: false,
            held: false,
            broken: false,
            waiting: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request. A connection that closes waits for none that has not begun, one that is late for none at all.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>, max: usize, peer: &Peer) -> Poll<Next> {
        let inner = &mut *self.lock();
        if inner.read.is_empty() {
            // The last body may have left it large.
            inner.read = BytesMut::new();
        }
        loop {
            match head::take(&mut inner.read, &mut inner.scanned, max) {
                Ok(Some(head)) => {
                    inner.inbound = Inbound::new(head.framing);
                    inner.uninvited = head.expects;
                    inner.begun = false;
                    inner.share.release();
                    return Poll::Ready(Next::Request(head));
                }
                Ok(None) if peer.is_late() && !inner.read.is_empty() => {
                    return Poll::Ready(inner.refuse(head::LATE));
                }
                Ok(None) => {
                    if let Some(refusal) = opening::hopeless(&inner.read) {
                        return Poll::Ready(inner.refuse(refusal));
                    }
                    inner.note_begin(peer);
                    ready!(inner.share.poll_room(inner.read.len(), cx));
                }
                Err(refusal) => return Poll::Ready(inner.refuse(refusal)),
            }
            match inner.poll_read(cx) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Pending if !peer.is_closing() || inner.has_begun() => return Poll::Pending,
                _ => return Poll::Ready(Next::End),
            }
        }
    }

    /// The body of the request that came last.
    pub(super) fn body(self: &Arc<Self>) -> RequestBody {
        let mut inner = self.lock();
        let any = inner.inbound != Inbound::Over;
        inner.hold(any);
        if !any {
            return RequestBody::default();
        }
        RequestBody::new(Arc::clone(self), inner.inbound.length())
    }

    /// Ready when nobody has the body any more.
    pub(super) fn poll_free(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if !inner.held {
            return Poll::Ready(());
        }
        inner.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether another request can follow, as far as can be told: a body that nobody wants must have come by now.
    pub(super) fn can_go_on(&self) -> bool {
        let inner = &mut *self.lock();
        let mut now = Context::from_waker(Waker::noop());
        let mut left = MOST_UNWANTED;
        loop {
            if inner.broken {
                return false;
            }
            if inner.held || inner.inbound == Inbound::Over {
                return true;
            }
            if inner.uninvited {
                return false;
            }
            if let Poll::Ready(Some(Ok(frame))) = inner.poll_frame(&mut now)
                && let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len))
            {
                left = rest;
            } else {
                return inner.inbound == Inbound::Over;
            }
        }
    }

    /// Something of another request is here.
    pub(super) fn has_begun(&self) -> bool {
        self.lock().has_begun()
    }

    /// The answer begins: it is too late for an invitation.
    pub(super) fn uninvite(&self) {
        self.lock().uninvited = false;
    }

    /// The connection, to be closed or to be used for something else.
    pub(super) fn take(&self) -> Option<Io> {
        let mut inner = self.lock();
        let mut io = inner.io.take()?;
        io.put_ahead(mem::take(&mut inner.read));
        Some(io)
    }
}

impl Inner {
    /// Nothing more comes of the body.
    pub(super) fn is_over(&self) -> bool {
        self.broken || self.inbound == Inbound::Over
    }

    /// What is left of it, where that was announced.
    pub(super) fn left(&self) -> Option<u64> {
        self.inbound.length()
    }

    fn refuse(&mut self, refusal: Refusal) -> Next {
        self.broken = true;
        self.share.release();
        Next::Refused(refusal)
    }

    /// The time that a head may take begins with its first byte.
    fn note_begin(&mut self, peer: &Peer) {
        if !self.begun && !self.read.is_empty() {
            self.begun = true;
            peer.restart();
        }
    }

    /// Something of a request is here.
    fn has_begun(&self) -> bool {
        !self.read.is_empty() || self.io.as_ref().is_some_and(Io::has_unread)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(Ok(0));
        };
        poll_more(Pin::new(io), cx, &mut self.read, self.inbound)
    }

    /// The next piece of the body.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            let broken = match self.inbound.take(&mut self.read) {
                Ok(Taken::Frame(frame)) => return Poll::Ready(Some(Ok(frame))),
                Ok(Taken::End) => return Poll::Ready(None),
                Ok(Taken::Nothing) => match ready!(self.poll_invited(cx)) {
                    Ok(0) => Broken::Eof,
                    Ok(_) => continue,
                    Err(error) => Broken::Io(error),
                },
                Err(why) => Broken::Malformed(why),
            };
            self.broken = true;
            return Poll::Ready(Some(Err(broken)));
        }
    }

    /// Reads, once the client has been told to send.
    fn poll_invited(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let waits = mem::take(&mut self.uninvited) && self.read.is_empty();
        if let Some(peer) = self.io.as_ref().map(Io::peer) {
            if waits {
                peer.say_early(INVITATION);
            }
            // A client that takes nothing may send all the same, and reading shows whether it is gone.
            let _ = peer.poll_early(cx);
        }
        self.poll_read(cx)
    }

    fn hold(&mut self, held: bool) {
        self.held = held;
        if let Some(io) = &self.io {
            io.set_uploading(held);
        }
    }

    /// Nobody has the body any more.
    pub(super) fn release(&mut self) {
        self.hold(false);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use http_body_util::BodyExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_waits_holds_no_buffer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (mut client, accepted) = (client.unwrap(), listener.accept().await.unwrap().0);
        let (io, peer) = Peer::split(accepted);
        let source = Source::new(io, &Heads::new(1000));
        let head = b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
        client.write_all(head).await.unwrap();
        let next = poll_fn(|cx| source.poll_next(cx, 1000, &peer)).await;
        assert!(matches!(next, Next::Request(_)));
        client.write_all(&vec![b'a'; 100_000]).await.unwrap();
        let body = source.body().collect().await.unwrap();
        assert_eq!(body.to_bytes().len(), 100_000);
        assert!(source.lock().read.try_reclaim(50_000));
        let mut idle = Context::from_waker(Waker::noop());
        assert!(source.poll_next(&mut idle, 1000, &peer).is_pending());
        assert!(!source.lock().read.try_reclaim(50_000));
    }

    #[tokio::test]
    async fn a_request_that_has_arrived_is_not_lost_to_a_close() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap());
        let (mut client, accepted) = (client.unwrap(), listener.accept().await.unwrap().0);
        let (io, peer) = Peer::split(accepted);
        let source = Source::new(io, &Heads::new(1000));
        let mut idle = Context::from_waker(Waker::noop());
        assert!(source.poll_next(&mut idle, 1000, &peer).is_pending());
        // The reactor has no turn in between.
        io::Write::write_all(&mut client, b"GET / HTTP/1.1\r\n\r\n").unwrap();
        peer.close();
        assert!(source.poll_next(&mut idle, 1000, &peer).is_pending());
        let next = poll_fn(|cx| source.poll_next(cx, 1000, &peer)).await;
        assert!(matches!(next, Next::Request(_)));
        let next = poll_fn(|cx| source.poll_next(cx, 1000, &peer)).await;
        assert!(matches!(next, Next::End));
    }
}
