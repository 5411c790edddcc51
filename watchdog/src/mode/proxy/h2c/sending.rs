//! A request's body on its way into an HTTP/2 stream.
//!
//! Owns the stream's sending half and what of the body is due. May know that the other side takes no more, or has refused the stream. Refuses to wait for
//! an answer.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http_body::{Body as _, Frame};

use super::line::Stuck;
use crate::body::BodyError;
use crate::http1::client::{Outgoing, Piece};
use crate::mode::proxy::headers;

/// A stream that is refused may be opened again. So much of its body is kept until it is answered: about what is sent before the first window is full.
const KEPT: usize = 64 << 10;

/// A request's body; one that was begun may begin anew.
#[derive(Debug)]
pub(super) struct Source {
    again: VecDeque<Bytes>,
    rest: Outgoing,
}

impl From<Outgoing> for Source {
    fn from(rest: Outgoing) -> Self {
        Self {
            again: VecDeque::new(),
            rest,
        }
    }
}

impl Source {
    pub(super) fn is_end_stream(&self) -> bool {
        self.again.is_empty() && self.rest.is_end_stream()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.again.is_empty() && self.rest.is_empty()
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        match self.again.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

#[derive(Debug)]
pub(super) struct Sending {
    source: Source,
    stream: SendStream<Bytes>,
    /// What is due.
    piece: Bytes,
    /// What was taken from the source so far, while that is not too much.
    kept: Option<(VecDeque<Bytes>, usize)>,
    /// The other side takes no more.
    refused: bool,
    over: bool,
    stuck: Stuck,
}

impl Sending {
    /// `over` where the head was the end.
    pub(super) fn new(source: Source, stream: SendStream<Bytes>, over: bool, stuck: Stuck) -> Self {
        Self {
            source,
            stream,
            piece: Bytes::new(),
            kept: Some((VecDeque::new(), 0)),
            refused: false,
            over,
            stuck,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Sends what can be sent; ready when the body is over, or has failed. The client's bytes are taken to their end even where the other side takes no
    /// more: it may not look for an answer before.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        while !self.over {
            if self.piece.is_empty() {
                let frame = ready!(self.source.poll_frame(cx));
                if let Err(error) = self.take(frame) {
                    self.over = true;
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(Err(error));
                }
            } else {
                self.stream.reserve_capacity(self.piece.len());
                let polled = self.stream.poll_capacity(cx);
                self.stuck.set(polled.is_pending());
                match ready!(polled) {
                    Some(Ok(room)) => self.send(room),
                    _ => self.refuse(),
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The body as it was given, where all that was taken of it was kept.
    pub(super) fn into_source(self) -> Option<Source> {
        let (mut again, _) = self.kept?;
        let mut source = self.source;
        again.append(&mut source.again);
        Some(Source { again, ..source })
    }

    /// The stream is answered: it will not be begun again.
    pub(super) fn settle(&mut self) {
        self.kept = None;
    }

    fn take(&mut self, frame: Piece) -> Result<(), BodyError> {
        let Some(frame) = frame.transpose()? else {
            self.end(Bytes::new());
            return Ok(());
        };
        match frame.into_data() {
            Ok(piece) => {
                // Also what comes after a refusal: the body is given again from its beginning to its end.
                self.keep(&piece);
                if !self.refused {
                    self.piece = piece;
                }
            }
            Err(frame) => self.finish(frame.into_trailers().unwrap_or_default()),
        }
        Ok(())
    }

    fn keep(&mut self, piece: &Bytes) {
        let Some((kept, size)) = &mut self.kept else {
            return;
        };
        *size += piece.len();
        if *size > KEPT {
            self.kept = None;
        } else {
            kept.push_back(piece.clone());
        }
    }

    fn send(&mut self, room: usize) {
        let part = self.piece.split_to(room.min(self.piece.len()));
        if self.piece.is_empty() && self.source.is_end_stream() {
            self.end(part);
        } else if self.stream.send_data(part, false).is_err() {
            self.refuse();
        }
    }

    fn end(&mut self, last: Bytes) {
        self.over = true;
        if !self.refused {
            // Why it failed, where it did, is told by the answer.
            let _ = self.stream.send_data(last, true);
        }
    }

    fn finish(&mut self, mut trailers: http::HeaderMap) {
        // They may not come again.
        self.kept = None;
        headers::trailers(&mut trailers);
        self.over = true;
        if !self.refused {
            let _ = self.stream.send_trailers(trailers);
        }
    }

    fn refuse(&mut self) {
        self.refused = true;
        self.piece = Bytes::new();
    }
}
