//! What answers a request: one variant per mode.
//!
//! Owns the dispatch and the shape of an answer. May know the request and the mode's own settings. Refuses to log, count, time or limit, and to know
//! whether the process is draining: the ticket does all that.

pub mod files;
pub mod fork;
pub mod inproc;
pub mod proxy;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;

use self::files::Files;
use self::fork::{Fork, Input};
use self::inproc::Inproc;
use self::proxy::Proxy;
use crate::body::Body;
use crate::config;
use crate::conn::Peer;
use crate::failure::Failure;
use crate::http1::server::Switch;
use crate::spool::Spooled;
use crate::upload::Upload;

#[derive(Debug)]
pub enum Mode {
    Fork(Box<Fork>, config::Style),
    Proxy(Arc<Proxy>),
    Files(Files),
    Inproc(Inproc),
}

/// A request that is ready to be answered.
#[derive(Debug)]
pub enum Received {
    Fork(Request<Input>, Option<u64>),
    Other(Request<Upload>, Option<Switch>),
}

impl Mode {
    /// Says no before anything is spent on a request.
    pub fn accepts(&self, method: &Method) -> Result<(), Failure> {
        match self {
            Self::Fork(fork, _) => fork.accepts(method),
            _ => Ok(()),
        }
    }

    /// Takes in what must be there before the function's time begins to run.
    pub async fn receive(
        &self,
        request: Request<Upload>,
        upgrade: Option<Switch>,
    ) -> Result<Received, Failure> {
        match self {
            Self::Fork(fork, _) => {
                let request = request.map(Input::Stream);
                let length = request.body().length();
                let request = Box::pin(fork.receive(request)).await?;
                Ok(Received::Fork(request, length))
            }
            _ => Ok(Received::Other(request, upgrade)),
        }
    }

    /// Answers what was received from `peer`.
    pub async fn answer(&self, received: Received, peer: &Arc<Peer>) -> Result<Answer, Failure> {
        match (self, received) {
            (Self::Fork(fork, _), Received::Fork(request, length)) => {
                Box::pin(fork.answer(request, length)).await
            }
            (Self::Proxy(proxy), Received::Other(request, upgrade)) => {
                proxy.answer(request, upgrade, peer).await
            }
            (Self::Files(files), Received::Other(request, _)) => {
                files.answer(&request.into_parts().0, Some(peer))
            }
            (Self::Inproc(inproc), Received::Other(request, upgrade)) => {
                inproc.answer(request, upgrade).await
            }
            _ => Err(Failure::Internal(
                "a request was received by another mode".to_owned(),
            )),
        }
    }

    /// Asks the function itself whether it is ready.
    pub async fn ready(&self, target: &str) -> Result<StatusCode, Failure> {
        match self {
            Self::Fork(fork, _) => {
                let request = Request::get(target).body(Input::Whole(Spooled::default()));
                let request = request.map_err(|e| Failure::Request(e.to_string()))?;
                let mut response = fork.answer(request, Some(0)).await?.response;
                // Its word counts only once it has ended well.
                while let Some(frame) = response.body_mut().frame().await {
                    frame.map_err(Failure::from_body)?;
                }
                Ok(response.status())
            }
            Self::Proxy(proxy) => proxy.ready(target).await,
            Self::Files(files) => {
                let request = Request::get(target)
                    .body(())
                    .map_err(|e| Failure::Request(e.to_string()))?;
                Ok(files
                    .answer(&request.into_parts().0, None)?
                    .response
                    .status())
            }
            Self::Inproc(_) => Ok(StatusCode::OK),
        }
    }

    /// An answer's headers are complete.
    pub async fn show(&self, headers: &HeaderMap) {
        if let Self::Fork(fork, _) = self {
            fork.show(headers).await;
        }
    }

    /// The function can take requests at all.
    pub fn is_up(&self) -> bool {
        match self {
            Self::Proxy(proxy) => proxy.is_up(),
            Self::Files(files) => files.is_up(),
            _ => true,
        }
    }

    /// The function is neither starting nor gone for good, and there are files where they are served.
    pub fn has_come_up(&self) -> bool {
        match self {
            Self::Proxy(proxy) => proxy.has_come_up(),
            Self::Files(files) => files.is_up(),
            _ => true,
        }
    }

    /// Whether the function takes requests at this moment, where that can be found out without running it. The caller may keep the answer.
    pub async fn knock(&self) -> bool {
        match self {
            Self::Proxy(proxy) => proxy.knock().await,
            _ => true,
        }
    }

    /// Why it does not.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Proxy(proxy) => proxy.trouble(),
            _ => None,
        }
    }

    /// How the processes started ahead stand.
    pub fn pool(&self) -> fork::Level {
        match self {
            Self::Fork(fork, _) => fork.pool(),
            _ => fork::Level::default(),
        }
    }

    /// No more requests will come: stops what waits for them.
    pub fn close(&self) {
        if let Self::Fork(fork, _) = self {
            fork.close();
        }
    }

    /// Answers arrive whole, so the function's time is over with their head.
    pub const fn answers_whole(&self) -> bool {
        matches!(
            self,
            Self::Fork(_, config::Style::Classic(_) | config::Style::Serializing) | Self::Files(_)
        )
    }
}

/// A function's answer.
#[derive(Debug)]
pub struct Answer {
    pub response: Response<Body>,
    /// Set with a 101: what runs once both sides have switched protocols. The request lasts as long as it does.
    pub tunnel: Option<Tunnel>,
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self {
            response,
            tunnel: None,
        }
    }
}

/// An upgraded connection, both ways, until either side ends it. Dropping it ends it.
pub struct Tunnel(pub Pin<Box<dyn Future<Output = ()> + Send>>);

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tunnel")
    }
}
