//! A request's body on its way to another server.
//!
//! Owns the three shapes it has. May know its length. Refuses to frame: the connection does.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::body::BodyError;
use crate::spool::Spooled;
use crate::upload::Upload;

/// Boxed, as every request is moved a few times, and most have no body.
#[derive(Debug, Default)]
pub enum Outgoing {
    #[default]
    Empty,
    Upload(Box<Upload>),
    Spooled(Box<Spooled>),
}

impl Outgoing {
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl From<Upload> for Outgoing {
    fn from(upload: Upload) -> Self {
        Self::Upload(Box::new(upload))
    }
}

impl From<Spooled> for Outgoing {
    fn from(spooled: Spooled) -> Self {
        Self::Spooled(Box::new(spooled))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Upload(body) => Pin::new(&mut **body).poll_frame(cx).map_err(Into::into),
            Self::Spooled(body) => Pin::new(&mut **body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Upload(body) => body.is_end_stream(),
            Self::Spooled(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Upload(body) => body.size_hint(),
            Self::Spooled(body) => body.size_hint(),
        }
    }
}
