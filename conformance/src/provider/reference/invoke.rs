//! Calls of functions: one replica in turn gets the request, and its answer goes back as it comes.
//! It knows how long to wait for a replica, and what a failure on the way is told as.
//! It refuses to send a request twice, to follow a redirect, and to reach anything but a replica.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HeaderValue, RETRY_AFTER};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{self, Answer, Body, internal, nothing};
use super::faults::seeded;
use super::forward::{self, CallName};
use super::function::Function;
use super::metrics::full_name;
use super::relay::{self, Owned, Relayed};
use super::upload::Upload;
use super::{Provider, Shape, names};
#[cfg(feature = "mutants")]
use crate::provider::mutants::{behind, tunnel};

/// The largest head of an answer.
const HEAD: usize = 1024 * 1024;
const FIELDS: usize = 1000;
/// The pause before another replica is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// `/function/NAME/below`.
pub async fn invoke(
    provider: &Arc<Provider>,
    full: &str,
    below: &str,
    mut request: Request<Upload>,
    remote: SocketAddr,
) -> Answer {
    let name = (provider.options.shape == Shape::Gateway).then(|| CallName::of(request.headers()));
    let mut answer = match find(provider, full) {
        Some(function) => {
            if let Some(name) = &name {
                name.on_request(request.headers_mut());
            }
            let upgrade = forward::wants_websocket(request.headers())
                .then(|| hyper::upgrade::on(&mut request));
            let request = request.map(BodyExt::boxed_unsync);
            if seeded!(CallsDetached) {
                detached(provider, function, below, request, remote, upgrade).await
            } else {
                call(provider, &function, below, request, remote, upgrade).await
            }
        }
        None => missing(provider.options.shape, full),
    };
    if let Some(name) = &name {
        name.on_answer(answer.headers_mut());
    }
    answer
}

/// The function of that full name.
pub fn find(provider: &Provider, full: &str) -> Option<Arc<Function>> {
    let (name, namespace) = names::split(full);
    provider.world.find(namespace, name).ok()
}

pub fn missing(shape: Shape, full: &str) -> Answer {
    match shape {
        Shape::Gateway => internal(
            StatusCode::NOT_FOUND,
            &format!("function {full} does not exist"),
        ),
        Shape::Provider => {
            let why = format!("No endpoints available for: {full}.");
            internal(StatusCode::SERVICE_UNAVAILABLE, &why)
        }
    }
}

/// One call of a function, counted.
pub async fn call(
    provider: &Provider,
    function: &Function,
    below: &str,
    request: Request<Body>,
    remote: SocketAddr,
    upgrade: Option<OnUpgrade>,
) -> Answer {
    let begun = Instant::now();
    let name = full_name(function);
    provider.metrics.started(&name);
    if provider.options.shape == Shape::Gateway {
        function.wake();
    }
    let answered = pass(provider, function, below, request, remote, upgrade).await;
    let answer = answered.unwrap_or_else(|failure| failure);
    if !seeded!(CallsUncounted) {
        function.invoked.fetch_add(1, Ordering::Relaxed);
    }
    provider
        .metrics
        .invoked(&name, answer.status().as_u16(), begun.elapsed());
    answer
}

/// One call that nobody can end.
async fn detached(
    provider: &Arc<Provider>,
    function: Arc<Function>,
    below: &str,
    request: Request<Body>,
    remote: SocketAddr,
    upgrade: Option<OnUpgrade>,
) -> Answer {
    let (provider, below) = (Arc::clone(provider), below.to_owned());
    let made =
        tokio::spawn(
            async move { call(&provider, &function, &below, request, remote, upgrade).await },
        );
    let lost = |_| internal(StatusCode::INTERNAL_SERVER_ERROR, "the call was lost");
    made.await.unwrap_or_else(lost)
}

