//! An answer's body, with the connection it comes from.
//!
//! Owns the connection until the last byte: a body that is dropped before closes it. May know that an upload is still running beside it. Refuses to hold
//! more than one piece.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::link::Link;
use super::outgoing::Course;
use super::pool::{Apart, Pool};
use crate::body::{Body, BodyError};

type Piece = Option<Result<Frame<Bytes>, BodyError>>;

/// The body of an answer that is not all there yet.
#[derive(Debug)]
struct Reply {
    incoming: Incoming,
    /// Read ahead.
    first: Piece,
    course: Arc<Course>,
    drive: Drive,
}

/// Who runs the connection while the body is read.
#[derive(Debug)]
enum Drive {
    /// The reader itself.
    Inline {
        link: Box<Link>,
        home: Arc<Pool>,
    },
    /// A task, because the upload must go on even while nobody reads.
    Apart(Apart),
    /// A connection shared with others; dropping the sender ends the upload.
    Shared(oneshot::Sender<()>),
    Over,
}

/// The answer of an exchange over `link`. A short body that has come with its head is taken at once: the link is free again, and nothing is boxed.
pub(super) async fn from_link(
    response: Response<Incoming>,
    link: Box<Link>,
    home: &Arc<Pool>,
) -> Response<Body> {
    let (head, incoming) = response.into_parts();
    if incoming.is_end_stream() {
        home.give_back(link);
        return Response::from_parts(head, Body::Empty);
    }
    let course = Arc::clone(link.course());
    let home = Arc::clone(home);
    let apart = course.is_uploading();
    let drive = if apart {
        Drive::Apart(Apart::new(link, home))
    } else {
        Drive::Inline { link, home }
    };
    let mut reply = Reply {
        incoming,
        first: None,
        course,
        drive,
    };
    if !apart && reply.incoming.size_hint().exact().is_some() {
        let polled = poll_fn(|cx| Poll::Ready(reply.poll_piece(cx))).await;
        reply.first = match (polled, &reply.drive) {
            (Poll::Ready(Some(Ok(frame))), Drive::Over) => {
                let whole = frame.into_data().map_or(Body::Empty, Body::from);
                return Response::from_parts(head, whole);
            }
            (Poll::Ready(piece), _) => piece,
            (Poll::Pending, _) => None,
        };
    }
    Response::from_parts(head, Body::new(reply))
}

/// The answer of an exchange over a shared connection. Dropping `cut` ends an upload that still runs.
pub(super) fn from_shared(
    response: Response<Incoming>,
    course: Arc<Course>,
    cut: oneshot::Sender<()>,
) -> Response<Body> {
    if !course.is_uploading() {
        return response.map(Body::Incoming);
    }
    let drive = Drive::Shared(cut);
    response.map(|incoming| {
        Body::new(Reply {
            incoming,
            first: None,
            course,
            drive,
        })
    })
}

impl Reply {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        let piece = match &mut self.drive {
            Drive::Over => None,
            Drive::Inline { link, .. } => ready!(run_and_read(&mut self.incoming, link, cx)),
            Drive::Apart(_) | Drive::Shared(_) => {
                ready!(Pin::new(&mut self.incoming).poll_frame(cx))
            }
        };
        // hyper does not ask again after trailers, nor after the last byte of a known length.
        let last = match &piece {
            Some(Ok(frame)) => frame.is_trailers() || self.incoming.is_end_stream(),
            Some(Err(_)) | None => true,
        };
        let whole = !matches!(piece, Some(Err(_)));
        if last {
            self.finish(whole);
        }
        Poll::Ready(piece.map(|result| result.map_err(|error| self.cause(error))))
    }

    /// A connection whose answer came whole may serve another.
    fn finish(&mut self, whole: bool) {
        match mem::replace(&mut self.drive, Drive::Over) {
            Drive::Inline { link, home } if whole => home.give_back(link),
            Drive::Apart(apart) if whole => apart.answered(),
            Drive::Shared(cut) if whole => drop(cut.send(())),
            _ => {}
        }
    }

    /// Where the upload failed, all else follows from that.
    fn cause(&self, error: hyper::Error) -> BodyError {
        match self.course.upload_error() {
            Some(cause) => cause.into(),
            None => error.into(),
        }
    }
}

/// The next piece of a body whose connection nobody else runs. Only the connection can bring it, so it needs no waker of its own.
fn run_and_read(
    incoming: &mut Incoming,
    link: &mut Link,
    cx: &mut Context<'_>,
) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
    let mut idle = Context::from_waker(Waker::noop());
    if let Poll::Ready(piece) = Pin::new(&mut *incoming).poll_frame(&mut idle) {
        return Poll::Ready(piece);
    }
    let over = link.poll(cx).is_ready();
    match Pin::new(incoming).poll_frame(&mut idle) {
        // A connection that is over leaves either an end or an error behind; this is for a hyper that forgets.
        Poll::Pending if over => Poll::Ready(None),
        piece => piece,
    }
}

impl HttpBody for Reply {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        match self.first.take() {
            Some(piece) => Poll::Ready(Some(piece)),
            None => self.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && (matches!(self.drive, Drive::Over) || self.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = match &self.first {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => 0,
        };
        let hint = self.incoming.size_hint();
        hint.exact()
            .map_or(hint, |left| SizeHint::with_exact(left + ahead))
    }
}
