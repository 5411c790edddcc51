//! A message on its way out.
//!
//! Owns what of it is still to be written, and the frame around its body. May know that the other side takes no more. Refuses to wait for an answer.

use std::io::{self, IoSlice, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::header::TRAILER;
use http::{HeaderMap, HeaderName};
use http_body::Frame;
use tokio::io::AsyncWrite;

use super::fields::{self, tokens};
use super::inbound::Framing;
use crate::body::BodyError;
use crate::failure::Failure;

/// What is written, in the order in which it is.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be true whatever the others are"
)]
pub(super) struct Outbound<B> {
    /// The head, and the line of a chunk's size.
    before: Vec<u8>,
    /// How much of that has been written.
    past: usize,
    piece: Bytes,
    /// The end of a chunk.
    after: &'static [u8],
    body: Option<Body<B>>,
    /// All of the body has been taken over, or there is none.
    ended: bool,
    /// The body is kept until all of it has been written.
    holds: bool,
    /// It has been asked for a piece.
    begun: bool,
    /// Not all that was written has been flushed.
    unflushed: bool,
    persists: bool,
    /// Something has been written.
    pub(super) touched: bool,
    /// The other side takes no more bytes.
    pub(super) refused: bool,
    /// Why the body broke off.
    failed: Option<BodyError>,
}

#[derive(Debug)]
struct Body<B> {
    source: B,
    /// A length counts down to what is still due.
    framing: Framing,
    /// The trailers that may be sent.
    trailers: Vec<HeaderName>,
}

impl<B> Default for Outbound<B> {
    /// Nothing to send.
    fn default() -> Self {
        Self {
            before: Vec::new(),
            past: 0,
            piece: Bytes::new(),
            after: &[],
            body: None,
            ended: true,
            holds: false,
            begun: false,
            unflushed: false,
            persists: false,
            touched: false,
            refused: false,
            failed: None,
        }
    }
}

impl<B> Outbound<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    /// A message with a body, if `framing` says so.
    pub(super) fn new(head: Vec<u8>, source: B, framing: Framing) -> Self {
        let body = Body {
            source,
            framing,
            trailers: Vec::new(),
        };
        Self {
            before: head,
            body: Some(body),
            ended: framing == Framing::Length(0),
            ..Self::default()
        }
    }

    /// Lets the trailers that this head announces be sent.
    pub(super) fn allow_trailers(mut self, headers: &HeaderMap) -> Self {
        if let Some(body) = &mut self.body
            && body.framing == Framing::Chunked
        {
            body.trailers = tokens(headers, &TRAILER)
                .filter_map(|name| HeaderName::from_bytes(name).ok())
                .filter(fields::may_trail)
                .collect();
        }
        self
    }

    /// Takes the body to its end even where the other side takes no more.
    pub(super) fn persist(mut self) -> Self {
        self.persists = true;
        self
    }

    /// Keeps the body until all of it has been written: it is over then, and not before.
    pub(super) fn hold(mut self) -> Self {
        self.holds = true;
        self
    }

    /// All has been sent, or nobody takes it.
    pub(super) fn is_over(&self) -> bool {
        self.ended && !self.has_bytes()
    }

    /// The body, while it is here.
    pub(super) fn source_mut(&mut self) -> Option<&mut B> {
        self.body.as_mut().map(|body| &mut body.source)
    }

    /// The body that was kept.
    pub(super) fn into_source(self) -> Option<B> {
        self.body.map(|body| body.source)
    }

    /// Why the body broke off, once.
    pub(super) fn take_failure(&mut self) -> Option<BodyError> {
        self.failed.take()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Only the end of the connection is the end of the body.
    pub(super) fn ends_with_connection(&self) -> bool {
        self.body
            .as_ref()
            .is_some_and(|body| body.framing == Framing::Close)
    }

    /// The body as it was given, where nothing of it has been asked for.
    pub(super) fn take_body(&mut self) -> Option<B>
    where
        B: Default,
    {
        if self.begun {
            return None;
        }
        let body = self.body.take().map(|body| body.source);
        Some(body.unwrap_or_default())
    }

    /// Writes what can be written; ready when the message is over, or nobody takes it.
    pub(super) fn poll(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut dry = false;
        loop {
            if self.refused {
                self.clear();
                if !self.persists {
                    self.end();
                }
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
            } else if self.ended {
                // The answer may take long.
                self.before = Vec::new();
                return Poll::Ready(());
            } else if dry {
                return Poll::Pending;
            }
        }
    }

    fn has_bytes(&self) -> bool {
        !(self.before().is_empty() && self.piece.is_empty() && self.after.is_empty())
    }

    fn before(&self) -> &[u8] {
        self.before.get(self.past..).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.clear_before();
        self.piece.clear();
        self.after = &[];
    }

    fn clear_before(&mut self) {
        self.before.clear();
        self.past = 0;
    }

    fn write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let all = [self.before(), &self.piece[..], self.after];
        let mut due = all.into_iter().filter(|part| !part.is_empty());
        let due = all.map(|_| IoSlice::new(due.next().unwrap_or_default()));
        Pin::new(stream).poll_write_vectored(cx, &due)
    }

    fn written(&mut self, mut count: usize) {
        (self.touched, self.unflushed) = (true, true);
        let before = count.min(self.before().len());
        self.past += before;
        count -= before;
        if self.before().is_empty() {
            self.clear_before();
        }
        let piece = count.min(self.piece.len());
        self.piece.advance(piece);
        count -= piece;
        self.after = self.after.get(count..).unwrap_or_default();
    }

    /// Gets the next piece of the body, with its frame.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(body) = self.body.as_mut().filter(|_| !self.ended) else {
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
            Some(Err(error)) => self.fail(error.into()),
            None => self.finish(&HeaderMap::new()),
        }
        Poll::Ready(())
    }

    fn frame(&mut self, piece: Bytes) {
        let Some(body) = &mut self.body else { return };
        match &mut body.framing {
            Framing::Chunked => {
                // Writing to memory cannot fail.
                let _ = write!(self.before, "{:x}\r\n", piece.len());
                self.after = b"\r\n";
            }
            Framing::Length(left) => match left.checked_sub(piece.len() as u64) {
                // Its end is known without asking.
                Some(0) => {
                    *left = 0;
                    self.end();
                }
                Some(rest) => *left = rest,
                None => return self.fail(misfit()),
            },
            Framing::Close => {}
        }
        self.piece = piece;
    }

    fn finish(&mut self, trailers: &HeaderMap) {
        let Some(body) = &self.body else { return };
        match body.framing {
            Framing::Length(1..) => return self.fail(misfit()),
            Framing::Length(0) | Framing::Close => {}
            Framing::Chunked => {
                self.before.extend_from_slice(b"0\r\n");
                for (name, value) in trailers {
                    if body.trailers.contains(name) {
                        fields::write(&mut self.before, name, value);
                    }
                }
                self.before.extend_from_slice(b"\r\n");
            }
        }
        self.end();
    }

    fn end(&mut self) {
        self.ended = true;
        if !self.holds {
            self.body = None;
        }
    }

    /// What has been read of the body goes out no more: the message cannot be completed.
    fn fail(&mut self, error: BodyError) {
        self.clear();
        self.end();
        self.failed = Some(error);
    }
}

fn misfit() -> BodyError {
    Failure::Internal("a body is not as long as it said".to_owned()).into()
}
