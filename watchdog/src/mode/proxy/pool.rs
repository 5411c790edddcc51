//! HTTP/1.1 connections between two requests, and the retry that their age makes necessary.
//!
//! Owns idle links, the latest on top, and closes them before common servers would. May know which failures leave a request untouched. Refuses to send
//! anything twice that may have had an effect.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::site::Site;
use crate::body::BodyError;
use crate::failure::Failure;
use crate::http1::client::{Interim, Link, Lost, Outgoing};
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
        interim: Interim<'_>,
    ) -> Result<(Response<()>, Box<Link>), Failure> {
        if let Some(link) = self.idle.take() {
            match link.exchange(request, interim).await {
                Ok(answered) => return Ok(answered),
                Err(lost) => request = lost.again.ok_or(lost.failure)?,
            }
        }
        match self.fresh().await?.exchange(request, interim).await {
            Ok(answered) => Ok(answered),
            Err(Lost {
                again: Some(request),
                untouched: true,
                ..
            }) => {
                let answered = self.fresh().await?.exchange(request, interim).await;
                answered.map_err(|lost| lost.failure)
            }
            Err(lost) => Err(lost.failure),
        }
    }

    /// Boxed, as it is rare: every request would have room for it in its way.
    fn fresh(&self) -> Pin<Box<dyn Future<Output = Result<Box<Link>, Failure>> + Send + '_>> {
        Box::pin(async { self.site.dial().await.map(Link::new) })
    }

    /// Takes a link back after an answer. One that still uploads goes on until the upload is over: the client may be told to keep its connection.
    pub(super) fn give_back(self: &Arc<Self>, mut link: Box<Link>) {
        if link.is_free() {
            link.rest();
            self.idle.put(link);
            self.sweeper
                .get_or_init(|| task::spawn(Arc::clone(&self.idle).sweep()));
        } else if link.is_uploading() {
            self.linger(task::spawn(finish(link, Arc::clone(self))));
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
    home: Arc<Pool>,
}

impl Apart {
    /// Also gives where the answer's pieces come out.
    pub(super) fn start(
        link: Box<Link>,
        home: Arc<Pool>,
    ) -> (Self, mpsc::Receiver<Result<Frame<Bytes>, BodyError>>) {
        let (pieces, received) = mpsc::channel(1);
        let task = task::spawn(run(link, pieces, Arc::clone(&home)));
        (Self { task, home }, received)
    }

    /// The answer came whole: the upload may go on to its own end, and the link serves another request after it.
    pub(super) fn answered(self) {
        self.home.linger(self.task);
    }
}

async fn run(
    mut link: Box<Link>,
    pieces: mpsc::Sender<Result<Frame<Bytes>, BodyError>>,
    home: Arc<Pool>,
) {
    while !link.is_over() {
        let room = pieces.reserve();
        tokio::pin!(room);
        let room = poll_fn(|cx| {
            let _ = link.poll_upload(cx);
            room.as_mut().poll(cx)
        });
        let Ok(room) = room.await else { return };
        match poll_fn(|cx| link.poll_piece(cx)).await {
            Some(piece) => room.send(piece),
            None => break,
        }
    }
    drop(pieces);
    finish(link, home).await;
}

/// Lets an upload that has its answer come to its end.
async fn finish(mut link: Box<Link>, home: Arc<Pool>) {
    poll_fn(|cx| link.poll_upload(cx)).await;
    home.give_back(link);
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
