//! The body of a handler's answer.
//!
//! Owns the ways to make one. May know the body of every mode, which it is. Refuses to trust what others make.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::task::coop;

use super::handler::BoxError;
use crate::body;

/// The body of an answer. Handlers may answer with any other [`http_body::Body`] of [`Bytes`] as well.
///
/// A body that ends with an error cuts the connection, so that the caller can tell that it is not whole.
///
/// ```
/// use fwatchdog::Body;
/// use http_body_util::Full;
///
/// let empty = Body::empty();
/// let text = Body::from("hello\n");
/// let bytes = Body::from(vec![0; 1024]);
/// let other = Body::new(Full::new(bytes::Bytes::from_static(b"hello\n")));
/// ```
#[derive(Debug, Default)]
pub struct Body(body::Body);

impl Body {
    /// No bytes at all.
    ///
    /// ```
    /// use http_body::Body as _;
    ///
    /// assert!(fwatchdog::Body::empty().is_end_stream());
    /// ```
    pub const fn empty() -> Self {
        Self(body::Body::Empty)
    }

    /// Any other body, behind one allocation.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http_body_util::{BodyExt as _, Full};
    ///
    /// let shouted = Full::new(Bytes::from("hello")).map_frame(|frame| {
    ///     frame.map_data(|data: Bytes| Bytes::from(data.to_ascii_uppercase()))
    /// });
    /// let body = fwatchdog::Body::new(shouted);
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(inner(body))
    }
}

/// A body as every mode has it. One of ours is taken out of its wrapping.
pub(super) fn inner<B>(body: B) -> body::Body
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut body = Some(body);
    let any: &mut dyn Any = &mut body;
    match any.downcast_mut::<Option<Body>>() {
        Some(own) => own.take().unwrap_or_default().0,
        None => body.map_or(body::Body::Empty, |body| {
            let broken = false;
            body::Body::new(Guarded { body, broken })
        }),
    }
}

pin_project! {
    /// A body whose panic ends it and nothing else: the connection may have other requests.
    struct Guarded<B> {
        #[pin]
        body: B,
        broken: bool,
    }
}

impl<B> http_body::Body for Guarded<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if *this.broken {
            return Poll::Ready(None);
        }
        // One that gives empty pieces for ever would have this thread for ever, whatever the deadline.
        let turn = ready!(coop::poll_proceed(cx));
        // What is in a state that nobody expects is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| this.body.poll_frame(cx)));
        let Ok(polled) = polled else {
            *this.broken = true;
            return Poll::Ready(Some(Err("the handler's body panicked".into())));
        };
        if polled.is_ready() {
            turn.made_progress();
        }
        polled.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        // Who panics instead is asked for its next piece.
        self.broken || catch_unwind(AssertUnwindSafe(|| self.body.is_end_stream())).unwrap_or(false)
    }

    fn size_hint(&self) -> SizeHint {
        catch_unwind(AssertUnwindSafe(|| self.body.size_hint())).unwrap_or_default()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(bytes.into().into())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
