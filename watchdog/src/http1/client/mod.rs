//! One HTTP/1.1 connection to another server, run by whoever uses it.
//!
//! Owns the socket and how far one exchange on it has come: there is no task behind a link, so dropping it ends whatever it was doing. May know whether it
//! can be used again. Refuses to dial, to wait idly or to choose what is sent.

mod head;
mod outgoing;
mod says;

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use http::header::TRANSFER_ENCODING;
use http::{Method, Request, Response, StatusCode, request};
use http_body::{Body as _, Frame};
use tokio::io::{AsyncRead as _, ReadBuf};

pub use self::outgoing::Outgoing;

use super::inbound::{Framing, Inbound, Taken};
use super::outbound::Outbound;
use super::poll_more;
use crate::body::BodyError;
use crate::dial::Stream;
use crate::failure::Failure;

/// What a body gives next.
pub type Piece = Option<Result<Frame<Bytes>, BodyError>>;

/// What becomes of an interim answer (1xx): it tells nothing of the answer itself.
pub type Interim<'a> = &'a (dyn Fn(Response<()>) + Sync);

/// A connection, and the only handle to it.
#[derive(Debug)]
pub struct Link {
    stream: Stream,
    outbound: Outbound<Outgoing>,
    inbound: Inbound,
    /// What was read and not yet taken.
    read: BytesMut,
    /// How far it was searched for the end of a head.
    scanned: usize,
    /// The other side has sent something since the request was started.
    heard: bool,
    /// It may serve another request after this one.
    keeps: bool,
    /// How many answers have begun on it.
    answers: u32,
}

/// An exchange without an answer.
#[derive(Debug)]
pub struct Lost {
    /// The request, where it may be sent again over another connection.
    pub again: Option<Request<Outgoing>>,
    /// None of it was sent.
    pub untouched: bool,
    /// The other side closed the connection without a word.
    pub closed: bool,
    pub failure: Failure,
}

/// Whether a request may be sent again whatever became of it: a safe method, and no body.
pub fn is_repeatable(method: &Method, body: &Outgoing) -> bool {
    let safe = matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    safe && body.is_empty()
}

impl Link {
    pub fn new(stream: Stream) -> Box<Self> {
        Box::new(Self {
            stream,
            outbound: Outbound::default(),
            inbound: Inbound::Over,
            read: BytesMut::new(),
            scanned: 0,
            heard: false,
            keeps: true,
            answers: 0,
        })
    }

    /// Sends a request and waits for the head of its answer. The body goes on while the answer is read.
    pub async fn exchange(
        mut self: Box<Self>,
        request: Request<Outgoing>,
        interim: Interim<'_>,
    ) -> Result<(Response<()>, Box<Self>), Lost> {
        let (head, body) = request.into_parts();
        self.outbound = outbound(&head, body);
        (self.heard, self.scanned) = (false, 0);
        match poll_fn(|cx| self.poll_head(cx, &head.method, interim)).await {
            Ok(response) => Ok((response, self)),
            Err(failure) => Err(self.lost(head, failure)),
        }
    }

    /// Whether another request can be sent. Notices a close by the other side that has arrived by now.
    pub fn is_free(&mut self) -> bool {
        self.keeps
            && self.inbound == Inbound::Over
            && !self.is_uploading()
            && !self.outbound.refused
            && !self.outbound.has_failed()
            && self.read.is_empty()
            && self.is_silent()
    }

    /// Whether the other side has not closed it up to this moment. Asks the system: what tokio knows is as old as its last look.
    pub fn is_open_now(&self) -> bool {
        self.stream.is_silent_now()
    }

    /// How many answers it has given, at least in part.
    pub fn answers(&self) -> u32 {
        self.answers
    }

    pub fn is_uploading(&self) -> bool {
        !self.outbound.is_over()
    }

    /// The answer's body is over.
    pub fn is_over(&self) -> bool {
        self.inbound == Inbound::Over
    }

    /// What is left of the answer's body, where that is known.
    pub fn left(&self) -> Option<u64> {
        self.inbound.length()
    }

    /// Goes on with the request; ready when that is over.
    pub fn poll_upload(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.outbound.poll(&mut self.stream, cx)
    }

