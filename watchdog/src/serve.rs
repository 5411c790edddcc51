//! Sockets, and a request's way through.
//!
//! Owns accepting, the connection loop and the order in which a request meets health, auth, the gate, its mode and its seal. May know every part by its
//! few methods. Refuses to answer anything itself.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::aside::Aside;
use crate::auth::Auth;
use crate::body::Body;
use crate::config::{Limits, Timeouts};
use crate::conn::{Io, Peer};
use crate::descriptors;
use crate::failure::INTERNAL;
use crate::head;
use crate::health::Health;
use crate::http1::server::{self as http1, Cut, Heads, Refusal, Service, Work};
use crate::http2;
use crate::lifecycle::Lifecycle;
use crate::mode::Mode;
use crate::mode::fork::Ends;
use crate::mode::inproc::ClientAddress;
use crate::process::Processes;
use crate::request::Client;
use crate::seal::{Limit, Sealed};
use crate::target::Target;
use crate::ticket::{Deadline, Desk};
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
    pub heads: Heads,
    pub cancel_on_disconnect: bool,
    pub component: &'static str,
    /// Present where there are processes to look after.
    pub processes: Option<Processes>,
}

/// Accepts connections until the site closes, and those that wait to be accepted then.
pub async fn accept(site: Arc<Site>, listener: TcpListener) {
    let serve = |stream, from| {
        // Only the reactor could say no.
        let Ok(stream) = settle(&site, stream) else {
            return;
        };
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
    accept_waiting(listener, serve);
}

/// To their clients they are connected, and may have had a request sent. Asked of the system itself: the reactor may not know yet.
fn accept_waiting(listener: TcpListener, serve: impl Fn(TcpStream, SocketAddr)) {
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

/// Keeps a connection out of the way of functions' starts.
fn settle(site: &Site, stream: TcpStream) -> io::Result<TcpStream> {
    if !matches!(site.mode, Mode::Fork(..)) || !descriptors::is_crowded(stream.as_fd()) {
        return Ok(stream);
    }
    let settled = descriptors::settle(stream.into_std()?.into());
    TcpStream::from_std(settled.into())
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
    let (mut io, peer) = Peer::split(stream);
    let Some(http2) = opening(&site, &peer, &mut io).await else {
        return;
    };
    let door = Door {
        site: Arc::clone(&site),
        peer: Arc::clone(&peer),
        from,
    };
    if http2 {
        let answer = move |request| door.clone().handle(request);
        let connection = http2::serve(io, Arc::clone(&peer), answer, site.heads.max);
        drive(&site, &peer, Box::pin(connection), site.patience()).await;
    } else {
        let connection = http1::serve(io, Arc::clone(&peer), Box::new(door), site.heads.clone());
        drive(&site, &peer, Box::pin(connection), Duration::ZERO).await;
    }
}

/// Whether a client speaks HTTP/2, as soon as that can be told.
async fn opening(site: &Site, peer: &Peer, io: &mut Io) -> Option<bool> {
    let mut ending = false;
    loop {
        let turn = tokio::select! {
            biased;
            http2 = io.speaks_http2() => return http2.ok(),
            turn = turn(site, peer, ending) => turn,
        };
        match turn {
            // What has been said is answered.
            Turn::Close if io.has_unread() => {
                peer.close();
                ending = true;
            }
            _ => return None,
        }
    }
}

/// Runs a connection to its end, and tells it to come to that when the site closes or nothing comes of it. Its client may go on speaking for so long
/// after that.
async fn drive<C: Future>(
    site: &Site,
    peer: &Peer,
    mut connection: Pin<Box<C>>,
    patience: Duration,
) {
    let (mut ending, mut late) = (false, None);
    loop {
        let mut turn = Aside::new(turn(site, peer, ending));
        let turn = tokio::select! {
            biased;
            _ = &mut connection => return,
            turn = &mut turn => turn,
        };
        match turn {
            Turn::Cut => return,
            Turn::Close => peer.close(),
            Turn::Late if !ending => peer.give_up(),
            Turn::Late => {
                let now = Instant::now();
                let patience = if site.life.close.is_cancelled() {
                    patience.min(OWN_ANSWER)
                } else {
                    patience
                };
                if *late.get_or_insert(now) + patience <= now + LAST_TURN || !peer.has_spoken() {
                    return;
                }
                peer.restart();
                continue;
            }
        }
        ending = true;
        peer.has_spoken();
    }
}

/// What changes a connection from outside.
enum Turn {
    Cut,
    Close,
    /// Nothing has been in flight for too long.
    Late,
}

/// What a connection that is to end may still take where nothing is in flight: the rest of a head that has begun, an answer of our own, the last words of
/// HTTP/2, the client's own end.
const LAST_TURN: Duration = Duration::from_secs(2);

async fn turn(site: &Site, peer: &Peer, ending: bool) -> Turn {
    let limit = if ending {
        Some(LAST_TURN)
    } else {
        site.timeouts.read
    };
    let silence = async {
        match limit {
            Some(limit) => peer.silence(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = site.life.cut.cancelled() => Turn::Cut,
        () = site.life.close.cancelled(), if !ending => Turn::Close,
        () = silence => Turn::Late,
    }
}

/// The site as one client sees it.
#[derive(Clone)]
struct Door {
    site: Arc<Site>,
    peer: Arc<Peer>,
    from: SocketAddr,
}

impl Service for Door {
    fn answer(&self, request: Request<http1::RequestBody>) -> Work {
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
            peer.restart();
            return Box::pin(ready(Ok(site.refuse(&refusal))));
        }
        if request.version() == Version::HTTP_2 {
            http2::localize(&mut request);
        }
        if Target::of(&request).path() == b"*" {
            peer.restart();
            let response = Response::new(site.own(Body::Empty));
            return Box::pin(ready(Ok(response)));
        }
        if let Some(answer) = site.probed(&request) {
            peer.restart();
            return answer;
        }
        site.tell_ends(&mut request, from, &peer);
        let watched = site.cancel_on_disconnect;
        let client = Client {
            busy: peer.busy(),
            peer,
            watched,
        };
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

/// The longest that a client may take over an answer of our own: they are short.
const OWN_ANSWER: Duration = Duration::from_secs(10);

impl Site {
    /// Over HTTP/2 a client says what it takes, and may still be taking the last of an answer that is over for us: closing on that would reset it. It has
    /// the time that an answer may take.
    fn patience(&self) -> Duration {
        const LONG: Duration = Duration::from_hours(1);
        self.timeouts.write.unwrap_or(LONG).max(OWN_ANSWER)
    }

    /// The body of an answer that is no function's.
    pub fn own(&self, body: Body) -> Sealed {
        Sealed::plain(body, self.own_limit())
    }

    /// What limits such an answer, from now on.
    pub fn own_limit(&self) -> Limit {
        let write = self.timeouts.write.unwrap_or(OWN_ANSWER);
        let deadline = Deadline::after(write.min(OWN_ANSWER), "write_timeout");
        Limit::Total(deadline)
    }

    /// Tells a function that wants to know who is at the ends of the connection.
    fn tell_ends(&self, request: &mut Request<Upload>, from: SocketAddr, peer: &Peer) {
        match &self.mode {
            Mode::Fork(fork, _) if fork.wants_remote() => {
                let server = peer.local();
                let client = from;
                request.extensions_mut().insert(Ends { client, server });
            }
            Mode::Inproc(_) => {
                request.extensions_mut().insert(ClientAddress(from));
            }
            _ => {}
        }
    }

    /// Orphans reaped so far.
    pub fn orphans(&self) -> u64 {
        self.processes.as_ref().map_or(0, Processes::orphans)
    }

    /// Turns away what is no proper request. Such answers are not counted, as before.
    pub fn refuse(&self, refusal: &Refusal) -> Response<Sealed> {
        let mut response = refusal.answer().map(|body| self.own(body));
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