async fn pass(
    provider: &Provider,
    function: &Function,
    below: &str,
    request: Request<Body>,
    remote: SocketAddr,
    upgrade: Option<OnUpgrade>,
) -> Result<Answer, Answer> {
    if seeded!(TheHostAnswers) && function.pick().is_none() {
        return Ok(answer::text("text/plain", "OK".to_owned()));
    }
    let deadline = Instant::now() + allowed(provider);
    let hold = deadline.min(Instant::now() + provider.options.hold);
    let (stream, address) = reach(function, hold).await?;
    let request = addressed(request, below, remote, address)?;
    let cannot = |why: &dyn std::fmt::Display| {
        let why = format!("Can't reach service for: {}: {why}.", function.name);
        internal(StatusCode::BAD_GATEWAY, &why)
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD).max_headers(FIELDS);
    let opened = builder.handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(|why| cannot(&why))?;
    let connection = Owned(tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    }));
    match timeout_at(deadline, sender.send_request(request)).await {
        Ok(Ok(response)) => Ok(passed(response, connection, deadline, upgrade)),
        Ok(Err(why)) => Err(cannot(&why)),
        Err(_) => {
            let why = format!("{} did not answer in time", function.name);
            Err(internal(StatusCode::GATEWAY_TIMEOUT, &why))
        }
    }
}

/// How long a call may take, to its last byte.
fn allowed(provider: &Provider) -> Duration {
    if seeded!(CallsCut) {
        return Duration::from_secs(3);
    }
    provider.options.timeout
}

/// A connection to the next replica that is ready. One that has just gone is passed over: nothing was sent to it yet.
async fn reach(function: &Function, hold: Instant) -> Result<(TcpStream, SocketAddr), Answer> {
    let mut ready = function.watch_ready();
    loop {
        ready.borrow_and_update();
        if let Some(replica) = function.pick()
            && let Ok(Ok(stream)) = timeout_at(hold, TcpStream::connect(replica.address)).await
        {
            let _ = stream.set_nodelay(true);
            return Ok((stream, replica.address));
        }
        if Instant::now() >= hold || function.wanted().replicas == 0 {
            return Err(not_ready(function));
        }
        tokio::select! {
            _ = ready.changed() => {}
            () = sleep(PAUSE) => {}
        }
    }
}

fn not_ready(function: &Function) -> Answer {
    let why = format!("No endpoints available for: {}.", function.name);
    let mut answer = internal(StatusCode::SERVICE_UNAVAILABLE, &why);
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// The request as the replica gets it: the path below the function's name, and the query, as they came.
fn addressed(
    request: Request<Body>,
    below: &str,
    remote: SocketAddr,
    address: SocketAddr,
) -> Result<Request<Body>, Answer> {
    let (mut head, body) = request.into_parts();
    let target = match head.uri.query() {
        Some(query) => format!("{below}?{query}"),
        None => below.to_owned(),
    };
    head.uri = target
        .parse()
        .map_err(|why| internal(StatusCode::BAD_REQUEST, &format!("path {target:?}: {why}")))?;
    head.version = Version::HTTP_11;
    forward::request(&mut head.headers, remote, address);
    #[cfg(feature = "mutants")]
    behind::call(&mut head);
    Ok(Request::from_parts(head, body))
}

/// The answer as the client gets it.
fn passed(
    mut response: Response<Incoming>,
    connection: Owned,
    deadline: Instant,
    upgrade: Option<OnUpgrade>,
) -> Answer {
    let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let far = switched.then(|| hyper::upgrade::on(&mut response));
    let (mut head, body) = response.into_parts();
    forward::strip(&mut head.headers);
    head.version = Version::HTTP_11;
    match (far, upgrade) {
        (Some(far), Some(near)) => {
            forward::upgrade(&mut head.headers);
            tokio::spawn(tunnel(near, far, connection));
            Response::from_parts(head, nothing())
        }
        (Some(_), None) => internal(
            StatusCode::BAD_GATEWAY,
            "the function changed the protocol unasked",
        ),
        (None, _) => {
            if seeded!(CutIsEnd) {
                head.headers.remove(CONTENT_LENGTH);
            }
            let body = Relayed::new(body, connection, deadline);
            Response::from_parts(head, relay::passing(body))
        }
    }
}

/// Bytes both ways, until one side has closed and the other has been told.
async fn tunnel(near: OnUpgrade, far: OnUpgrade, _connection: Owned) {
    if let (Ok(near), Ok(far)) = tokio::join!(near, far) {
        let (mut near, mut far) = (TokioIo::new(near), TokioIo::new(far));
        #[cfg(feature = "mutants")]
        if tunnel::dug(&mut near, &mut far).await {
            return;
        }
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}
