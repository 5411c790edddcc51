//! The door: connections in, answers out, until it is told to stop.
//! It knows the order of decisions: route, credentials, and only then the body.
//! It refuses requests that it cannot frame.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::answer::{self, Answer, Cut};
use super::faults::seeded;
use super::route::{Route, Routed, route};
use super::upload::Upload;
use super::{Provider, api, invoke, queue};
#[cfg(feature = "mutants")]
use crate::provider::mutants::{front, wire};

/// The largest head of a request, and the most fields in it.
const HEAD: usize = 1024 * 1024;
const FIELDS: usize = 1000;
/// How long a stop waits for answers under way.
pub const DRAIN: Duration = Duration::from_secs(10);
/// The pause after a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(20);

/// Serves until `stop` says so; then answers what it has taken.
pub async fn serve(
    provider: Arc<Provider>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let taken = tokio::select! {
            _ = stop.wait_for(|&stop| stop) => break,
            taken = listener.accept() => taken,
            Some(_) = connections.join_next() => continue,
        };
        if let Ok((stream, remote)) = taken {
            connections.spawn(converse(
                Arc::clone(&provider),
                stream,
                remote,
                stop.clone(),
            ));
        } else {
            sleep(PAUSE).await;
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN, all).await.is_err() {
        connections.shutdown().await;
    }
}

async fn converse(
    provider: Arc<Provider>,
    stream: TcpStream,
    remote: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "mutants")]
    let stream = wire::wired(stream);
    let limit = provider.options.read_timeout;
    let service = service_fn(move |request: Request<Incoming>| {
        let provider = Arc::clone(&provider);
        let request = request.map(Upload::new);
        async move { received(&provider, request, remote).await }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limit);
    builder.max_buf_size(2 * HEAD);
    builder.max_header_size(HEAD).max_headers(FIELDS);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|&stop| stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// The answer; an error where there is to be none. Without a fault there always is one.
async fn received(
    provider: &Arc<Provider>,
    request: Request<Upload>,
    remote: SocketAddr,
) -> Result<Answer, Cut> {
    #[cfg(feature = "mutants")]
    if let Some(front) = front::standing() {
        let key = provider.options.door.key();
        return front::pass(front, request, key, |request| {
            answer(provider, request, remote)
        })
        .await;
    }
    Ok(answer(provider, request, remote).await)
}

async fn answer(provider: &Arc<Provider>, request: Request<Upload>, remote: SocketAddr) -> Answer {
    let begun = Instant::now();
    let method = request.method().clone();
    if seeded!(OldHttpRefused) && request.version() == Version::HTTP_10 {
        return answer::empty(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
    }
    if host_missing(&request) {
        return answer::bad("a request of HTTP/1.1 needs one Host");
    }
    let route = match route(provider.options.shape, &method, request.uri().path()) {
        Routed::To(route) => route,
        Routed::Missing => return answer::missing_page(),
        Routed::WrongMethod(allowed) => return answer::wrong_method(allowed),
        Routed::Moved(path) => {
            let query = request
                .uri()
                .query()
                .map_or_else(String::new, |query| format!("?{query}"));
            return answer::moved(&format!("{path}{query}"));
        }
    };
    let pattern = route.pattern();
    let done = admitted(provider, route, request, remote).await;
    provider.metrics.request(
        done.status().as_u16(),
        method.as_str(),
        pattern,
        begun.elapsed(),
    );
    done
}

fn host_missing(request: &Request<Upload>) -> bool {
    let hosts = request.headers().get_all(HOST).iter().count();
    hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11)
}

async fn admitted(
    provider: &Arc<Provider>,
    route: Route,
    request: Request<Upload>,
    remote: SocketAddr,
) -> Answer {
    if route.is_guarded() && !provider.options.door.admits(request.headers()) {
        return answer::unauthorized();
    }
    if let Some(absent) = provider.options.without.answer(&route, request.method()) {
        return absent;
    }
    match route {
        Route::Invoke(name, below) => {
            invoke::invoke(provider, &name, &below, request, remote).await
        }
        Route::Queue(name, below) => queue::take(provider, &name, &below, request, remote).await,
        Route::Health => answer::text("text/plain; charset=utf-8", "OK".to_owned()),
        route => {
            let handled = api::handle(provider, route, request).await;
            handled.unwrap_or_else(|refused| refused)
        }
    }
}
