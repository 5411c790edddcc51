//! The response body with its ticket inside.
//!
//! Owns the end of a request: the body is over when it is dropped, however that comes about. May know the limits that hold after the head. Refuses to
//! change a byte.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, sleep};

use crate::body::{Body, BodyError};
use crate::conn::Peer;
use crate::failure::Failure;
use crate::task::{self, Owned};
use crate::ticket::{Deadline, Ticket, gone};

/// How long a body that was told to fail may take before its connection is cut: nobody polls the body of a client that does not read.
const CUT_GRACE: Duration = Duration::from_millis(500);

/// What limits the rest of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    None,
    /// All of it, by then.
    Total(Deadline),
    /// The gaps between its parts.
    Gap {
        limit: Duration,
        setting: &'static str,
    },
}

#[derive(Debug)]
pub struct Sealed {
    body: Body,
    ticket: Option<Ticket>,
    limit: Limit,
    peer: Option<Arc<Peer>>,
    watched: bool,
    /// Set once the answer did not go out in one piece.
    overseer: Option<Overseer>,
    /// What is left of an announced length: the connection stops there without asking for the end.
    left: Option<u64>,
    /// Only closing ends the body: a failure then has to be a reset.
    close_ends: bool,
    /// What went wrong, to be reported once what came before has been written.
    broken: Option<Failure>,
}

/// What a body is sealed with.
#[derive(Debug)]
pub struct Seal {
    pub ticket: Ticket,
    pub limit: Limit,
    pub peer: Arc<Peer>,
    /// The client's leaving ends the answer.
    pub watched: bool,
    /// Nobody will ask for the body.
    pub bodyless: bool,
    /// Only closing the connection ends the body.
    pub close_ends: bool,
}

impl Seal {
    pub fn onto(mut self, body: Body) -> Sealed {
        let left = body.size_hint().exact();
        if self.bodyless || left == Some(0) {
            self.ticket.end();
        }
        Sealed {
            body,
            ticket: Some(self.ticket),
            limit: self.limit,
            peer: Some(self.peer),
            watched: self.watched,
            overseer: None,
            left,
            close_ends: self.close_ends,
            broken: None,
        }
    }
}

/// Looks after an answer that takes time, even while nobody polls it.
#[derive(Debug)]
struct Overseer {
    state: Arc<State>,
    #[expect(dead_code, reason = "held for its Drop")]
    task: Owned<()>,
}

#[derive(Debug)]
struct State {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    failure: Option<Failure>,
    waker: Option<Waker>,
    last: Instant,
}

impl Sealed {
    /// A body nobody counts: health, readiness.
    pub fn plain(body: Body) -> Self {
        Self {
            body,
            ticket: None,
            limit: Limit::None,
            peer: None,
            watched: false,
            overseer: None,
            left: None,
            close_ends: false,
            broken: None,
        }
    }

    fn sent(&mut self, frame: &Frame<Bytes>) {
        let bytes = frame.data_ref().map_or(0, |d| d.len() as u64);
        self.left = self.left.map(|left| left.saturating_sub(bytes));
        if let Some(ticket) = &mut self.ticket {
            ticket.add_sent(bytes);
            if self.left == Some(0) {
                ticket.end();
            }
        }
        if let Some(overseer) = &self.overseer {
            overseer.state.lock().last = Instant::now();
        }
    }

    fn oversee(&mut self) {
        if self.overseer.is_none() && self.ticket.is_some() {
            let inner = Inner {
                failure: None,
                waker: None,
                last: Instant::now(),
            };
            let state = Arc::new(State {
                inner: Mutex::new(inner),
            });
            let watch = Arc::clone(&state).watch(self.limit, self.peer.clone(), self.watched);
            let task = task::spawn(watch);
            self.overseer = Some(Overseer { state, task });
        }
    }

    /// Ends the answer with an error. Over HTTP/2 hyper throws away what it has not written when a body fails, so it gets one turn to write first.
    fn fail(
        &mut self,
        failure: Failure,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.fail(&failure);
        }
        if let (Some(peer), true) = (&self.peer, self.close_ends) {
            peer.reset_on_close();
        }
        // What still runs for this answer stops here.
        self.body = Body::Empty;
        self.broken = Some(failure);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn watch(self: Arc<Self>, limit: Limit, peer: Option<Arc<Peer>>, watched: bool) {
        let watched = peer.as_deref().filter(|_| watched);
        let failure = tokio::select! {
            failure = self.late(limit) => failure,
            () = gone(watched) => Failure::ClientGone,
        };
        let waker = {
            let mut inner = self.lock();
            inner.failure = Some(failure);
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        sleep(CUT_GRACE).await;
        if let Some(peer) = peer {
            peer.cut.cancel();
        }
    }

    async fn late(&self, limit: Limit) -> Failure {
        let Limit::Gap { limit, setting } = limit else {
            let total = if let Limit::Total(deadline) = limit {
                Some(deadline)
            } else {
                None
            };
            return Deadline::passed(total).await;
        };
        loop {
            let at = self.lock().last + limit;
            Deadline::passed(Some(Deadline { at, setting, limit })).await;
            if self.lock().last + limit <= Instant::now() {
                return Failure::Timeout { setting, limit };
            }
        }
    }
}

impl HttpBody for Sealed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(failure) = self.broken.take() {
            return Poll::Ready(Some(Err(failure.into())));
        }
        let overseen = self
            .overseer
            .as_ref()
            .and_then(|o| o.state.lock().failure.take());
        if let Some(failure) = overseen {
            return self.fail(failure, cx);
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.sent(&frame);
                if !self.body.is_end_stream() {
                    self.oversee();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => self.fail(Failure::from_body(error), cx),
            Poll::Ready(None) => {
                if let Some(ticket) = &mut self.ticket {
                    ticket.end();
                }
                Poll::Ready(None)
            }
            Poll::Pending => {
                self.oversee();
                if let Some(overseer) = &self.overseer {
                    let mut inner = overseer.state.lock();
                    if inner.failure.is_some() {
                        cx.waker().wake_by_ref();
                    } else if !inner
                        .waker
                        .as_ref()
                        .is_some_and(|w| w.will_wake(cx.waker()))
                    {
                        inner.waker = Some(cx.waker().clone());
                    }
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.broken.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.broken.is_some() {
            SizeHint::default()
        } else {
            self.body.size_hint()
        }
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        let failure = self
            .overseer
            .as_ref()
            .and_then(|o| o.state.lock().failure.take());
        if let (Some(failure), Some(ticket)) = (failure, &mut self.ticket) {
            ticket.fail(&failure);
        }
    }
}
