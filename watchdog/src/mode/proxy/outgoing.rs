//! A request's body on its way to the upstream.
//!
//! Owns the three shapes it has, and the marks it leaves for whoever waits for the answer. May know that an exchange is over. Refuses to frame: the
//! connection does.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use crate::body::BodyError;
use crate::spool::Spooled;
use crate::upload::{Upload, UploadError};

/// What both ends of an exchange should know of each other, where hyper would not tell.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The request's body is not over yet.
    uploading: AtomicBool,
    /// The upstream takes no more bytes.
    refused: AtomicBool,
    /// The upstream has sent something since the request was started.
    heard: AtomicBool,
    /// Why the upload failed, if it did: the cause of all that follows.
    failed: OnceLock<UploadError>,
}

impl Course {
    pub(super) fn is_uploading(&self) -> bool {
        self.uploading.load(Ordering::Relaxed)
    }

    pub(super) fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn set_heard(&self, heard: bool) {
        self.heard.store(heard, Ordering::Relaxed);
    }

    pub(super) fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    pub(super) fn upload_error(&self) -> Option<UploadError> {
        self.failed.get().cloned()
    }
}

/// A request body as hyper's client takes it.
#[derive(Debug)]
pub(super) struct Outgoing {
    source: Source,
    course: Option<Arc<Course>>,
    /// Fails when nobody waits for the answer any more.
    cut: Option<oneshot::Receiver<()>>,
}

#[derive(Debug)]
enum Source {
    Empty,
    /// Boxed, as every request is moved a few times, and most have no body.
    Upload(Box<Upload>),
    Spooled(Box<Spooled>),
}

impl Outgoing {
    pub(super) fn empty() -> Self {
        Source::Empty.into()
    }

    /// Reports to `course` from now on, whatever it reported to before.
    pub(super) fn attach(&mut self, course: &Arc<Course>) {
        let sends = !self.is_end_stream();
        course.uploading.store(sends, Ordering::Relaxed);
        self.course = sends.then(|| Arc::clone(course));
    }

    /// Fails once the other half of this channel is dropped without a word.
    pub(super) fn cut_with(&mut self, cut: oneshot::Receiver<()>) {
        self.cut = Some(cut);
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

impl From<Upload> for Outgoing {
    fn from(upload: Upload) -> Self {
        Source::Upload(Box::new(upload)).into()
    }
}

impl From<Spooled> for Outgoing {
    fn from(spooled: Spooled) -> Self {
        Source::Spooled(Box::new(spooled)).into()
    }
}

impl From<Source> for Outgoing {
    fn from(source: Source) -> Self {
        Self {
            source,
            course: None,
            cut: None,
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(course) = &self.course {
            course.uploading.store(false, Ordering::Relaxed);
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.is_cut(cx) {
            return Poll::Ready(Some(Err(Box::new(Cut))));
        }
        let this = &mut *self;
        match &mut this.source {
            Source::Empty => Poll::Ready(None),
            Source::Spooled(body) => Pin::new(&mut **body).poll_frame(cx),
            Source::Upload(body) => Pin::new(&mut **body).poll_frame(cx).map_err(|error| {
                if let Some(course) = &this.course {
                    course.failed.get_or_init(|| error.clone());
                }
                error.into()
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Empty => true,
            Source::Upload(body) => body.is_end_stream(),
            Source::Spooled(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty => SizeHint::with_exact(0),
            Source::Upload(body) => body.size_hint(),
            Source::Spooled(body) => body.size_hint(),
        }
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
