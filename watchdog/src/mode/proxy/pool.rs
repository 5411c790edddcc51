//! HTTP/1.1 connections to the upstream, and the retry that their age makes necessary.
//!
//! Owns idle links, and uploads that outlast their answer. May know which failures leave a request untouched. Refuses to send anything twice that may have
//! had an effect.

mod habit;
mod idle;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use tokio::sync::mpsc;

use self::idle::{Idle, Taken};
use super::lingering::Lingering;
use super::site::Site;
use crate::body::BodyError;
use crate::failure::Failure;
use crate::http1::client::{self, Interim, Link, Lost, Outgoing};
use crate::task::{self, Owned};

/// All HTTP/1.1 connections that no request holds.
#[derive(Debug)]
pub(super) struct Pool {
    site: Arc<Site>,
    idle: Arc<Idle>,
    /// One task for all idle links, from the first on.
    sweeper: OnceLock<Owned<()>>,
    /// Links whose upload outlasts their answer.
    lingering: Lingering,
}

impl Pool {
    pub(super) fn new(site: Arc<Site>, patience: Option<Duration>) -> Self {
        let idle = Arc::default();
        Self {
            site,
            idle,
            sweeper: OnceLock::new(),
            lingering: Lingering::new(patience),
        }
    }

    /// Sends a request over an idle link or a fresh one, and once more over a fresh one where that is safe.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Outgoing>,
        interim: Interim<'_>,
    ) -> Result<(Response<()>, Box<Link>), Failure> {
        let repeatable = client::is_repeatable(request.method(), request.body());
        if let Some(Taken { link, past }) = self.idle.take(repeatable) {
            match link.exchange(request, interim).await {
                Ok(answered) => return Ok(answered),
                Err(lost) => {
                    if lost.closed {
                        self.idle.died(past);
                    }
                    request = lost.again.ok_or(lost.failure)?;
                }
            }
        }
        let _waiting = self.idle.wait();
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

    #[cfg(test)]
    pub(super) fn trust(&self) {
        self.idle.trust();
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
            self.lingering.add(finish(link, Arc::clone(self)));
        }
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
        self.home.lingering.add(self.task);
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
