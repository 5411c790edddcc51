//! The HTTP/2 connections that all requests to such an upstream share.
//!
//! Owns them, one for as long as one is enough. May know which have room, and which failures leave a request untouched. Refuses to send anything twice that
//! may have had an effect.

mod answer;
mod line;
mod sending;

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use h2::Reason;
use http::header::{HOST, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{Request, Response, Version, request};
use tokio::time::Instant;

use self::answer::Lingering;
use self::line::{Line, Seat};
use self::sending::{Sending, Source};
use super::lingering;
use super::site::Site;
use crate::body::Body;
use crate::failure::{Failure, chain};
use crate::http1::client::{Outgoing, is_repeatable};
use crate::target::Raw;

/// With so many connections, streams wait for each other after all.
const MOST_LINES: usize = 100;

/// How often a request is sent that the other side refuses to look at.
const ATTEMPTS: usize = 3;

#[derive(Debug)]
pub(super) struct Shared {
    site: Arc<Site>,
    lines: Mutex<Vec<Arc<Line>>>,
    /// Held while dialling, so that everybody waits for the same connection. Has the last failure: it is everybody's, too.
    dialling: tokio::sync::Mutex<Option<(Instant, String)>>,
    lingering: Lingering,
}

/// A request without an answer.
struct Lost {
    head: request::Parts,
    /// The body, where the other side has not looked at the request, and may be given it again.
    unseen: Option<Source>,
    /// The connection is gone.
    broken: bool,
    failure: Failure,
}

impl Shared {
    pub(super) fn new(site: Arc<Site>, patience: Option<Duration>) -> Self {
        Self {
            site,
            lines: Mutex::default(),
            dialling: tokio::sync::Mutex::default(),
            lingering: Arc::new(lingering::Lingering::new(patience)),
        }
    }

    /// Sends a request, and again where that is safe: when the other side has not looked at it, or once when a used connection died and it may be repeated.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Body>, Failure> {
        self.address(&mut request)?;
        let mut request = request.map(Source::from);
        let mut refused: Option<Arc<Line>> = None;
        for _ in 1..ATTEMPTS {
            let (seat, line) = self.seat(&request, refused.as_ref()).await?;
            let reused = seat.reused;
            let repeatable =
                request.body().is_empty() && is_repeatable(request.method(), &Outgoing::Empty);
            match self.send(seat, request).await {
                Ok(response) => return Ok(response),
                Err(lost) => {
                    let again = lost.broken && reused && repeatable;
                    let again = again.then(|| Outgoing::Empty.into());
                    let source = lost.unseen.or(again).ok_or(lost.failure)?;
                    request = Request::from_parts(lost.head, source);
                    refused = Some(line);
                }
            }
        }
        let (seat, _) = self.seat(&request, refused.as_ref()).await?;
        let answered = self.send(seat, request).await;
        answered.map_err(|lost| lost.failure)
    }

    /// HTTP/2 has the host in the target. One that is empty is no authority (RFC 9113, 8.3.1), and stays a field.
    fn address(&self, request: &mut Request<Outgoing>) -> Result<(), Failure> {
        // Streams have ends of their own.
        request.headers_mut().remove(TRANSFER_ENCODING);
        let path = if let Some(raw) = Raw::take(request.extensions_mut()) {
            raw.escaped().map_err(|e| Failure::Request(e.to_string()))?
        } else {
            let path = request.uri().path_and_query().cloned();
            path.unwrap_or(PathAndQuery::from_static("/"))
        };
        let host = request.headers().get(HOST).unwrap_or(&self.site.host);
        if host.is_empty() {
            *request.uri_mut() = path.into();
            return Ok(());
        }
        *request.uri_mut() = self.site.absolute(host, path)?;
        request.headers_mut().remove(HOST);
        *request.version_mut() = Version::HTTP_2;
        Ok(())
    }

    /// Sees to it that there is a connection.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        let request = Request::new(Source::from(Outgoing::Empty));
        self.seat(&request, None).await.map(drop)
    }

    /// A place on a connection: on one that is there, if not on `but`, else on a new one.
    async fn seat(
        &self,
        request: &Request<Source>,
        but: Option<&Arc<Line>>,
    ) -> Result<(Seat, Arc<Line>), Failure> {
        let uploads = !request.body().is_empty();
        if let Some(found) = self.free(uploads, but) {
            return Ok(found);
        }
        let since = Instant::now();
        let mut dialling = self.dialling.lock().await;
        if let Some(found) = self.free(uploads, but).or_else(|| self.least()) {
            return Ok(found);
        }
        if let Some((at, why)) = &*dialling
            && *at >= since
        {
            return Err(Failure::Upstream(why.clone()));
        }
        let line = match self.dial().await {
            Err(Failure::Upstream(why)) => {
                *dialling = Some((Instant::now(), why.clone()));
                return Err(Failure::Upstream(why));
            }
            dialled => dialled?,
        };
        let gone = || Failure::Upstream("connection closed before it was used".to_owned());
        let seat = line.any_seat().ok_or_else(gone)?;
        self.lock().push(Arc::clone(&line));
        Ok((seat, line))
    }

    async fn dial(&self) -> Result<Arc<Line>, Failure> {
        Line::new(self.site.dial().await?).await
    }

    fn free(&self, uploads: bool, but: Option<&Arc<Line>>) -> Option<(Seat, Arc<Line>)> {
        let mut lines = self.lock();
        lines.retain(|line| !line.is_closed());
        let mut others = lines
            .iter()
            .filter(|line| but.is_none_or(|but| !Arc::ptr_eq(but, line)));
        others.find_map(|line| Some((line.seat(uploads)?, Arc::clone(line))))
    }

    /// A place on the connection with the fewest streams, where there may be no more connections.
    fn least(&self) -> Option<(Seat, Arc<Line>)> {
        let lines = self.lock();
        if lines.len() < MOST_LINES {
            return None;
        }
        let line = lines.iter().min_by_key(|line| line.open())?;
        Some((line.any_seat()?, Arc::clone(line)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, mut seat: Seat, request: Request<Source>) -> Result<Response<Body>, Lost> {
        let (head, source) = request.into_parts();
        let ends = source.is_end_stream();
        let begun = seat
            .sender()
            .send_request(Request::from_parts(head.clone(), ()), ends);
        let (mut response, stream) = match begun {
            Ok(begun) => begun,
            // Nothing has left.
            Err(error) => return Err(Lost::new(&error, Some(source), head)),
        };
        let mut sending = Sending::new(source, stream, ends, seat.stuck());
        let answered = poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = sending.poll(cx) {
                return Poll::Ready(Err(Failure::from_body(error)));
            }
            // They are not passed on, and would wait in memory for the answer.
            while let Poll::Ready(Some(Ok(_))) = response.poll_informational(cx) {}
            Pin::new(&mut response).poll(cx).map(Ok)
        });
        match answered.await {
            Ok(Ok(response)) => {
                seat.answered();
                sending.settle();
                let answer = answer::new(response, sending, seat, &self.lingering);
                answer
                    .await
                    .map_err(|failure| Lost::for_good(head, failure))
            }
            Ok(Err(error)) => {
                seat.answered();
                let source = sending.into_source().filter(|_| is_unseen(&error));
                Err(Lost::new(&error, source, head))
            }
            Err(failure) => Err(Lost::for_good(head, failure)),
        }
    }
}

impl Lost {
    fn for_good(head: request::Parts, failure: Failure) -> Self {
        Self {
            head,
            unseen: None,
            broken: false,
            failure,
        }
    }

    fn new(error: &h2::Error, unseen: Option<Source>, head: request::Parts) -> Self {
        Self {
            head,
            unseen,
            // On a connection that lives, a stream that was reset is an answer of a kind.
            broken: !error.is_reset(),
            failure: Failure::Upstream(chain(error)),
        }
    }
}

/// Whether the other side says that it has not looked at the request (RFC 9113, 8.7).
fn is_unseen(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (refused || error.is_go_away())
}
