//! A request over HTTP/2, as one of HTTP/1.1 would be.
//!
//! Owns the translation of its head and the windows of its body. May know h2's streams. Refuses to let a client send more than is read.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::{fmt, mem};

use bytes::Bytes;
use h2::RecvStream;
use http::header::{CONTENT_LENGTH, EXPECT, HOST};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use crate::conn::LINGER;
use crate::http1::server::MOST_UNREAD;

/// A request's body. What is left of it when it is dropped goes to whoever sends the answer.
pub struct RequestBody {
    /// `None` only while dropping.
    stream: Option<RecvStream>,
    /// Absent where there is no body.
    desk: Option<Arc<Desk>>,
    /// What is left of an announced length.
    left: Option<u64>,
    trailers: bool,
}

/// What passes between a request's body and the answer to it.
#[derive(Default)]
pub(super) struct Desk {
    /// The client waits to be told to send.
    expects: bool,
    invitation: Mutex<Invitation>,
    unread: Mutex<Option<RecvStream>>,
}

/// What a client that waits for it is told, once.
#[derive(Default)]
enum Invitation {
    /// Nobody has asked for the body. Whoever sends the answer may be waiting for that.
    #[default]
    Unasked,
    Awaited(Waker),
    Due,
    Sent,
}

impl Desk {
    /// Whether the client is to be told to send. Whoever asks is woken when it is: the body may be read by another task.
    pub(super) fn invites(&self, cx: &Context<'_>) -> bool {
        if !self.expects {
            return false;
        }
        let mut invitation = self.invitation();
        match *invitation {
            Invitation::Due => *invitation = Invitation::Sent,
            Invitation::Sent => return false,
            Invitation::Unasked | Invitation::Awaited(_) => {
                *invitation = Invitation::Awaited(cx.waker().clone());
                return false;
            }
        }
        true
    }

    /// The body is asked for.
    fn ask(&self) {
        if !self.expects {
            return;
        }
        let mut invitation = self.invitation();
        if matches!(*invitation, Invitation::Unasked | Invitation::Awaited(_))
            && let Invitation::Awaited(sender) = mem::replace(&mut *invitation, Invitation::Due)
        {
            sender.wake();
        }
    }

    fn invitation(&self) -> MutexGuard<'_, Invitation> {
        let invitation = self.invitation.lock();
        invitation.unwrap_or_else(PoisonError::into_inner)
    }

    fn unread(&self) -> MutexGuard<'_, Option<RecvStream>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what nobody wanted, as over HTTP/1.1: some clients take a stream that is reset behind its answer for one that failed.
    pub(super) async fn drain(&self) {
        let Some(mut stream) = self.unread().take() else {
            return;
        };
        let rest = async {
            let mut left = MOST_UNREAD;
            while let Some(Ok(data)) = poll_fn(|cx| stream.poll_data(cx)).await {
                let _ = stream.flow_control().release_capacity(data.len());
                left = left.saturating_sub(data.len());
                if left == 0 {
                    return;
                }
            }
        };
        let _ = timeout(LINGER, rest).await;
    }
}

/// A request with a body to be read, and the desk that it shares with its answer.
pub(super) fn received(request: Request<RecvStream>) -> (Request<RequestBody>, Option<Arc<Desk>>) {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH);
    let left = length.and_then(|value| value.to_str().ok()?.parse().ok());
    let desk = (!request.body().is_end_stream()).then(|| {
        let expect = headers.get(EXPECT).map(HeaderValue::as_bytes);
        Arc::new(Desk {
            expects: expect.is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue")),
            ..Desk::default()
        })
    });
    let request = request.map(|stream| RequestBody {
        stream: Some(stream),
        desk: desk.clone(),
        left,
        trailers: true,
    });
    (request, desk)
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
        let this = &mut *self;
        let Some(stream) = &mut this.stream else {
            return Poll::Ready(None);
        };
        if let Some(desk) = &this.desk {
            desk.ask();
        }
        match ready!(stream.poll_data(cx)) {
            Some(Ok(data)) => {
                // It has been taken, and may be followed by as much.
                let _ = stream.flow_control().release_capacity(data.len());
                let size = data.len() as u64;
                this.left = this.left.map(|left| left.saturating_sub(size));
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None if !this.trailers => return Poll::Ready(None),
            None => {}
        }
        let trailers = ready!(stream.poll_trailers(cx));
        this.trailers = false;
        Poll::Ready(match trailers {
            Ok(Some(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.stream.as_ref().is_none_or(RecvStream::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() {
            return SizeHint::with_exact(0);
        }
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let stream = self.stream.take().filter(|s| !s.is_end_stream());
        if let Some(desk) = &self.desk {
            *desk.unread() = stream;
        }
    }
}
