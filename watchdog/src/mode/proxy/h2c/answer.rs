//! The body of an HTTP/2 answer.
//!
//! Owns the stream's receiving half, and the upload that may still run beside it: a body that is dropped before its end resets the stream. May know what
//! became of the upload. Refuses to hold more than the stream's window.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::line::Seat;
use super::sending::Sending;
use crate::body::{Body, BodyError};
use crate::failure::Failure;
use crate::http1::client::Piece;
use crate::mode::proxy::{headers, lingering};
use crate::task::{self, Owned};
use crate::upload::UploadError;

/// Uploads that outlast their answer.
pub(super) type Lingering = Arc<lingering::Lingering>;

#[derive(Debug)]
struct Answer {
    stream: RecvStream,
    /// Read ahead.
    first: Piece,
    /// What is left, where that is known.
    left: Option<u64>,
    /// All data has come.
    dry: bool,
    over: bool,
    upload: Option<Upload>,
    /// Held until both ways are over.
    _seat: Arc<Seat>,
}

/// A request's body that still goes up while the answer comes down.
#[derive(Debug)]
struct Upload {
    task: Owned<()>,
    /// Why it failed, if it did: the cause of all that follows.
    failed: Arc<OnceLock<UploadError>>,
    home: Lingering,
}

/// The answer of an exchange. One that breaks off at once is none: a status can still say so.
pub(super) async fn new(
    response: Response<RecvStream>,
    sending: Sending,
    seat: Seat,
    home: &Lingering,
) -> Result<Response<Body>, Failure> {
    let (head, stream) = response.into_parts();
    let length = head.headers.get(CONTENT_LENGTH);
    let left = length.and_then(|len| len.to_str().ok()?.parse().ok());
    let seat = Arc::new(seat);
    let uploads = !sending.is_over();
    let upload = uploads.then(|| go_on(sending, Arc::clone(&seat), home));
    let whole = stream.is_end_stream();
    let answer = Answer {
        stream,
        first: None,
        left: if whole { Some(0) } else { left },
        dry: whole,
        over: whole,
        upload,
        _seat: seat,
    };
    let body = answer.into_body().await;
    Ok(Response::from_parts(
        head,
        body.map_err(Failure::from_body)?,
    ))
}

fn go_on(mut sending: Sending, seat: Arc<Seat>, home: &Lingering) -> Upload {
    let failed = Arc::new(OnceLock::new());
    let cause = Arc::clone(&failed);
    let task = task::spawn(async move {
        let sent = poll_fn(|cx| sending.poll(cx)).await;
        drop(seat);
        if let Err(error) = sent {
            let why = match error.downcast::<UploadError>() {
                Ok(error) => *error,
                Err(error) => UploadError::Broken(error.to_string()),
            };
            cause.get_or_init(|| why);
        }
    });
    Upload {
        task,
        failed,
        home: Arc::clone(home),
    }
}

impl Answer {
    async fn into_body(mut self) -> Result<Body, BodyError> {
        if self.over {
            self.end();
            return Ok(Body::Empty);
        }
        let polled = poll_fn(|cx| Poll::Ready(self.poll_piece(cx))).await;
        if let Poll::Ready(piece) = polled {
            let Some(first) = piece.transpose()? else {
                return Ok(Body::Empty);
            };
            match first.into_data() {
                Ok(whole) if self.over => return Ok(whole.into()),
                Ok(data) => self.first = Some(Ok(Frame::data(data))),
                Err(other) => self.first = Some(Ok(other)),
            }
        }
        Ok(Body::new(self))
    }

    /// The answer came whole: the upload may go on to its own end.
    fn end(&mut self) {
        self.over = true;
        if let Some(Upload { task, home, .. }) = self.upload.take() {
            home.add(task);
        }
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let Some(data) = ready!(self.stream.poll_data(cx)) else {
            return Poll::Ready(None);
        };
        match data {
            Ok(data) => {
                // Whoever asks for a piece has room for it.
                let _ = self.stream.flow_control().release_capacity(data.len());
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                Poll::Ready(Some(Ok(data)))
            }
            Err(error) if self.are_trailers(&error) => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Whether all that is wrong are the trailers: fields that HTTP/2 forbids. They end the data all the same, and the crate refuses a stream after its
    /// head for nothing else, but a wrong length.
    fn are_trailers(&self, error: &h2::Error) -> bool {
        error.is_reset()
            && error.is_library()
            && error.reason() == Some(Reason::PROTOCOL_ERROR)
            && self.left.is_none_or(|left| left == 0)
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        if self.over {
            return Poll::Ready(None);
        }
        if !self.dry {
            match ready!(self.poll_data(cx)) {
                Some(Ok(data)) => {
                    if self.stream.is_end_stream() {
                        self.end();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(self.broken(&error)))),
                None => self.dry = true,
            }
        }
        self.poll_trailers(cx)
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        let piece = match ready!(self.stream.poll_trailers(cx)) {
            Ok(Some(mut fields)) => {
                headers::trailers(&mut fields);
                (!fields.is_empty()).then(|| Ok(Frame::trailers(fields)))
            }
            Ok(None) => None,
            Err(error) if self.are_trailers(&error) => None,
            Err(error) => return Poll::Ready(Some(Err(self.broken(&error)))),
        };
        self.end();
        Poll::Ready(piece)
    }

    fn broken(&mut self, error: &h2::Error) -> BodyError {
        self.over = true;
        // Where the upload failed, all else follows from that.
        let upload = self.upload.take();
        match upload.as_ref().and_then(|upload| upload.failed.get()) {
            Some(cause) => cause.clone().into(),
            None => Failure::Aborted(error.to_string()).into(),
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        match self.first.take() {
            Some(piece) => Poll::Ready(Some(piece)),
            None => self.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over && self.first.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().and_then(|piece| piece.as_ref().ok());
        let first = first.and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
        self.left
            .map_or_else(SizeHint::default, |left| SizeHint::with_exact(first + left))
    }
}
