//! Bodies on their way through: the answer of a function, and pieces made here.
//! It knows what has to live as long as a body: the connection that it comes from, and its deadline.
//! It refuses to end a cut answer as if it were whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep_until};

use super::answer::{self, BoxError};
use super::faults::seeded;

/// A task that ends with its owner.
#[derive(Debug)]
pub struct Owned(pub JoinHandle<()>);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The answer of a function as it comes, until its deadline.
pub struct Relayed {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    _connection: Owned,
}

impl Relayed {
    pub fn new(body: Incoming, connection: Owned, deadline: Instant) -> Self {
        let deadline = if seeded!(StreamsCut) {
            Instant::now() + Duration::from_secs(5)
        } else {
            deadline
        };
        Self {
            body,
            deadline: Box::pin(sleep_until(deadline)),
            _connection: connection,
        }
    }
}

/// The answer of a function on its way to the client.
pub fn passing(body: Relayed) -> answer::Body {
    if seeded!(StreamsDetached) {
        return detached(body);
    }
    body.boxed_unsync()
}

/// It is read to its end, whoever still listens.
fn detached(mut body: Relayed) -> answer::Body {
    let (sender, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                let _ = sender.send(data).await;
            }
        }
    });
    Pieces(pieces).boxed_unsync()
}

impl Body for Relayed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err("the answer took too long".into())));
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if seeded!(CutIsEnd) && matches!(frame, Some(Err(_))) {
            return Poll::Ready(None);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if seeded!(CutIsEnd) {
            return SizeHint::default();
        }
        self.body.size_hint()
    }
}

/// Pieces as somebody sends them.
pub struct Pieces(pub mpsc::Receiver<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = ready!(self.0.poll_recv(cx));
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}
