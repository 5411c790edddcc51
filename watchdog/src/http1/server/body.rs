//! A request's body, read by whoever wants it.
//!
//! Owns the hold on the reading half until the body is over or dropped. May know that the request asks to switch protocols. Refuses to read: its source does.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use super::source::Source;
use crate::conn::Io;

/// Why a body ended before its end.
#[derive(Debug)]
pub enum Broken {
    /// The client closed its side.
    Eof,
    Io(io::Error),
    /// What came is no body.
    Malformed(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The classic watchdog's words.
            Self::Eof => f.write_str("unexpected EOF"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Malformed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Broken {}

/// A request's body. Empty where there is none.
#[derive(Debug, Default)]
pub struct RequestBody {
    /// Where it comes from, until it is over.
    source: Option<Arc<Source>>,
    /// What is left of it, where that was announced.
    left: Option<u64>,
    switch: Option<Switch>,
}

impl RequestBody {
    pub(super) fn new(source: Arc<Source>, left: Option<u64>) -> Self {
        Self {
            source: Some(source),
            left,
            switch: None,
        }
    }

    pub(super) fn set_switch(&mut self, switch: Switch) {
        self.switch = Some(switch);
    }

    /// The way to switch protocols, where the request asks for it.
    pub fn take_switch(&mut self) -> Option<Switch> {
        self.switch.take()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let this = &mut *self;
        let Some(source) = &this.source else {
            return Poll::Ready(None);
        };
        let mut inner = source.lock();
        let frame = ready!(inner.poll_frame(cx));
        this.left = inner.left();
        if inner.is_over() {
            inner.release();
            drop(inner);
            this.source = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            None => SizeHint::with_exact(0),
            Some(_) => self
                .left
                .map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.lock().release();
        }
    }
}

/// The connection itself, once an answer has switched protocols.
#[derive(Debug)]
pub struct Switch(oneshot::Receiver<Io>);

impl Switch {
    /// Also gives what completes it.
    pub(super) fn new() -> (oneshot::Sender<Io>, Self) {
        let (connection, switched) = oneshot::channel();
        (connection, Self(switched))
    }

    /// `None` where the connection ended before.
    pub async fn switched(self) -> Option<Io> {
        self.0.await.ok()
    }
}
