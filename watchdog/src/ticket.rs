//! A request from its admission to the drop of its response body.
//!
//! Owns the request's clock, its slot and its record: when the ticket drops, the slot is back, the figures are counted and the one access line is
//! written. May know how a request ended. Refuses to produce an answer.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use pin_project_lite::pin_project;
use tokio::time::{Instant, sleep_until};

use crate::access::{Access, Entry};
use crate::conn::Peer;
use crate::failure::{Failure, Voice};
use crate::gate::{Counted, Gate, Slot};
use crate::metrics::{Metrics, Record};
use crate::target::{Raw, Target};
use crate::upload::Upload;

pub const CALL_ID: HeaderName = HeaderName::from_static("x-call-id");
const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// What every ticket reports to.
#[derive(Debug)]
pub struct Desk {
    pub gate: Gate,
    pub metrics: Metrics,
    pub access: Access,
    pub voice: Voice,
}

/// When a request must be over, and which setting says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    pub at: Instant,
    pub setting: &'static str,
    pub limit: Duration,
}

impl Deadline {
    pub fn after(limit: Duration, setting: &'static str) -> Self {
        Self {
            at: Instant::now() + limit,
            setting,
            limit,
        }
    }

    pub fn failure(&self) -> Failure {
        Failure::Timeout {
            setting: self.setting,
            limit: self.limit,
        }
    }

    /// Never completes without a deadline.
    pub async fn passed(deadline: Option<Self>) -> Failure {
        match deadline {
            Some(deadline) => {
                sleep_until(deadline.at).await;
                deadline.failure()
            }
            None => future::pending().await,
        }
    }
}

/// The two limits an ordinary answer has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// The function's time.
    pub exec: Option<Deadline>,
    /// The whole answer's time.
    pub write: Option<Deadline>,
}

impl Clock {
    pub fn earliest(&self) -> Option<Deadline> {
        [self.exec, self.write]
            .into_iter()
            .flatten()
            .min_by_key(|d| d.at)
    }
}

#[derive(Debug)]
pub struct Ticket {
    desk: Arc<Desk>,
    slot: Option<Slot>,
    _counted: Counted,
    method: Method,
    uri: Uri,
    /// What of the target `uri` cannot hold.
    raw: Option<Raw>,
    call_id: Option<HeaderValue>,
    trace: Option<HeaderValue>,
    /// A probe of the orchestrator, which the log leaves out.
    probe: bool,
    started: Instant,
    first_byte: Option<Duration>,
    received: Option<Arc<AtomicU64>>,
    sent: u64,
    status: Option<StatusCode>,
    timeout: Option<&'static str>,
    ended: bool,
}

impl Ticket {
    pub fn open(desk: &Arc<Desk>, request: &Request<Upload>, call_id: Option<HeaderValue>) -> Self {
        let headers = request.headers();
        let access = &desk.access;
        let agent = access.skip_probes.then(|| headers.get(USER_AGENT));
        let trace = access.shows_trace().then(|| headers.get(TRACE).cloned());
        Self {
            slot: None,
            _counted: desk.gate.enter(),
            desk: Arc::clone(desk),
            method: request.method().clone(),
            uri: request.uri().clone(),
            raw: request.extensions().get().cloned(),
            call_id,
            trace: trace.flatten(),
            probe: agent
                .flatten()
                .is_some_and(|a| a.as_bytes().starts_with(b"kube-probe")),
            started: Instant::now(),
            first_byte: None,
            received: request.body().received(),
            sent: 0,
            status: None,
            timeout: None,
            ended: false,
        }
    }

    /// Takes a slot; the ticket keeps it to the end.
    pub async fn admit(&mut self, peer: Option<&Peer>) -> Result<(), Failure> {
        let slot = within(None, peer, self.desk.gate.admit()).await?;
        self.slot = Some(slot);
        Ok(())
    }

    pub fn started(&self) -> Instant {
        self.started
    }

    /// The head of the function's answer is on its way.
    pub fn head(&mut self, status: StatusCode, took: Duration) {
        self.status = Some(status);
        self.first_byte = Some(took);
    }

    pub fn add_sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// The answer went out whole.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Something went wrong, before the head or after it.
    pub fn fail(&mut self, failure: &Failure) {
        self.status = Some(failure.status(self.desk.voice));
        if let Failure::Timeout { setting, .. } = failure {
            self.timeout = Some(setting);
        }
        self.ended = true;
        if let Some(line) = failure.log_line() {
            tracing::info!("{line}");
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.ended {
            let failure = if thread::panicking() {
                Failure::Internal("a panic ended the request".to_owned())
            } else {
                Failure::ClientGone
            };
            self.fail(&failure);
        }
        let status = self.status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let duration = self.started.elapsed();
        let received = self.received.as_ref();
        self.desk.metrics.record(&Record {
            method: &self.method,
            status,
            duration,
            first_byte: self.first_byte,
            received: received.map_or(0, |bytes| bytes.load(Ordering::Relaxed)),
            sent: self.sent,
            timeout: self.timeout,
        });
        self.desk.access.write(&Entry {
            method: &self.method,
            target: Target::new(&self.uri, self.raw.as_ref()),
            status,
            sent: self.sent,
            duration,
            call_id: self.call_id.as_ref(),
            trace: self.trace.as_ref(),
            probe: self.probe,
        });
    }
}

/// Runs `work` until it is done, the deadline has passed or the client is gone. What loses is dropped, and so stopped.
pub fn within<T>(
    deadline: Option<Deadline>,
    peer: Option<&Peer>,
    work: impl Future<Output = Result<T, Failure>>,
) -> impl Future<Output = Result<T, Failure>> {
    Race {
        work,
        rival: rival(deadline, peer),
    }
}

pin_project! {
    /// Work, and what may end it. A select would move the work, which is large, for each request.
    struct Race<A, B> {
        #[pin]
        work: A,
        #[pin]
        rival: B,
    }
}

impl<T, A, B> Future for Race<A, B>
where
    A: Future<Output = Result<T, Failure>>,
    B: Future<Output = Failure>,
{
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.work.poll(cx) {
            Poll::Pending => this.rival.poll(cx).map(Err),
            done @ Poll::Ready(_) => done,
        }
    }
}

/// Completes when work has to stop.
async fn rival(deadline: Option<Deadline>, peer: Option<&Peer>) -> Failure {
    tokio::select! {
        biased;
        failure = Deadline::passed(deadline) => failure,
        () = gone(peer) => Failure::ClientGone,
    }
}

/// Never completes where nobody minds.
pub async fn gone(peer: Option<&Peer>) {
    match peer {
        Some(peer) => peer.gone().await,
        None => future::pending().await,
    }
}