    /// The next piece of the answer's body. The request goes on beside it.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Piece> {
        let _ = self.poll_upload(cx);
        // Where the upload failed, all else follows from that.
        if let Some(error) = self.outbound.take_failure() {
            self.inbound = Inbound::Over;
            self.keeps = false;
            return Poll::Ready(Some(Err(error)));
        }
        let piece = match ready!(self.poll_taken(cx)) {
            Ok(Taken::Frame(frame)) => Some(Ok(frame)),
            Ok(_) => None,
            Err(why) => {
                self.inbound = Inbound::Over;
                self.keeps = false;
                Some(Err(Failure::Aborted(why).into()))
            }
        };
        Poll::Ready(piece)
    }

    /// Gives back the memory that only a body needs.
    pub fn rest(&mut self) {
        self.read = BytesMut::new();
        self.outbound = Outbound::default();
    }

    /// The bare stream where HTTP is over on it, with the bytes that were read too far.
    pub fn into_stream(self) -> (Stream, Bytes) {
        (self.stream, self.read.freeze())
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        asked: &Method,
        interim: Interim<'_>,
    ) -> Poll<Result<Response<()>, Failure>> {
        let _ = self.poll_upload(cx);
        if let Some(error) = self.outbound.take_failure() {
            return Poll::Ready(Err(Failure::from_body(error)));
        }
        loop {
            let taken = head::take(&mut self.read, &mut self.scanned, asked);
            if let Some(head) = taken.map_err(Failure::Upstream)? {
                // Also where an interim answer says so.
                self.keeps &= head.keeps;
                let status = head.response.status();
                if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
                    interim(head.response);
                    continue;
                }
                self.inbound = Inbound::new(head.framing);
                self.answers = self.answers.saturating_add(1);
                return Poll::Ready(Ok(head.response));
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) if self.heard => {
                    return Poll::Ready(Err(broke("connection closed within the answer's head")));
                }
                Ok(0) => return Poll::Ready(Err(broke("connection closed before the answer"))),
                Ok(_) => self.heard = true,
                Err(error) => return Poll::Ready(Err(broke(&error.to_string()))),
            }
        }
    }

    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<Taken, String>> {
        loop {
            match self.inbound.take(&mut self.read) {
                Ok(Taken::Nothing) => {}
                taken => return Poll::Ready(taken),
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) if self.inbound == Inbound::Close => {
                    self.inbound = Inbound::Over;
                    return Poll::Ready(Ok(Taken::End));
                }
                Ok(0) => return Poll::Ready(Err("connection closed within the answer".to_owned())),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error.to_string())),
            }
        }
    }

    /// Reads what there is. Zero is the end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        poll_more(stream, cx, &mut self.read, self.inbound)
    }

    /// Nothing has come that nobody asked for, nor the end.
    fn is_silent(&mut self) -> bool {
        let mut scratch = [MaybeUninit::uninit()];
        let mut buffer = ReadBuf::uninit(&mut scratch);
        let mut idle = Context::from_waker(Waker::noop());
        Pin::new(&mut self.stream)
            .poll_read(&mut idle, &mut buffer)
            .is_pending()
    }

    fn lost(&mut self, head: request::Parts, failure: Failure) -> Lost {
        let untouched = !self.outbound.touched;
        let body = self.outbound.take_body();
        let body =
            body.filter(|body| untouched || (!self.heard && is_repeatable(&head.method, body)));
        Lost {
            again: body.map(|body| Request::from_parts(head, body)),
            untouched,
            closed: !self.heard && matches!(failure, Failure::Upstream(_)),
            failure,
        }
    }
}

/// A request, framed as its head says.
///
/// A failed write is no end yet, only reading is: a server that answers early and stops reading makes writes fail while its answer waits to be read. The
/// client's bytes are taken to their end all the same, as it may not look for an answer before.
fn outbound(head: &request::Parts, body: Outgoing) -> Outbound<Outgoing> {
    let mut bytes = Vec::new();
    head::write(&mut bytes, head);
    let framing = if body.is_end_stream() {
        Framing::Length(0)
    } else if head.headers.contains_key(TRANSFER_ENCODING) {
        Framing::Chunked
    } else {
        Framing::Length(body.size_hint().exact().unwrap_or_default())
    };
    let outbound = Outbound::new(bytes, body, framing).persist();
    outbound.allow_trailers(&head.headers)
}

fn broke(why: &str) -> Failure {
    Failure::Upstream(why.to_owned())
}
