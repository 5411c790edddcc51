//! An answer's body on its way to an HTTP/2 client.
//!
//! Owns the piece that is under way: the next one follows when that has been written, so that a stream holds one piece at most beside what its body holds.
//! May know the client's windows. Refuses to wait for a client for longer than the answer has time.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::{Reason, SendStream};
use http::HeaderMap;
use http_body::{Body as _, Frame};
use tokio::sync::oneshot;

use super::answer;
use crate::failure::Failure;
use crate::seal::Sealed;

/// As much of an answer is handed over at once: with [`super::MAX_STREAMS`] of them a client that reads nothing holds 4 MiB.
pub(super) const PIECE: usize = 32 << 10;

/// Bytes that tell when they have been written, by being dropped empty.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    written: Option<oneshot::Sender<()>>,
}

impl Piece {
    fn new(bytes: Bytes) -> (Self, oneshot::Receiver<()>) {
        let (written, told) = oneshot::channel();
        let written = Some(written);
        (Self { bytes, written }, told)
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        self.bytes.copy_to_bytes(len)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(written) = self.written.take()
            && self.bytes.is_empty()
        {
            // Nobody may wait for it any more.
            let _ = written.send(());
        }
    }
}

/// A body, and how far it has come.
pub(super) struct Flow {
    stream: SendStream<Piece>,
    body: Sealed,
    /// What the body gave and the client has not granted yet.
    rest: Bytes,
    /// Completes when the piece that is under way has been written.
    written: Option<oneshot::Receiver<()>>,
    /// The connection has had its turn to write that.
    waited: bool,
    /// What is left of an announced length.
    left: Option<u64>,
    ended: bool,
}

impl Flow {
    pub(super) fn new(stream: SendStream<Piece>, body: Sealed, left: Option<u64>) -> Self {
        Self {
            stream,
            body,
            rest: Bytes::new(),
            written: None,
            waited: false,
            left,
            ended: false,
        }
    }

    /// Sends it all; ready when the client has taken the last of it, or will not. A stream that breaks off is reset: its answer cannot look whole, and the
    /// others of its connection go on (RFC 9113, 5.4.2).
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let sent = match self.poll_sent(cx) {
            Poll::Ready(sent) => sent,
            // Most pieces are written at once, when the connection has its turn.
            Poll::Pending if self.written.is_some() && !mem::replace(&mut self.waited, true) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Pending => {
                ready!(self.body.poll_overdue(cx));
                Err(None)
            }
        };
        if let Err(failure) = &sent {
            if let Some(failure) = failure {
                self.body.fail(failure);
            }
            self.stream.send_reset(Reason::INTERNAL_ERROR);
        }
        Poll::Ready(sent.is_ok())
    }

    /// The body is over for its client.
    pub(super) fn delivered(self) {
        self.body.delivered();
    }

    /// The error is what has not been recorded yet.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Option<Failure>>> {
        loop {
            if let Some(written) = &mut self.written {
                let Ok(()) = ready!(Pin::new(written).poll(cx)) else {
                    return Poll::Ready(Err(Some(Failure::ClientGone)));
                };
                self.written = None;
            }
            if self.ended {
                return Poll::Ready(Ok(()));
            }
            if self.rest.is_empty() {
                ready!(self.poll_body(cx))?;
            } else {
                ready!(self.poll_piece(cx))?;
            }
        }
    }

    /// Sends as much as the client grants of what is there.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Option<Failure>>> {
        let wanted = self.rest.len().min(PIECE);
        self.stream.reserve_capacity(wanted);
        while self.stream.capacity() == 0 {
            if !matches!(ready!(self.stream.poll_capacity(cx)), Some(Ok(_))) {
                return Poll::Ready(Err(Some(Failure::ClientGone)));
            }
        }
        let bytes = self.rest.split_to(self.stream.capacity().min(wanted));
        self.left = self.left.map(|left| left - bytes.len() as u64);
        self.ended = self.left == Some(0);
        Poll::Ready(self.send(bytes))
    }

    /// Gets the next piece of the body.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Option<Failure>>> {
        if self.stream.poll_reset(cx).is_ready() {
            return Poll::Ready(Err(Some(Failure::ClientGone)));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(bytes))) => self.take(bytes),
            Some(Ok(Err(frame))) => self.finish(frame.into_trailers().unwrap_or_default()),
            None => self.finish(HeaderMap::new()),
            Some(Err(_)) => Err(None),
        })
    }

    fn take(&mut self, bytes: Bytes) -> Result<(), Option<Failure>> {
        if self.left.is_some_and(|left| left < bytes.len() as u64) {
            return Err(Some(misfit()));
        }
        self.rest = bytes;
        Ok(())
    }

    fn finish(&mut self, mut trailers: HeaderMap) -> Result<(), Option<Failure>> {
        if self.left.is_some_and(|left| left > 0) {
            return Err(Some(misfit()));
        }
        self.ended = true;
        answer::strip(&mut trailers);
        if trailers.is_empty() {
            return self.send(Bytes::new());
        }
        let sent = self.stream.send_trailers(trailers);
        sent.map_err(|_| Some(Failure::ClientGone))
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Option<Failure>> {
        let (piece, written) = Piece::new(bytes);
        (self.written, self.waited) = (Some(written), false);
        let sent = self.stream.send_data(piece, self.ended);
        sent.map_err(|_| Some(Failure::ClientGone))
    }
}

fn misfit() -> Failure {
    Failure::Internal("a body is not as long as it said".to_owned())
}
