//! A request's body on its way in.
//!
//! Owns the two limits an upload has: its size and `read_timeout`. May know when the request's head arrived. Refuses to decide what a broken upload
//! means: it ends in a typed error that every mode passes on.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::failure::Failure;
use crate::http1::server::{RequestBody, Switch};
use crate::http2;

/// Why a request's body ended before its end.
///
/// A handler that returns it, as `?` does, has the caller told: `413`, `408` or `400`.
///
/// ```
/// use bytes::Bytes;
/// use fwatchdog::{Request, Response, Upload, UploadError};
/// use http_body_util::{BodyExt as _, Full};
///
/// async fn echo(request: Request<Upload>) -> Result<Response<Full<Bytes>>, UploadError> {
///     let said = request.into_body().collect().await?;
///     Ok(Response::new(Full::new(said.to_bytes())))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadError {
    /// It is larger than `max_body_bytes`.
    TooLarge {
        /// What `max_body_bytes` says.
        limit: u64,
    },
    /// It was not over within `read_timeout`, which is this long.
    Timeout(Duration),
    /// The client broke off, or sent something that is not a body.
    Broken(String),
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => {
                write!(f, "request body larger than max_body_bytes ({limit})")
            }
            Self::Timeout(limit) => write!(f, "upload not over within read_timeout ({limit:?})"),
            Self::Broken(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for UploadError {}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge { limit } => Self::TooLarge { limit },
            UploadError::Timeout(limit) => Self::UploadTimeout(limit),
            UploadError::Broken(why) => Self::Upload(why),
        }
    }
}

/// A request body as it comes, in either version.
#[derive(Debug)]
pub enum Incoming {
    Http1(RequestBody),
    Http2(http2::RequestBody),
}

impl Incoming {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        fn broken(error: impl fmt::Display) -> UploadError {
            UploadError::Broken(error.to_string())
        }
        match self {
            Self::Http1(body) => Pin::new(body).poll_frame(cx).map_err(broken),
            Self::Http2(body) => Pin::new(body).poll_frame(cx).map_err(broken),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Http1(body) => body.is_end_stream(),
            Self::Http2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Http1(body) => body.size_hint(),
            Self::Http2(body) => body.size_hint(),
        }
    }
}

/// A request's body, within the limits of `max_body_bytes` and `read_timeout`.
///
/// It is read as any [`http_body::Body`]: whole with `http_body_util::BodyExt::collect`, or frame by frame while the client still sends.
///
/// ```
/// use fwatchdog::{Handler, Request, Response, Upload, UploadError};
/// use http_body_util::BodyExt as _;
///
/// async fn count(request: Request<Upload>) -> Result<Response<String>, UploadError> {
///     let (mut body, mut bytes) = (request.into_body(), 0);
///     while let Some(frame) = body.frame().await {
///         bytes += frame?.data_ref().map_or(0, |data| data.len());
///     }
///     Ok(Response::new(format!("{bytes} bytes\n")))
/// }
///
/// let handler = Handler::new(count);
/// ```
#[derive(Debug)]
pub struct Upload {
    body: Incoming,
    /// Bytes that may still come.
    left: Option<u64>,
    limit: u64,
    deadline: Option<(Instant, Duration)>,
    received: Option<Arc<AtomicU64>>,
    /// Armed when the upload is first waited for, so that short requests never touch the timer.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Upload {
    pub(crate) fn new(body: Incoming, max: Option<u64>, read_timeout: Option<Duration>) -> Self {
        let any = !body.is_end_stream();
        let read_timeout = read_timeout.filter(|_| any);
        Self {
            received: any.then(Arc::default),
            body,
            left: max,
            limit: max.unwrap_or(u64::MAX),
            deadline: read_timeout.map(|t| (Instant::now() + t, t)),
            timer: None,
        }
    }

    /// # Errors
    /// [`UploadError::TooLarge`] where the request itself announces more than it may.
    pub(crate) fn fits(&self) -> Result<(), UploadError> {
        let limit = self.limit;
        if self.body.size_hint().lower() > limit {
            Err(UploadError::TooLarge { limit })
        } else {
            Ok(())
        }
    }

    /// The way to switch protocols, where the request asks for it.
    pub(crate) fn take_switch(&mut self) -> Option<Switch> {
        match &mut self.body {
            Incoming::Http1(body) => body.take_switch(),
            Incoming::Http2(_) => None,
        }
    }

    /// The bytes that have come so far, where any are to come.
    pub(crate) fn received(&self) -> Option<Arc<AtomicU64>> {
        self.received.clone()
    }

    /// The announced length, where there is one.
    pub(crate) fn exact_len(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    fn late(&mut self, cx: &mut Context<'_>) -> Option<UploadError> {
        let (at, limit) = self.deadline?;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        timer
            .as_mut()
            .poll(cx)
            .is_ready()
            .then_some(UploadError::Timeout(limit))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        match self.body.poll_frame(cx) {
            Poll::Pending => self
                .late(cx)
                .map_or(Poll::Pending, |e| Poll::Ready(Some(Err(e)))),
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, |d| d.len() as u64);
                if let Some(received) = &self.received {
                    received.fetch_add(size, Ordering::Relaxed);
                }
                match self.left.map(|left| left.checked_sub(size)) {
                    Some(None) => {
                        let limit = self.limit;
                        Poll::Ready(Some(Err(UploadError::TooLarge { limit })))
                    }
                    left => {
                        self.left = left.flatten();
                        Poll::Ready(Some(Ok(frame)))
                    }
                }
            }
            ended @ Poll::Ready(_) => ended,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
