//! Sockets, and a request's way through.
//!
//! Owns accepting, the connection loop and the order in which a request meets health, auth, the gate, its mode and its seal. May know every part by its
//! few methods. Refuses to answer anything itself.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::aside::Aside;
use crate::auth::Auth;
use crate::body::Body;
use crate::config::{Limits, Timeouts};
use crate::conn::{Io, Peer};
use crate::failure::INTERNAL;
use crate::head;
use crate::health::Health;
use crate::http1::server::{self, Cut, Refusal, RequestBody, Service, Work};
use crate::lifecycle::Lifecycle;
use crate::mode::Mode;
use crate::mode::fork::Remote;
use crate::process::Processes;
use crate::request::Client;
use crate::seal::Sealed;
use crate::target::Target;
use crate::ticket::Desk;
use crate::upload::{Incoming, Upload};

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

/// Accepts connections until the site closes, and those that wait to be accepted then.
pub async fn accept(site: Arc<Site>, listener: TcpListener) {
    let serve = |stream, from| {
        let connection = connection(Arc::clone(&site), stream, from);
        site.life.tasks.spawn(connection);
    };
    let mut pause = Duration::from_millis(5);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = site.life.close.cancelled() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                pause = Duration::from_millis(5);
                serve(stream, from);
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
    // To their clients they are connected, and may have had a request sent. Asked of the system itself: the reactor may not know yet.
    let Ok(listener) = listener.into_std() else {
        return;
    };
    loop {
        match listener.accept() {
            Ok((stream, from)) => {
                let stream = stream.set_nonblocking(true).map(|()| stream);
                if let Ok(stream) = stream.and_then(TcpStream::from_std) {
                    serve(stream, from);
                }
            }
            Err(error) if is_the_clients(&error) => {}
            Err(_) => return,
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
    let Some(http2) = opening(&site, &peer, &mut io).await else {
        return;
    };
    let door = Door {
        site: Arc::clone(&site),
        peer: Arc::clone(&peer),
        from,
    };
    if http2 {
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            door.peer.asked();
            let door = door.clone();
            async move { door.handle(request.map(Incoming::Http2)).await }
        });
        let connection = http2_builder(&site).serve_connection(TokioIo::new(io), service);
        let connection = Box::pin(connection);
        let close = http2::Connection::graceful_shutdown;
        drive(&site, &peer, connection, close).await;
    } else {
        let max_head = site.limits.max_header_bytes;
        let connection = server::serve(io, Arc::clone(&peer), Box::new(door), max_head);
        drive(&site, &peer, Box::pin(connection), |_| {}).await;
    }
}

/// Whether a client speaks HTTP/2, as soon as that can be told.
async fn opening(site: &Site, peer: &Peer, io: &mut Io) -> Option<bool> {
    let mut closing = false;
    loop {
        let turn = tokio::select! {
            biased;
            http2 = io.speaks_http2() => return http2.ok(),
            turn = turn(site, peer, closing) => turn,
        };
        match turn {
            // What has been said is answered.
            Turn::Close if io.has_unread() => closing = true,
            _ => return None,
        }
    }
}

/// Runs a connection to its end, and tells it to come to that when the site closes.
async fn drive<C: Future>(
    site: &Site,
    peer: &Peer,
    mut connection: Pin<Box<C>>,
    close: fn(Pin<&mut C>),
) {
    let mut closing = false;
    loop {
        let mut turn = Aside::new(turn(site, peer, closing));
        let turn = tokio::select! {
            biased;
            _ = &mut connection => return,
            turn = &mut turn => turn,
        };
        match turn {
            Turn::Cut => return,
            Turn::Close => {
                peer.close();
                close(connection.as_mut());
                closing = true;
            }
        }
    }
}

/// What changes a connection from outside.
enum Turn {
    Cut,
    Close,
}

async fn turn(site: &Site, peer: &Peer, closing: bool) -> Turn {
    let silence = async {
        match site.timeouts.read {
            Some(limit) => peer.silence(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = peer.cut.cancelled() => Turn::Cut,
        () = site.life.close.cancelled(), if !closing => Turn::Close,
        // A request has had its time to arrive.
        () = silence => Turn::Cut,
    }
}

fn http2_builder(site: &Site) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(site.limits.max_header_bytes).unwrap_or(u32::MAX));
    builder
}

/// The site as one client sees it.
#[derive(Clone)]
struct Door {
    site: Arc<Site>,
    peer: Arc<Peer>,
    from: SocketAddr,
}

impl Service for Door {
    fn answer(&self, request: Request<RequestBody>) -> Work {
        self.clone().handle(request.map(Incoming::Http1))
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        self.site.refuse(refusal)
    }
}

impl Door {
    /// What comes of a request. Boxed, as a connection would have room for it all its life: that is 6 KB, and a copy of them for each request.
    fn handle(self, request: Request<Incoming>) -> Work {
        let Self { site, peer, from } = self;
        // From the door on, so that whatever is left unread is known to be.
        let (max, read) = (site.limits.max_body_bytes, site.timeouts.read);
        let mut request = request.map(|body| Upload::new(body, max, read));
        if let Err(refusal) = head::check(&request) {
            return Box::pin(ready(Ok(site.refuse(&refusal))));
        }
        if Target::of(&request).path() == b"*" {
            let response = Response::new(Sealed::plain(Body::Empty));
            return Box::pin(ready(Ok(response)));
        }
        if let Some(answer) = site.probed(&request) {
            return answer;
        }
        if matches!(&site.mode, Mode::Fork(fork, _) if fork.wants_remote()) {
            request.extensions_mut().insert(Remote(from));
        }
        let watched = site.cancel_on_disconnect;
        let client = Client { peer, watched };
        let work: Work = Box::pin(Arc::clone(&site).function(request, client));
        if watched {
            return work;
        }
        // It goes on without its client, until the site itself ends.
        Box::pin(async move {
            let cut = site.life.cut.clone();
            let work = site.life.tasks.spawn(async move {
                tokio::select! {
                    answer = work => answer,
                    () = cut.cancelled() => Err(Cut),
                }
            });
            work.await.map_err(|_| Cut)?
        })
    }
}

impl Site {
    /// Orphans reaped so far.
    pub fn orphans(&self) -> u64 {
        self.processes.as_ref().map_or(0, Processes::orphans)
    }

    /// Turns away what is no proper request. Such answers are not counted, as before.
    fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        let mut response = refusal.answer();
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
