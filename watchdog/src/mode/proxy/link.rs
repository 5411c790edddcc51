//! One HTTP/1.1 connection to the upstream, run by whoever uses it.
//!
//! Owns the socket and hyper's state machine on it: there is no task behind a link, so dropping it ends whatever it was doing. May know whether it can
//! be used again. Refuses to dial, to wait idly or to choose what is sent.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, Parts, SendRequest};
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::outgoing::{Course, Outgoing};
use crate::dial::{self, Stream};
use crate::failure::Failure;

/// Answers with more header fields than this are refused. Go has no such limit; this one is out of the way.
const MAX_HEADERS: usize = 512;

/// How much of an answer is read at once, its head included. hyper's own 400 KiB, on either side, is much of what a large body costs in memory.
const BUFFER: usize = 128 << 10;

/// A connection, and the only handle to it.
#[derive(Debug)]
pub(super) struct Link {
    sender: SendRequest<Outgoing>,
    /// `None` once it is over.
    connection: Option<Connection<TokioIo<Wire>, Outgoing>>,
    /// What a connection leaves that is over.
    rest: Option<Parts<TokioIo<Wire>>>,
    course: Arc<Course>,
}

/// An exchange without an answer.
#[derive(Debug)]
pub(super) struct Lost {
    /// The request, where none of it was sent.
    pub(super) unsent: Option<Request<Outgoing>>,
    /// Whether anything came back.
    pub(super) heard: bool,
    pub(super) failure: Failure,
}

impl Link {
    pub(super) async fn open(stream: Stream) -> Result<Box<Self>, Failure> {
        let course = Arc::new(Course::default());
        let wire = Wire {
            stream,
            course: Arc::clone(&course),
        };
        let (sender, connection) = Builder::new()
            // As Go writes them: some servers out there compare bytes.
            .title_case_headers(true)
            .max_buf_size(BUFFER)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|e| Failure::Upstream(dial::describe(&e)))?;
        Ok(Box::new(Self {
            sender,
            connection: Some(connection),
            rest: None,
            course,
        }))
    }

    pub(super) fn course(&self) -> &Arc<Course> {
        &self.course
    }

    /// Lets the connection do what it can; ready when it is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(());
        };
        // Its error also reaches whoever waits for the answer or for its body.
        let over = connection.poll_without_shutdown(cx).is_ready();
        if !over {
            return Poll::Pending;
        }
        // Taking it apart hands a request back that was never started.
        self.rest = self.connection.take().map(Connection::into_parts);
        Poll::Ready(())
    }

    /// Whether another request can be sent. Notices a close by the upstream that has arrived by now.
    pub(super) fn is_free(&mut self) -> bool {
        let over = self
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready();
        !over && self.sender.is_ready() && !self.course.is_refused()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) fn exchange(
        mut self: Box<Self>,
        mut request: Request<Outgoing>,
    ) -> impl Future<Output = Result<(Response<Incoming>, Box<Self>), Lost>> {
        self.course.set_heard(false);
        request.body_mut().attach(&self.course);
        Exchange {
            // Only this connection can complete it, and that is polled first each time: so it needs no waker, and must not be held up by a spent budget.
            answer: tokio::task::unconstrained(self.sender.try_send_request(request)),
            link: Some(self),
        }
    }

    fn lost(&self, unsent: Option<Request<Outgoing>>, why: String) -> Lost {
        let failure = self
            .course
            .upload_error()
            .map_or(Failure::Upstream(why), Failure::from);
        Lost {
            unsent,
            heard: self.course.is_heard(),
            failure,
        }
    }

    /// The bare stream once HTTP is over on it, with the bytes that were read too far.
    pub(super) fn into_stream(self) -> Option<(Stream, Bytes)> {
        let rest = self.rest?;
        Some((rest.io.into_inner().stream, rest.read_buf))
    }
}

pin_project! {
    /// A request under way, with the connection that carries it.
    struct Exchange<F> {
        #[pin]
        answer: F,
        link: Option<Box<Link>>,
    }
}

impl<F> Future for Exchange<F>
where
    F: Future<Output = Result<Response<Incoming>, TrySendError<Request<Outgoing>>>>,
{
    type Output = Result<(Response<Incoming>, Box<Link>), Lost>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(mut link) = this.link.take() else {
            return Poll::Pending;
        };
        let over = link.poll(cx).is_ready();
        let answer = this.answer.poll(&mut Context::from_waker(Waker::noop()));
        Poll::Ready(match answer {
            Poll::Ready(Ok(response)) => Ok((response, link)),
            Poll::Ready(Err(mut error)) => {
                let unsent = error.take_message();
                Err(link.lost(unsent, dial::describe(error.error())))
            }
            Poll::Pending if over => Err(link.lost(None, "connection closed".to_owned())),
            Poll::Pending => {
                *this.link = Some(link);
                return Poll::Pending;
            }
        })
    }
}

/// The socket as hyper sees it. An upstream that answers early and stops reading makes writes fail while its answer waits to be read: so a failed write
/// is no end yet, only reading is.
#[derive(Debug)]
struct Wire {
    stream: Stream,
    course: Arc<Course>,
}

impl Wire {
    /// What cannot be sent is as good as sent.
    fn settle(&self, written: io::Result<usize>, offered: usize) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(written.unwrap_or_else(|_| {
            self.course.refuse();
            offered
        })))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.course.set_heard(true);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.course.is_refused() {
            return Poll::Ready(Ok(buf.len()));
        }
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(cx, buf) else {
            return Poll::Pending;
        };
        self.settle(written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let offered = bufs.iter().map(|b| b.len()).sum();
        if self.course.is_refused() {
            return Poll::Ready(Ok(offered));
        }
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs) else {
            return Poll::Pending;
        };
        self.settle(written, offered)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.course.is_refused() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_flush(cx).map(|flushed| {
            if flushed.is_err() {
                self.course.refuse();
            }
            Ok(())
        })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
