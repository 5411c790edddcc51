//! A handler in this process.
//!
//! Owns what a request brings for it and what becomes of its answer. May know a request, its upload and its connection. Refuses to trust it: a panic or
//! an error costs one request, and the caller is not told why.

mod body;
mod bridge;
mod handler;
mod upgrade;

use std::time::Duration;

use http::{Request, Response};
use http_body::Body as _;
use tokio_util::task::TaskTracker;

pub use self::body::Body;
pub use self::handler::{BoxError, ClientAddress, Handler};
pub use self::upgrade::{Upgrade, Upgraded};
use super::Answer;
use crate::body as bodies;
use crate::config::Timeouts;
use crate::failure::{Failure, chain};
use crate::http1::server::Switch;
use crate::task;
use crate::upload::{Upload, UploadError};

/// The handler, and what holds for connections that it takes over.
#[derive(Debug)]
pub struct Inproc {
    handler: Handler,
    idle: Option<Duration>,
    tasks: TaskTracker,
}

impl Inproc {
    pub fn new(handler: Handler, timeouts: &Timeouts) -> Self {
        Self {
            handler,
            idle: timeouts.stream_idle,
            tasks: TaskTracker::new(),
        }
    }

    pub async fn answer(
        &self,
        mut request: Request<Upload>,
        switch: Option<Switch>,
    ) -> Result<Answer, Failure> {
        // What is left of a body would be taken for the other protocol.
        if let Some(switch) = switch.filter(|_| request.body().is_end_stream()) {
            let upgrade = Upgrade::new(switch, self.idle);
            request.extensions_mut().insert(upgrade);
        }
        // A task of its own, so that a panic ends there, and a handler that blocks holds up no deadline.
        let handler = self.handler.clone();
        // What its error says is its own code as well.
        let work = async move { handler.call(request).await.map_err(failure) };
        match task::spawn(self.tasks.track_future(work)).await {
            Ok(Ok(response)) => answer(response),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Handler("the handler panicked".to_owned())),
        }
    }

    /// Waits for what was told to end, which takes as long as a handler blocks.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// An upload that broke off is the client's doing, also where the handler says so.
fn failure(error: BoxError) -> Failure {
    match error.downcast::<UploadError>() {
        Ok(upload) => (*upload).into(),
        Err(error) => Failure::Handler(chain(&*error)),
    }
}

/// An answer that switches protocols has to say who goes on, and no other of its class is an answer: a client would wait for one.
fn answer(mut response: Response<bodies::Body>) -> Result<Answer, Failure> {
    let tunnel = upgrade::take(&mut response);
    if tunnel.is_none() && response.status().is_informational() {
        let status = response.status().as_u16();
        let why = format!("the handler answered {status} without an `Upgrade`");
        return Err(Failure::Handler(why));
    }
    Ok(Answer { response, tunnel })
}
