//! The bytes of files on their way out.
//!
//! Owns the open file and reads it piece by piece; where the connection can send files itself, it only says what of them. May know which parts are asked
//! for and what stands between them. Refuses to end early and whole: a file that became shorter is an error.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use rustix::buffer::spare_capacity;

use super::range::Span;
use crate::conn::Peer;
use crate::sendfile::Outbox;

/// As much as is read, and held in memory, at once.
pub(super) const CHUNK: u64 = 64 * 1024;

/// A part of an answer.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Span(Span),
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Span(span) => span.len(),
        }
    }
}

/// Pieces of one file, in turn.
#[derive(Debug)]
pub(super) struct FileBody {
    file: Arc<File>,
    /// A connection that sends files itself.
    peer: Option<Arc<Peer>>,
    pieces: VecDeque<Piece>,
    left: u64,
    /// The connection has the span that comes next.
    sending: bool,
}

impl FileBody {
    pub(super) fn new(file: File, pieces: VecDeque<Piece>, peer: Option<Arc<Peer>>) -> Self {
        let left = pieces.iter().map(Piece::len).sum();
        Self {
            file: Arc::new(file),
            peer,
            pieces,
            left,
            sending: false,
        }
    }

    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(piece) = self.pieces.pop_front() else {
            return Ok(None);
        };
        let bytes = match piece {
            Piece::Text(text) => text.into(),
            Piece::Span(span) => {
                let bytes = self.part(span)?;
                let start = span.start + bytes.len() as u64;
                if start < span.end {
                    let rest = Span { start, ..span };
                    self.pieces.push_front(Piece::Span(rest));
                }
                bytes
            }
        };
        self.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }

    /// The beginning of a span, or what stands in for it.
    fn part(&mut self, span: Span) -> io::Result<Bytes> {
        let Some(peer) = &self.peer else {
            let end = span.end.min(span.start + CHUNK);
            return read(&self.file, Span { end, ..span });
        };
        if !mem::replace(&mut self.sending, true) {
            peer.outbox
                .put(Arc::clone(&self.file), span.start, span.len());
        }
        let stand_in = Outbox::stand_in(span.len());
        self.sending = (stand_in.len() as u64) < span.len();
        Ok(stand_in)
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = self.next().transpose();
        Poll::Ready(next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// All the bytes of `span`, which has to fit into memory.
pub(super) fn read(file: &File, span: Span) -> io::Result<Bytes> {
    let size = usize::try_from(span.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        let at = span.start + bytes.len() as u64;
        match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(size);
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use http_body_util::BodyExt as _;

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[tokio::test]
    async fn large_spans_come_in_chunks() {
        let content: Vec<u8> = (0..=u8::MAX).cycle().take(200_000).collect();
        let span = Span {
            start: 1,
            end: 199_999,
        };
        let mut body = FileBody::new(file(&content), [Piece::Span(span)].into(), None);
        assert_eq!(body.size_hint().exact(), Some(199_998));
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() as u64 <= CHUNK);
            seen.extend_from_slice(&data);
        }
        assert_eq!(seen, content[1..199_999]);
    }

    #[tokio::test]
    async fn a_file_cut_short_is_an_error() {
        let file = file(&vec![7; 100_000]);
        let handle = file.try_clone().unwrap();
        let span = Span {
            start: 0,
            end: 100_000,
        };
        let mut body = FileBody::new(file, [Piece::Span(span)].into(), None);
        assert!(body.frame().await.unwrap().is_ok());
        handle.set_len(70_000).unwrap();
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
