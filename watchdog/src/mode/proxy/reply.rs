//! An answer's body, with the connection it comes from.
//!
//! Owns the connection until the last byte: a body that is dropped before closes it. May know that an upload is still running beside it. Refuses to hold
//! more than a few pieces.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use super::headers;
use super::pool::{Apart, Pool};
use crate::body::{Body, BodyError};
use crate::failure::Failure;
use crate::http1::client::{Link, Piece};

/// The body of an answer that is not all there yet.
#[derive(Debug)]
struct Reply {
    /// Read ahead.
    first: Piece,
    /// What is left, `first` included, where that is known.
    left: Option<u64>,
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
    Apart {
        pieces: mpsc::Receiver<Result<Frame<Bytes>, BodyError>>,
        apart: Apart,
    },
    Over,
}

/// The answer of an exchange over `link`. A short body that has come with its head is taken at once: the link is free again, and nothing is boxed.
pub(super) async fn from_link(
    response: Response<()>,
    mut link: Box<Link>,
    home: &Arc<Pool>,
) -> Result<Response<Body>, Failure> {
    if link.is_over() {
        home.give_back(link);
        return Ok(response.map(|()| Body::Empty));
    }
    let left = link.left();
    if link.is_uploading() {
        let (apart, pieces) = Apart::start(link, Arc::clone(home));
        let drive = Drive::Apart { pieces, apart };
        return Ok(response.map(|()| Body::new(Reply::new(None, left, drive))));
    }
    let first = match poll_fn(|cx| Poll::Ready(link.poll_piece(cx))).await {
        Poll::Ready(Some(Ok(frame))) if left.is_some() && link.is_over() => {
            home.give_back(link);
            let whole = frame.into_data().map_or(Body::Empty, Body::from);
            return Ok(response.map(|()| whole));
        }
        // A status can still say so.
        Poll::Ready(Some(Err(error))) => return Err(Failure::from_body(error)),
        Poll::Ready(piece) => piece,
        Poll::Pending => None,
    };
    let home = Arc::clone(home);
    let drive = Drive::Inline { link, home };
    Ok(response.map(|()| Body::new(Reply::new(first, left, drive))))
}

impl Reply {
    fn new(first: Piece, left: Option<u64>, drive: Drive) -> Self {
        Self { first, left, drive }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        let piece = match &mut self.drive {
            Drive::Over => None,
            Drive::Inline { link, .. } => ready!(link.poll_piece(cx)),
            Drive::Apart { pieces, .. } => ready!(pieces.poll_recv(cx)),
        };
        Poll::Ready(piece)
    }

    /// Counts a piece, and lets the connection go with the last one: nobody asks again after trailers, nor after the last byte of a known length.
    fn count(&mut self, piece: &Piece) {
        let over = match piece {
            Some(Ok(frame)) => {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.left = self.left.map(|left| left.saturating_sub(size));
                frame.is_trailers() || self.left == Some(0)
            }
            Some(Err(_)) => {
                self.drive = Drive::Over;
                return;
            }
            None => true,
        };
        if !over {
            return;
        }
        // A connection whose answer came whole may serve another.
        match mem::replace(&mut self.drive, Drive::Over) {
            Drive::Inline { link, home } => home.give_back(link),
            Drive::Apart { apart, .. } => apart.answered(),
            Drive::Over => {}
        }
    }
}

impl HttpBody for Reply {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        let mut piece = match self.first.take() {
            Some(piece) => Some(piece),
            None => ready!(self.poll_piece(cx)),
        };
        if let Some(Ok(frame)) = &mut piece
            && let Some(fields) = frame.trailers_mut()
        {
            headers::trailers(fields);
        }
        self.count(&piece);
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && matches!(self.drive, Drive::Over)
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
