//! HTTP/1.1 connections between two requests, and the retry that their age makes necessary.
//!
//! Owns idle links, the latest on top, and closes them before common servers would. May know which failures leave a request untouched. Refuses to send
//! anything twice that may have had an effect.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::{Method, Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::link::{Link, Lost};
use super::outgoing::Outgoing;
use super::site::Site;
use crate::failure::Failure;
use crate::task::{self, Owned};

/// Shorter than the keep-alive time of any common server, so that we are the one to close.
const IDLE_TIMEOUT: Duration = Duration::from_millis(500);
const MAX_IDLE: usize = 100;

/// All HTTP/1.1 connections that no request holds.
#[derive(Debug)]
pub(super) struct Pool {
    site: Arc<Site>,
    idle: Arc<Idle>,
    /// One task for all idle links, from the first on.
    sweeper: OnceLock<Owned<()>>,
    /// Links whose upload outlasts their answer.
    lingering: Mutex<Vec<Owned<()>>>,
}

#[derive(Debug, Default)]
struct Idle {
    /// In the order in which they became idle.
    links: Mutex<Vec<(Instant, Box<Link>)>>,
    /// A link was put where there was none.
    filled: Notify,
}

impl Pool {
    pub(super) fn new(site: Arc<Site>) -> Self {
        let idle = Arc::default();
        Self {
            site,
            idle,
            sweeper: OnceLock::new(),
            lingering: Mutex::default(),
        }
    }

    /// Sends a request over an idle link or a fresh one, and once more over a fresh one where that is safe.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Outgoing>,
    ) -> Result<(Response<Incoming>, Box<Link>), Failure> {
        if let Some(link) = self.idle.take() {
            let spare = spare(&request);
            match link.exchange(request).await {
                Ok(answered) => return Ok(answered),
                Err(lost) => request = again(lost, spare)?,
            }
        }
        match self.fresh().await?.exchange(request).await {
            Ok(answered) => Ok(answered),
            Err(Lost {
                unsent: Some(request),
                ..
            }) => {
                let answered = self.fresh().await?.exchange(request).await;
                answered.map_err(|lost| lost.failure)
            }
            Err(lost) => Err(lost.failure),
        }
    }

    /// Boxed, as it is rare: every request would have room for it in its way.
    fn fresh(&self) -> Pin<Box<dyn Future<Output = Result<Box<Link>, Failure>> + Send + '_>> {
        Box::pin(async { Link::open(self.site.dial().await?).await })
    }

    /// Takes a link back after an answer. One that still uploads goes on until the upload is over: the client may be told to keep its connection.
    pub(super) fn give_back(self: &Arc<Self>, mut link: Box<Link>) {
        if link.is_free() {
            self.idle.put(link);
            self.sweeper
                .get_or_init(|| task::spawn(Arc::clone(&self.idle).sweep()));
        } else if link.course().is_uploading() {
            Apart::new(link, Arc::clone(self)).answered();
        }
    }

    fn linger(&self, task: Owned<()>) {
        let mut lingering = self
            .lingering
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lingering.retain(|task| !task.is_finished());
        lingering.push(task);
    }
}

/// A link that runs by itself, for an upload that must go on whether or not the client reads the answer. Dropping it ends both.
#[derive(Debug)]
pub(super) struct Apart {
    task: Owned<()>,
    answered: oneshot::Sender<()>,
    home: Arc<Pool>,
}

impl Apart {
    pub(super) fn new(mut link: Box<Link>, home: Arc<Pool>) -> Self {
        let (answered, mut told) = oneshot::channel();
        let back = Arc::clone(&home);
        let task = task::spawn(async move {
            let mut whole = false;
            poll_fn(|cx| {
                whole = whole || Pin::new(&mut told).poll(cx).is_ready();
                let over = link.poll(cx).is_ready();
                if over || (whole && !link.course().is_uploading()) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            back.give_back(link);
        });
        Self {
            task,
            answered,
            home,
        }
    }

    /// The answer came whole: the upload may go on to its own end, and the link serves another request after it.
    pub(super) fn answered(self) {
        // The task may have ended with its connection.
        let _ = self.answered.send(());
        self.home.linger(self.task);
    }
}

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Box<Link>)>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The link that was used last: the others may rest until they are closed.
    fn take(&self) -> Option<Box<Link>> {
        loop {
            let (since, mut link) = self.lock().pop()?;
            if since.elapsed() < IDLE_TIMEOUT && link.is_free() {
                return Some(link);
            }
        }
    }

    fn put(&self, link: Box<Link>) {
        let mut links = self.lock();
        if links.len() < MAX_IDLE {
            links.push((Instant::now(), link));
        }
        if links.len() == 1 {
            self.filled.notify_one();
        }
    }

    async fn sweep(self: Arc<Self>) {
        loop {
            match self.expire() {
                Some(next) => sleep_until(next).await,
                None => self.filled.notified().await,
            }
        }
    }

    /// Closes what has been idle for too long, and says when the next will have been.
    fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut links = self.lock();
        let old = links.partition_point(|(since, _)| *since + IDLE_TIMEOUT <= now);
        let kept = links.split_off(old);
        let expired = mem::replace(&mut *links, kept);
        let next = links.first().map(|(since, _)| *since + IDLE_TIMEOUT);
        // Closing sockets is no work for under a lock.
        drop(links);
        drop(expired);
        next
    }
}

/// A copy of a request that may be sent twice: a safe method, and no body.
pub(super) fn spare(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    if !safe || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(Outgoing::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// What may be sent again after an exchange over a reused connection was lost.
pub(super) fn again(
    lost: Lost,
    spare: Option<Request<Outgoing>>,
) -> Result<Request<Outgoing>, Failure> {
    let spare = spare.filter(|_| !lost.heard);
    lost.unsent.or(spare).ok_or(lost.failure)
}
