//! Bytes of a body as they pass, changed piece by piece.
//! It knows how far the body is.
//! It refuses to hold anything back: a piece in, a piece out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;

use crate::provider::reference::answer::{Body, BoxError};

/// Changes a piece of a body; the number is the offset of its first byte.
pub type Flow = fn(&mut Vec<u8>, u64);

/// A body whose pieces are changed.
pub(super) struct Flowing {
    body: Body,
    flow: Flow,
    offset: u64,
}

impl Flowing {
    pub fn new(body: Body, flow: Flow) -> Self {
        Self {
            body,
            flow,
            offset: 0,
        }
    }
}

impl http_body::Body for Flowing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let (flow, offset) = (self.flow, self.offset);
        Poll::Ready(frame.map(|frame| {
            Ok(frame?.map_data(|data| {
                self.offset += data.len() as u64;
                let mut piece = data.to_vec();
                flow(&mut piece, offset);
                Bytes::from(piece)
            }))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
