//! A request on its way out.
//!
//! Owns what of it is still to be written, and the frame around its body. May know that the other side takes no more. Refuses to wait for the answer.

use std::fmt::Write as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, request};
use http_body::{Body as _, Frame};
use tokio::io::AsyncWrite as _;

use super::head::{self, tokens};
use super::outgoing::Outgoing;
use crate::body::BodyError;
use crate::dial::Stream;
use crate::failure::Failure;

/// What is written, in the order in which it is.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be true whatever the others are"
)]
pub(super) struct Outbound {
    /// The head, and the line of a chunk's size.
    before: BytesMut,
    piece: Bytes,
    /// The end of a chunk.
    after: &'static [u8],
    /// `None` once it is over, and without one.
    body: Option<Body>,
    /// It has been asked for a piece.
    begun: bool,
    /// Not all that was written has been flushed.
    unflushed: bool,
    /// Something of the request has been written.
    pub(super) touched: bool,
    /// The other side takes no more bytes.
    pub(super) refused: bool,
    /// Why the body broke off.
    failed: Option<BodyError>,
}

#[derive(Debug)]
struct Body {
    source: Outgoing,
    /// What is still due of an announced length; `None` where there are chunks.
    left: Option<u64>,
    /// The trailers that were announced.
    trailers: Vec<HeaderName>,
}

impl Outbound {
    pub(super) fn new(head: &request::Parts, source: Outgoing) -> Self {
        let mut outbound = Self::default();
        head::write(&mut outbound.before, head);
        if !source.is_end_stream() {
            outbound.body = Some(Body::new(&head.headers, source));
        }
        outbound
    }

    /// All of the request has been sent, or nobody takes it.
    pub(super) fn is_over(&self) -> bool {
        self.body.is_none() && !self.has_bytes()
    }

    /// Why the body broke off, once.
    pub(super) fn take_failure(&mut self) -> Option<BodyError> {
        self.failed.take()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// The body as it was given, where nothing of it has been asked for.
    pub(super) fn take_body(&mut self) -> Option<Outgoing> {
        if self.begun {
            return None;
        }
        let body = self.body.take().map(|body| body.source);
        Some(body.unwrap_or(Outgoing::Empty))
    }

    /// Writes what can be written; ready when the request is over.
    ///
    /// A failed write is no end yet, only reading is: a server that answers early and stops reading makes writes fail while its answer waits to be
    /// read. The client's bytes are taken to their end all the same, as it may not look for an answer before.
    pub(super) fn poll(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<()> {
        let mut dry = false;
        loop {
            if self.refused {
                self.clear();
            }
            if !dry && self.piece.is_empty() && self.after.is_empty() {
                dry = self.fill(cx).is_pending();
            }
            if self.has_bytes() && !self.refused {
                match ready!(self.write(stream, cx)) {
                    Ok(count @ 1..) => self.written(count),
                    _ => self.refused = true,
                }
            } else if self.unflushed && !self.refused {
                self.refused = ready!(Pin::new(&mut *stream).poll_flush(cx)).is_err();
                self.unflushed = false;
            } else if self.body.is_none() {
                // The answer may take long.
                self.before = BytesMut::new();
                return Poll::Ready(());
            } else if dry {
                return Poll::Pending;
            }
        }
    }

    fn has_bytes(&self) -> bool {
        !(self.before.is_empty() && self.piece.is_empty() && self.after.is_empty())
    }

    fn clear(&mut self) {
        self.before.clear();
        self.piece.clear();
        self.after = &[];
    }

    fn write(&self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(stream);
        if self.piece.is_empty() {
            return stream.poll_write(cx, &self.before);
        }
        if !stream.is_write_vectored() {
            let next = if self.before.is_empty() {
                &self.piece[..]
            } else {
                &self.before[..]
            };
            return stream.poll_write(cx, next);
        }
        stream.poll_write_vectored(
            cx,
            &[&self.before[..], &self.piece[..], self.after].map(IoSlice::new),
        )
    }

    fn written(&mut self, mut count: usize) {
        (self.touched, self.unflushed) = (true, true);
        let before = count.min(self.before.len());
        self.before.advance(before);
        count -= before;
        let piece = count.min(self.piece.len());
        self.piece.advance(piece);
        count -= piece;
        self.after = self.after.get(count..).unwrap_or_default();
    }

    /// Gets the next piece of the body, with its frame.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(body) = &mut self.body else {
            return Poll::Pending;
        };
        self.begun = true;
        let frame = ready!(Pin::new(&mut body.source).poll_frame(cx));
        match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(piece))) if piece.is_empty() => {}
            Some(Ok(Ok(piece))) => self.frame(piece),
            Some(Ok(Err(frame))) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                self.finish(&trailers);
            }
            Some(Err(error)) => self.fail(error),
            None => self.finish(&HeaderMap::new()),
        }
        Poll::Ready(())
    }

    fn frame(&mut self, piece: Bytes) {
        let Some(body) = &mut self.body else { return };
        match &mut body.left {
            None => {
                // Writing to memory cannot fail.
                let _ = write!(self.before, "{:x}\r\n", piece.len());
                self.after = b"\r\n";
            }
            Some(left) => match left.checked_sub(piece.len() as u64) {
                // Its end is known without asking.
                Some(0) => self.body = None,
                Some(rest) => *left = rest,
                None => return self.fail(misfit()),
            },
        }
        self.piece = piece;
    }

    fn finish(&mut self, trailers: &HeaderMap) {
        let Some(body) = self.body.take() else { return };
        match body.left {
            Some(1..) => return self.fail(misfit()),
            Some(0) => return,
            None => {}
        }
        self.before.extend_from_slice(b"0\r\n");
        for (name, value) in trailers {
            if body.trailers.contains(name) {
                head::write_field(&mut self.before, name, value);
            }
        }
        self.before.extend_from_slice(b"\r\n");
    }

    /// What has been read of the body goes out no more: the message cannot be completed.
    fn fail(&mut self, error: BodyError) {
        self.clear();
        self.body = None;
        self.failed = Some(error);
    }
}

impl Body {
    fn new(headers: &HeaderMap, source: Outgoing) -> Self {
        let chunked = headers.contains_key(TRANSFER_ENCODING);
        let trailers = tokens(headers, &TRAILER)
            .filter_map(|name| HeaderName::from_bytes(name).ok())
            .filter(|name| *name != CONTENT_LENGTH && *name != TRANSFER_ENCODING)
            .collect();
        let left = source.size_hint().exact().filter(|_| !chunked);
        Self {
            source,
            left: left.or_else(|| (!chunked).then_some(0)),
            trailers,
        }
    }
}

fn misfit() -> BodyError {
    Failure::Internal("an upload is not as long as it said".to_owned()).into()
}
