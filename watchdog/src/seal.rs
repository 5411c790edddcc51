//! The response body with its ticket inside.
//!
//! Owns the end of a request: the body is over when it is dropped, and the answer was whole if the connection says so before. May know the limits that
//! hold after the head. Refuses to change a byte.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::aside::Aside;
use crate::body::{Body, BodyError};
use crate::conn::{Busy, Peer};
use crate::failure::Failure;
use crate::ticket::{Deadline, Ticket};

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

/// An answer's body on its way to a client. Whoever sends it keeps it until its last byte was taken, and asks it then and again whether it is overdue.
#[derive(Debug)]
pub struct Sealed {
    body: Body,
    ticket: Option<Ticket>,
    /// Its connection has something in flight.
    busy: Option<Busy>,
    limit: Limit,
    /// Whose leaving ends the answer.
    client: Option<Arc<Peer>>,
    /// When something was last given out.
    moved: Instant,
    /// What may end it early, once it did not leave at once.
    watch: Option<Box<Watch>>,
}

/// What a function's body is sealed with.
#[derive(Debug)]
pub struct Seal {
    pub ticket: Ticket,
    pub busy: Busy,
    pub limit: Limit,
    /// Whose leaving ends the answer.
    pub client: Option<Arc<Peer>>,
}

impl Seal {
    pub fn onto(self, body: Body) -> Sealed {
        Sealed {
            ticket: Some(self.ticket),
            busy: Some(self.busy),
            client: self.client,
            ..Sealed::plain(body, self.limit)
        }
    }
}

impl Sealed {
    /// A body nobody counts: health, readiness, refusals.
    pub fn plain(body: Body, limit: Limit) -> Self {
        Self {
            body,
            ticket: None,
            busy: None,
            limit,
            client: None,
            moved: Instant::now(),
            watch: None,
        }
    }

    /// The client has taken all of it.
    pub fn delivered(mut self) {
        if let Some(ticket) = &mut self.ticket {
            ticket.end();
        }
    }

    /// Ends the answer early: what still runs for it stops.
    pub fn fail(&mut self, failure: &Failure) {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.fail(failure);
        }
        self.busy = None;
        self.body = Body::Empty;
    }

    /// Ready when the answer has to end although it is not over: its time has passed, or its client is gone. That has been recorded by then.
    ///
    /// To be asked whenever the answer waits, whether for the function or for the client: nobody asks a body for more while a client does not read.
    pub fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (limit, client) = (self.limit, &mut self.client);
        let watch = self
            .watch
            .get_or_insert_with(|| Box::new(Watch::new(limit, client.take())));
        let failure = ready!(watch.poll(limit, self.moved, cx));
        self.fail(&failure);
        Poll::Ready(())
    }
}

type Leaving = Aside<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// What may end an answer early.
struct Watch {
    timer: Option<Pin<Box<Sleep>>>,
    leaving: Option<Leaving>,
}

impl Watch {
    fn new(limit: Limit, client: Option<Arc<Peer>>) -> Self {
        let due = match limit {
            Limit::None => None,
            Limit::Total(deadline) => Some(deadline.at),
            Limit::Gap { limit, .. } => Some(Instant::now() + limit),
        };
        let leaving = |client: Arc<Peer>| -> Leaving {
            Aside::new(Box::pin(async move { client.gone().await }))
        };
        Self {
            timer: due.map(|due| Box::pin(sleep_until(due))),
            leaving: client.map(leaving),
        }
    }

    fn poll(&mut self, limit: Limit, moved: Instant, cx: &mut Context<'_>) -> Poll<Failure> {
        if let Some(leaving) = &mut self.leaving
            && Pin::new(leaving).poll(cx).is_ready()
        {
            return Poll::Ready(Failure::ClientGone);
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Pending;
        };
        loop {
            // A body that always has more uses up this task's turn, and a timer is never due to who has none left.
            ready!(pin!(coop::unconstrained(timer.as_mut())).poll(cx));
            match limit {
                Limit::Gap { limit, setting } if moved + limit <= Instant::now() => {
                    return Poll::Ready(Failure::Timeout { setting, limit });
                }
                Limit::Gap { limit, .. } => timer.as_mut().reset(moved + limit),
                Limit::Total(deadline) => return Poll::Ready(deadline.failure()),
                Limit::None => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl HttpBody for Sealed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose() {
            Ok(frame) => frame,
            Err(error) => {
                let failure = Failure::from_body(error);
                self.fail(&failure);
                return Poll::Ready(Some(Err(failure.into())));
            }
        };
        let bytes = frame
            .as_ref()
            .and_then(Frame::data_ref)
            .map_or(0, Bytes::len);
        if let Some(ticket) = &mut self.ticket {
            ticket.add_sent(bytes as u64);
        }
        if matches!(self.limit, Limit::Gap { .. }) {
            self.moved = Instant::now();
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
