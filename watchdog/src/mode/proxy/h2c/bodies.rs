//! The two bodies of an exchange over a shared connection.
//!
//! Owns what both should know of each other, where hyper would not tell. May know that an exchange is over. Refuses to frame: hyper does.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use crate::body::{Body, BodyError};
use crate::http1::client::{Outgoing, Piece};
use crate::upload::UploadError;

/// What both ends of an exchange should know of each other.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The request's body is not over yet.
    uploading: AtomicBool,
    /// Why the upload failed, if it did: the cause of all that follows.
    failed: OnceLock<UploadError>,
}

impl Course {
    pub(super) fn upload_error(&self) -> Option<UploadError> {
        self.failed.get().cloned()
    }
}

/// A request body as hyper's client takes it.
#[derive(Debug)]
pub(super) struct Sending {
    source: Outgoing,
    course: Arc<Course>,
    /// Fails when nobody waits for the answer any more.
    cut: Option<oneshot::Receiver<()>>,
}

/// Makes a request's body report to `course`. It fails once the other half of the channel is dropped without a word.
pub(super) fn track(
    request: Request<Outgoing>,
    course: &Arc<Course>,
) -> (Request<Sending>, oneshot::Sender<()>) {
    let (cut, uncut) = oneshot::channel();
    let request = request.map(|source| {
        let sends = !source.is_end_stream();
        course.uploading.store(sends, Ordering::Relaxed);
        Sending {
            source,
            course: Arc::clone(course),
            cut: sends.then_some(uncut),
        }
    });
    (request, cut)
}

impl Sending {
    pub(super) fn into_source(mut self) -> Outgoing {
        mem::replace(&mut self.source, Outgoing::Empty)
    }

    /// Whether the answer was given up. One that came whole leaves the upload to its own end.
    fn is_cut(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(cut) = &mut self.cut else {
            return false;
        };
        match Pin::new(cut).poll(cx) {
            Poll::Pending => false,
            Poll::Ready(Err(_)) => true,
            Poll::Ready(Ok(())) => {
                self.cut = None;
                false
            }
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.course.uploading.store(false, Ordering::Relaxed);
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        if self.is_cut(cx) {
            return Poll::Ready(Some(Err(Box::new(Cut))));
        }
        let piece = ready!(Pin::new(&mut self.source).poll_frame(cx));
        if let Some(Err(error)) = &piece
            && let Some(error) = error.downcast_ref::<UploadError>()
        {
            self.course.failed.get_or_init(|| error.clone());
        }
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

/// The answer's body while its upload still runs.
#[derive(Debug)]
struct Guarded {
    incoming: Incoming,
    course: Arc<Course>,
    /// Dropping it ends the upload.
    cut: Option<oneshot::Sender<()>>,
}

/// The answer of an exchange. Dropping its body ends an upload that still runs.
pub(super) fn guard(
    response: Response<Incoming>,
    course: Arc<Course>,
    cut: oneshot::Sender<()>,
) -> Response<Body> {
    if !course.uploading.load(Ordering::Relaxed) {
        return response.map(Body::Incoming);
    }
    response.map(|incoming| {
        Body::new(Guarded {
            incoming,
            course,
            cut: Some(cut),
        })
    })
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        let piece = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        // hyper does not ask again after trailers, nor after the last byte of a known length.
        let whole = match &piece {
            Some(Ok(frame)) => frame.is_trailers() || self.incoming.is_end_stream(),
            Some(Err(_)) => false,
            None => true,
        };
        if whole && let Some(cut) = self.cut.take() {
            // The upload may have ended by itself.
            let _ = cut.send(());
        }
        // Where the upload failed, all else follows from that.
        Poll::Ready(piece.map(|result| {
            result.map_err(|error| match self.course.upload_error() {
                Some(cause) => cause.into(),
                None => error.into(),
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The end of an upload whose answer was given up.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody waits for the answer")
    }
}

impl std::error::Error for Cut {}
