//! Sockets, and a request's way through.
//!
//! Owns accepting, the connection loop and the order in which a request meets health, auth, the gate, its mode and its seal. May know every part by its
//! few methods. Refuses to answer anything itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE, UPGRADE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::auth::{self, Auth};
use crate::body::Body;
use crate::config::{self, Limits, Timeouts};
use crate::conn::{Io, Peer};
use crate::failure::{Failure, INTERNAL};
use crate::head::{self, Refusal};
use crate::health::Health;
use crate::lifecycle::Lifecycle;
use crate::mode::fork::Remote;
use crate::mode::{Answer, Mode};
use crate::process::Processes;
use crate::seal::{Limit, Sealed};
use crate::ticket::{Clock, Deadline, Desk, Ticket};
use crate::upload::Upload;

const CALL_ID: HeaderName = HeaderName::from_static("x-call-id");
const DURATION: HeaderName = HeaderName::from_static("x-duration-seconds");

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
struct Cut;

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
    let peer = Peer::new(stream, site.life.cut.child_token());
    let io = TokioIo::new(Io::new(Arc::clone(&peer)));
    let builder = builder(&site);
    let service = service_fn(|request| {
        let (site, peer) = (Arc::clone(&site), Arc::clone(&peer));
        async move { site.handle(request, peer, from).await }
    });
    let connection = builder.serve_connection_with_upgrades(io, service);
    let silence = silent_for(site.timeouts.read);
    tokio::pin!(connection, silence);
    let (mut closing, mut opening) = (false, true);
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = peer.cut.cancelled() => return,
            () = site.life.close.cancelled(), if !closing => {
                connection.as_mut().graceful_shutdown();
                closing = true;
            }
            // hyper times the heads of requests, but not the bytes by which it tells the protocol.
            () = &mut silence, if opening => {
                if !peer.has_asked() {
                    return;
                }
                opening = false;
            }
        }
    }
}

async fn silent_for(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => std::future::pending().await,
    }
}

fn builder(site: &Site) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(site.timeouts.read)
        .half_close(!site.cancel_on_disconnect)
        .max_buf_size(site.limits.max_header_bytes)
        .max_headers(MAX_HEADERS)
        .title_case_headers(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(site.limits.max_header_bytes).unwrap_or(u32::MAX));
    builder
}

impl Site {
    async fn handle(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: Arc<Peer>,
        from: SocketAddr,
    ) -> Result<Response<Sealed>, Cut> {
        peer.asked();
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
        if self.cancel_on_disconnect {
            return self.function(request, Some(Arc::clone(&peer)), &peer).await;
        }
        // The work goes on without its client, until the site itself ends.
        let tasks = self.life.tasks.clone();
        let work = tasks.spawn(async move {
            tokio::select! {
                answer = self.function(request, None, &peer) => answer,
                () = self.life.cut.cancelled() => Err(Cut),
            }
        });
        work.await.map_err(|_| Cut)?
    }

    /// The life of a request: a ticket, an answer or a failure, a seal.
    async fn function(
        &self,
        mut request: Request<Incoming>,
        watched: Option<Arc<Peer>>,
        peer: &Arc<Peer>,
    ) -> Result<Response<Sealed>, Cut> {
        let call_id = call_id(&mut request);
        let upgrade = wants_upgrade(&request).then(|| hyper::upgrade::on(&mut request));
        let (method, version) = (request.method().clone(), request.version());
        let mut ticket = Ticket::open(
            &self.desk,
            method.clone(),
            request.uri().clone(),
            request.headers(),
        );
        let mut clock = Clock {
            exec: None,
            write: self
                .timeouts
                .write
                .map(|t| Deadline::after(t, "write_timeout")),
        };
        let answer = self
            .answer(
                &mut ticket,
                &mut clock,
                request,
                upgrade,
                watched.as_deref(),
                peer,
            )
            .await;
        let (mut answer, function) = match answer {
            Ok(answer) => (answer, true),
            Err(failure) => {
                ticket.fail(&failure);
                if matches!(failure, Failure::ClientGone) {
                    return Err(Cut);
                }
                (
                    failure
                        .into_response(self.desk.voice, self.component)
                        .into(),
                    false,
                )
            }
        };
        let response = &mut answer.response;
        if self.times(response) {
            let seconds = format!("{:.6}", ticket.started().elapsed().as_secs_f64());
            response.headers_mut().insert(DURATION, number(&seconds));
        }
        if let Some(id) = call_id {
            response.headers_mut().entry(CALL_ID).or_insert(id);
        }
        if function {
            ticket.head(response.status());
            self.mode.show(response.headers()).await;
        }
        Ok(self.seal(answer, ticket, clock, watched, peer, &method, version))
    }

