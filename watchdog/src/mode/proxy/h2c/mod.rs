//! The one HTTP/2 connection that all requests to such an upstream share.
//!
//! Owns the connection and the tasks hyper runs for it. May dial it again when it is gone. Refuses to open a second one beside it.

mod bodies;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, Version};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;

use self::bodies::{Course, Sending};
use super::site::Site;
use crate::body::Body;
use crate::dial;
use crate::failure::Failure;
use crate::http1::client::{Lost, Outgoing};

#[derive(Debug)]
pub(super) struct Shared {
    site: Arc<Site>,
    /// Locked while dialling, so that everybody waits for the same connection.
    sender: tokio::sync::Mutex<Option<SendRequest<Sending>>>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Shared {
    pub(super) fn new(site: Arc<Site>) -> Self {
        Self {
            site,
            sender: tokio::sync::Mutex::default(),
            tasks: Arc::default(),
        }
    }

    /// Sends a request, and once more over a fresh connection where that is safe.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Outgoing>,
    ) -> Result<Response<Body>, Failure> {
        self.address(&mut request)?;
        let (sender, reused) = self.sender().await?;
        let copy = if reused { spare(&request) } else { None };
        match send(sender, request).await {
            Ok(response) => Ok(response),
            Err(lost) => {
                let request = lost.again.or(copy.filter(|_| lost.untouched));
                let request = request.ok_or(lost.failure)?;
                let (sender, _) = self.sender().await?;
                send(sender, request).await.map_err(|lost| lost.failure)
            }
        }
    }

    /// HTTP/2 has the host in the target.
    fn address(&self, request: &mut Request<Outgoing>) -> Result<(), Failure> {
        let host = request
            .headers_mut()
            .remove(HOST)
            .unwrap_or_else(|| self.site.host.clone());
        let path = request.uri().path_and_query().cloned();
        let path = path.unwrap_or(PathAndQuery::from_static("/"));
        *request.uri_mut() = self.site.absolute(&host, path)?;
        *request.version_mut() = Version::HTTP_2;
        Ok(())
    }

    /// A handle to the connection, and whether it has been used before.
    async fn sender(&self) -> Result<(SendRequest<Sending>, bool), Failure> {
        let mut slot = self.sender.lock().await;
        if let Some(sender) = slot.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok((sender.clone(), true));
        }
        let stream = TokioIo::new(self.site.dial().await?);
        let (sender, connection) = Builder::new(Spawner(Arc::downgrade(&self.tasks)))
            .timer(TokioTimer::new())
            .handshake(stream)
            .await
            .map_err(|e| Failure::Upstream(dial::describe(&e)))?;
        spawn(&self.tasks, async {
            // Its error reaches every request on it.
            let _ = connection.await;
        });
        *slot = Some(sender.clone());
        Ok((sender, false))
    }
}

async fn send(
    mut sender: SendRequest<Sending>,
    request: Request<Outgoing>,
) -> Result<Response<Body>, Lost> {
    let course = Arc::new(Course::default());
    let (request, cut) = bodies::track(request, &course);
    match sender.try_send_request(request).await {
        Ok(response) => Ok(bodies::guard(response, course, cut)),
        Err(mut error) => {
            let unsent = error.take_message();
            let why = || Failure::Upstream(dial::describe(error.error()));
            Err(Lost {
                again: unsent.map(|unsent| unsent.map(Sending::into_source)),
                // On a connection that lives, a stream that was reset is an answer of a kind.
                untouched: sender.is_closed(),
                closed: sender.is_closed(),
                failure: course.upload_error().map_or_else(why, Failure::from),
            })
        }
    }
}

/// A copy of a request that may be sent twice: a safe method, and no body.
fn spare(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    if !safe || !request.body().is_empty() {
        return None;
    }
    let mut copy = Request::new(Outgoing::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// Starts hyper's tasks where they end with the connection's owner. Weak, because they keep it themselves.
#[derive(Debug, Clone)]
struct Spawner(Weak<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Spawner
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        if let Some(tasks) = self.0.upgrade() {
            spawn(&tasks, task);
        }
    }
}

fn spawn(tasks: &Mutex<JoinSet<()>>, task: impl Future<Output = ()> + Send + 'static) {
    let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    while tasks.try_join_next().is_some() {}
    tasks.spawn(task);
}
