//! A request over HTTP/2, as one of HTTP/1.1 would be.
//!
//! Owns the translation of its head and the windows of its body. May know h2's streams. Refuses to let a client send more than is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use bytes::Bytes;
use h2::RecvStream;
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};

/// A request's body. Dropping it before its end tells the client to stop.
pub struct RequestBody {
    stream: RecvStream,
    /// What is left of an announced length.
    left: Option<u64>,
    trailers: bool,
}

/// A request with a body to be read.
pub(super) fn received(request: Request<RecvStream>) -> Request<RequestBody> {
    let length = request.headers().get(CONTENT_LENGTH);
    let left = length.and_then(|value| value.to_str().ok()?.parse().ok());
    request.map(|stream| RequestBody {
        stream,
        left,
        trailers: true,
    })
}

/// Gives a request the form that it would have had over HTTP/1.1 (RFC 9113, 8.3.1): a path, and a Host. It has passed every check by then.
pub fn localize<B>(request: &mut Request<B>) {
    let uri = mem::take(request.uri_mut()).into_parts();
    if let Some(authority) = uri.authority
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    let path = uri.path_and_query.unwrap_or(PathAndQuery::from_static("/"));
    *request.uri_mut() = path.into();
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestBody")
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        match ready!(self.stream.poll_data(cx)) {
            Some(Ok(data)) => {
                // It has been taken, and may be followed by as much.
                let _ = self.stream.flow_control().release_capacity(data.len());
                let size = data.len() as u64;
                self.left = self.left.map(|left| left.saturating_sub(size));
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None if !self.trailers => return Poll::Ready(None),
            None => {}
        }
        let trailers = ready!(self.stream.poll_trailers(cx));
        self.trailers = false;
        Poll::Ready(match trailers {
            Ok(Some(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.stream.is_end_stream() {
            return SizeHint::with_exact(0);
        }
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
