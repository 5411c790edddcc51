//! Sockets, and a request's way through.
//!
//! Owns accepting, the connection loop and the order in which a request meets health, auth, the gate, its mode and its seal. May know every part by its
//! few methods. Refuses to answer anything itself.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until};

use crate::aside::Aside;
use crate::auth::Auth;
use crate::body::Body;
use crate::config::{Limits, Timeouts};
use crate::conn::{Io, Peer};
use crate::eager::Eager;
use crate::failure::INTERNAL;
use crate::head::{self, Refusal};
use crate::health::Health;
use crate::lifecycle::Lifecycle;
use crate::mode::Mode;
use crate::mode::fork::Remote;
use crate::process::Processes;
use crate::request::Client;
use crate::seal::Sealed;
use crate::ticket::Desk;
use crate::upload::Upload;

/// Requests with more header fields than this get 431. Go has no such limit; this one is out of the way.
const MAX_HEADERS: usize = 512;

/// One function being served.
#[derive(Debug)]
pub struct Site {
    pub mode: Mode,
    pub desk: Arc<Desk>,
    pub auth: Option<Auth>,
    pub health: Health,
    pub life: Lifecycle,
    pub timeouts: Timeouts,
    pub limits: Limits,
    pub cancel_on_disconnect: bool,
    pub component: &'static str,
    /// Present where there are processes to look after.
    pub processes: Option<Processes>,
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody is left to answer")
    }
}

impl std::error::Error for Cut {}

/// Accepts connections until the site closes.
pub async fn accept(site: Arc<Site>, listener: TcpListener) {
    let mut pause = Duration::from_millis(5);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = site.life.close.cancelled() => return,
        };
        match accepted {
            Ok((stream, from)) => {
                pause = Duration::from_millis(5);
                site.life
                    .tasks
                    .spawn(connection(Arc::clone(&site), stream, from));
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                // Out of descriptors or memory: what is there must finish first.
                tracing::warn!("cannot accept a connection: {error}; trying again in {pause:?}");
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

async fn connection(site: Arc<Site>, stream: TcpStream, from: SocketAddr) {
    // Without it small answers wait for acknowledgements; refused only on a dead socket.
    let _ = stream.set_nodelay(true);
    let (mut io, peer) = Peer::split(stream, site.life.cut.child_token());
    let first = site.timeouts.read.map(|limit| Instant::now() + limit);
    let Some(http2) = opening(&site, &peer, &mut io, first).await else {
        return;
    };
    let service = service_fn(|request| {
        let (site, peer) = (Arc::clone(&site), Arc::clone(&peer));
        // Boxed, as a connection has room for it all its life: that would be 7 KB, and two copies of them for each request.
        Box::pin(site.handle(request, peer, from))
    });
    let io = TokioIo::new(io);
    if http2 {
        let connection = http2_builder(&site).serve_connection(io, service);
        let close = http2::Connection::graceful_shutdown;
        drive(&site, &peer, first, connection, close).await;
    } else {
        let connection = http1_builder(&site).serve_connection(io, service);
        let connection = connection.with_upgrades();
        let close = http1::UpgradeableConnection::graceful_shutdown;
        drive(&site, &peer, first, connection, close).await;
    }
}

/// Whether a client speaks HTTP/2, as soon as that can be told.
async fn opening(site: &Site, peer: &Peer, io: &mut Io, first: Option<Instant>) -> Option<bool> {
    tokio::select! {
        biased;
        http2 = io.speaks_http2() => http2.ok(),
        _ = turn(site, peer, false, first) => None,
    }
}

/// Runs a connection to its end, and tells it to come to that when the site closes.
async fn drive<C: Future>(
    site: &Site,
    peer: &Peer,
    first: Option<Instant>,
    connection: C,
    close: fn(Pin<&mut C>),
) {
    let mut connection = Eager::new(connection);
    let (mut closing, mut first) = (false, first);
    loop {
        let mut turn = Aside::new(turn(site, peer, closing, first));
        let turn = tokio::select! {
            biased;
            _ = &mut connection => return,
            turn = &mut turn => turn,
        };
        match turn {
            Turn::Cut => return,
            Turn::Close => {
                close(connection.get_mut());
                closing = true;
            }
            Turn::Silence if !peer.has_asked() => return,
            Turn::Silence => first = None,
        }
    }
}

/// What changes a connection from outside.
enum Turn {
    Cut,
    Close,
    /// The first request has had its time.
    Silence,
}

async fn turn(site: &Site, peer: &Peer, closing: bool, first: Option<Instant>) -> Turn {
    let silence = async {
        match first {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = peer.cut.cancelled() => Turn::Cut,
        () = site.life.close.cancelled(), if !closing => Turn::Close,
        () = silence => Turn::Silence,
    }
}

fn http1_builder(site: &Site) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(site.timeouts.read)
        .half_close(!site.cancel_on_disconnect)
        .max_buf_size(site.limits.max_header_bytes)
        .max_headers(MAX_HEADERS)
        .title_case_headers(true);
    builder
}

fn http2_builder(site: &Site) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(site.limits.max_header_bytes).unwrap_or(u32::MAX));
    builder
}

impl Site {
    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Arc<Peer>,
        from: SocketAddr,
    ) -> Result<Response<Sealed>, Cut> {
        peer.asked();
        // From the door on, so that whatever is left unread is known to be.
        let (max, read) = (self.limits.max_body_bytes, self.timeouts.read);
        let mut request = request.map(|body| Upload::new(body, max, read, Arc::clone(&peer)));
        if let Err(refusal) = head::check(&request) {
            return Ok(self.refuse(&refusal));
        }
        if request.uri().path() == "*" {
            return Ok(Response::new(Sealed::plain(Body::Empty)));
        }
        if let Some(answer) = self.probed(&request).await {
            return Ok(answer);
        }
        if matches!(&self.mode, Mode::Fork(fork, _) if fork.wants_remote()) {
            request.extensions_mut().insert(Remote(from));
        }
        if matches!(&self.mode, Mode::Files(_)) && request.version() < Version::HTTP_2 {
            request.extensions_mut().insert(Arc::clone(&peer));
        }
        let client = Client {
            peer,
            watched: self.cancel_on_disconnect,
        };
        if client.watched {
            return self.function(request, &client).await;
        }
        // The work goes on without its client, until the site itself ends.
        let tasks = self.life.tasks.clone();
        let work = tasks.spawn(async move {
            tokio::select! {
                answer = self.function(request, &client) => answer,
                () = self.life.cut.cancelled() => Err(Cut),
            }
        });
        work.await.map_err(|_| Cut)?
    }

    /// Orphans reaped so far.
    pub fn orphans(&self) -> u64 {
        self.processes.as_ref().map_or(0, Processes::orphans)
    }

    /// Turns away what is no proper request. Such answers are not counted, as before.
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        let mut response = Response::new(Sealed::plain(refusal.text.into()));
        *response.status_mut() = refusal.status;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        headers.insert(INTERNAL, HeaderValue::from_static(self.component));
        response
    }
}
