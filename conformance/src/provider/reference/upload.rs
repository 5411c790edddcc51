//! The bodies of requests: passed on as they come, or read whole within a limit and a time.
//! It knows that closing on an upload could destroy the answer to it.
//! It refuses to keep more than the limit in memory.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::StatusCode;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::answer::{self, Answer, BoxError, bad, error};
use super::faults::seeded;
#[cfg(feature = "mutants")]
use crate::provider::mutants::half;

/// The upload of a client. What nobody wants any more is read all the same for a while: closing on it could destroy the answer.
pub struct Upload(Option<answer::Body>);

/// How long an upload is read that nobody wants.
const LINGER: Duration = Duration::from_secs(2);

impl Upload {
    pub fn new(body: impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static) -> Self {
        Self(Some(body.map_err(Into::into).boxed_unsync()))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.0.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        if let (Some(mut rest), Ok(runtime)) = (rest, Handle::try_current()) {
            let read = async move { while let Some(Ok(_)) = rest.frame().await {} };
            // It ends by itself, with the upload or with its time.
            drop(runtime.spawn(timeout(LINGER, read)));
        }
    }
}

/// The whole of an upload.
pub async fn collect(upload: Upload, most: usize, time: Duration) -> Result<Bytes, Answer> {
    let time = if seeded!(BodiesEndless) {
        Duration::from_hours(1)
    } else {
        time
    };
    #[cfg(feature = "mutants")]
    if seeded!(HalfTaken) || seeded!(LengthUnminded) {
        return Ok(half::taken(upload, seeded!(HalfTaken)).await);
    }
    match timeout(time, Limited::new(upload, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(why)) if why.is::<LengthLimitError>() => {
            let told = format!("the body may have at most {most} bytes");
            Err(error(StatusCode::PAYLOAD_TOO_LARGE, &told))
        }
        Ok(Err(why)) => Err(bad(&format!("the body could not be read: {why}"))),
        Err(_) => Err(error(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}