    async fn answer(
        &self,
        ticket: &mut Ticket,
        clock: &mut Clock,
        mut request: Request<Incoming>,
        upgrade: Option<OnUpgrade>,
        watched: Option<&Peer>,
        peer: &Arc<Peer>,
    ) -> Result<Answer, Failure> {
        self.mode.accepts(request.method())?;
        if let Some(auth) = &self.auth {
            let started = tokio::time::Instant::now();
            ticket
                .run(clock.write, watched, auth.check(request.headers()))
                .await?;
            auth::stamp(request.headers_mut(), started.elapsed());
        }
        ticket.admit(watched).await?;
        let exec = self.exec_limit(&request);
        let (parts, body) = request.into_parts();
        let upload = Upload::new(
            body,
            self.limits.max_body_bytes,
            self.timeouts.read,
            ticket.received(),
            Arc::clone(peer),
        )?;
        let request = Request::from_parts(parts, upload);
        let received = ticket
            .run(clock.write, watched, self.mode.receive(request, upgrade))
            .await?;
        clock.exec = exec.map(|(limit, setting)| Deadline::after(limit, setting));
        ticket
            .run(clock.earliest(), watched, self.mode.answer(received))
            .await
    }

    /// `exec_timeout`, which a caller of a proxied function may shorten and nobody may lift.
    fn exec_limit(&self, request: &Request<Incoming>) -> Option<(Duration, &'static str)> {
        let limit = match &self.mode {
            Mode::Files(_) => return None,
            _ => self.timeouts.exec?,
        };
        let asked = match &self.mode {
            Mode::Proxy(_) => request.headers().get("x-timeout"),
            _ => None,
        };
        asked
            .and_then(|v| v.to_str().ok())
            .and_then(config::parse_go_duration)
            .filter(|asked| !asked.is_zero() && *asked < limit)
            .map_or(Some((limit, "exec_timeout")), |asked| {
                Some((asked, "X-Timeout"))
            })
    }

    /// Which answers tell how long they took.
    fn times(&self, response: &Response<Body>) -> bool {
        match &self.mode {
            Mode::Fork(_, config::Style::Classic(_)) => response.status() == StatusCode::OK,
            Mode::Fork(_, config::Style::Serializing) => true,
            Mode::Proxy(_) => {
                !is_event_stream(response) && response.status() != StatusCode::SWITCHING_PROTOCOLS
            }
            _ => false,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the one place where a request's ends meet"
    )]
    fn seal(
        &self,
        answer: Answer,
        ticket: Ticket,
        clock: Clock,
        watched: Option<Arc<Peer>>,
        peer: &Arc<Peer>,
        method: &Method,
        version: Version,
    ) -> Response<Sealed> {
        let Answer { response, tunnel } = answer;
        if let Some(tunnel) = tunnel {
            let cut = self.life.cut.clone();
            self.life.tasks.spawn(async move {
                let mut ticket = ticket;
                tokio::select! {
                    () = tunnel.0 => {}
                    () = cut.cancelled() => {}
                }
                ticket.end();
            });
            return response.map(Sealed::plain);
        }
        let limit = if is_event_stream(&response) {
            self.timeouts
                .stream_idle
                .map_or(Limit::None, |limit| Limit::Gap {
                    limit,
                    setting: "stream_idle_timeout",
                })
        } else if self.mode.answers_whole() {
            clock.write.map_or(Limit::None, Limit::Total)
        } else {
            clock.earliest().map_or(Limit::None, Limit::Total)
        };
        let bodyless = *method == Method::HEAD
            || matches!(
                response.status(),
                StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            );
        // Before HTTP/1.1 the end of the connection is the end of the body.
        let close_ends = version < Version::HTTP_11;
        response.map(|body| {
            Sealed::new(
                body,
                ticket,
                limit,
                watched,
                bodyless,
                close_ends.then(|| Arc::clone(peer)),
            )
        })
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

/// The request's call id, made where there is none.
fn call_id(request: &mut Request<Incoming>) -> Option<HeaderValue> {
    let made = || {
        let id = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
        HeaderValue::from_str(
            id.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
        )
        .ok()
    };
    if let Some(id) = request.headers().get(CALL_ID) {
        return Some(id.clone());
    }
    let id = made()?;
    request.headers_mut().insert(CALL_ID, id.clone());
    Some(id)
}

fn wants_upgrade(request: &Request<Incoming>) -> bool {
    request.version() == Version::HTTP_11
        && request.headers().contains_key(UPGRADE)
        && request.headers().get_all(CONNECTION).iter().any(|value| {
            value.to_str().is_ok_and(|v| {
                v.split(',')
                    .any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
            })
        })
}

/// An answer that goes on for as long as there is something to say.
fn is_event_stream(response: &Response<Body>) -> bool {
    const TYPES: [&str; 6] = [
        "text/event-stream",
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/stream+json",
        "multipart/x-mixed-replace",
    ];
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    TYPES.iter().any(|t| kind.eq_ignore_ascii_case(t))
        || kind.to_ascii_lowercase().starts_with("application/grpc")
}

/// Digits are always a valid header value.
fn number(digits: &str) -> HeaderValue {
    HeaderValue::from_str(digits).unwrap_or_else(|_| HeaderValue::from_static("0"))
}
