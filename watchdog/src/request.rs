//! A request that is the function's: its life from the ticket to the seal.
//!
//! Owns the order in which it meets auth, the gate, its mode and its limits, and the headers every answer has. May know every part by its few methods.
//! Refuses to answer anything itself.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};

use crate::access::Seconds;
use crate::auth;
use crate::body::Body;
use crate::config;
use crate::conn::{Busy, Peer};
use crate::failure::Failure;
use crate::http1::server::{Cut, Switch};
use crate::mode::{Answer, Mode, Tunnel};
use crate::seal::{Limit, Seal, Sealed};
use crate::serve::Site;
use crate::ticket::{CALL_ID, Clock, Deadline, Ticket, within};
use crate::upload::Upload;
use crate::value::shown;

const TIMEOUT: HeaderName = HeaderName::from_static("x-timeout");
const DURATION: HeaderName = HeaderName::from_static("x-duration-seconds");

/// Who waits for the answer.
#[derive(Debug)]
pub struct Client {
    pub peer: Arc<Peer>,
    pub busy: Busy,
    /// Its leaving ends the work.
    pub watched: bool,
}

impl Client {
    fn watched(&self) -> Option<&Peer> {
        self.watched.then_some(&*self.peer)
    }
}

impl Site {
    /// The life of a request: a ticket, an answer or a failure, a seal.
    pub async fn function(
        self: Arc<Self>,
        mut request: Request<Upload>,
        client: Client,
    ) -> Result<Response<Sealed>, Cut> {
        let call_id = call_id(&mut request);
        let upgrade = request.body_mut().take_switch();
        let mut ticket = Ticket::open(&self.desk, &request, call_id.clone());
        let write = self.timeouts.write.map(|limit| Deadline {
            at: ticket.started() + limit,
            setting: "write_timeout",
            limit,
        });
        let mut clock = Clock { exec: None, write };
        let answer = self
            .answer(&mut ticket, &mut clock, request, upgrade, &client)
            .await
            .and_then(final_answer);
        let (answer, failed) = match answer {
            Ok(answer) => (answer, None),
            Err(failure) => {
                ticket.fail(&failure);
                if matches!(failure, Failure::ClientGone) {
                    return Err(Cut);
                }
                let late = matches!(failure, Failure::Timeout { .. });
                let response = failure.into_response(self.desk.voice, self.component);
                (response.into(), Some(late))
            }
        };
        let Answer {
            mut response,
            tunnel,
        } = answer;
        let (took, streams) = (ticket.started().elapsed(), is_event_stream(&response));
        self.head(&mut response, call_id, took, streams);
        if failed.is_none() {
            ticket.head(response.status(), took);
            self.mode.show(response.headers()).await;
        }
        if let Some(tunnel) = tunnel {
            self.tunnel(tunnel, ticket, client.busy);
            return Ok(response.map(|body| self.own(body)));
        }
        let seal = Seal {
            ticket,
            busy: client.busy,
            // Where the request's own time is over, saying so takes some more.
            limit: if failed == Some(true) {
                self.own_limit()
            } else {
                self.limit(&clock, streams)
            },
            client: client.watched.then_some(client.peer),
        };
        Ok(response.map(|body| seal.onto(body)))
    }

    /// The headers that every answer has, whoever gave it.
    fn head(
        &self,
        response: &mut Response<Body>,
        call_id: Option<HeaderValue>,
        took: Duration,
        streams: bool,
    ) {
        if self.times(response.status(), streams) {
            response
                .headers_mut()
                .insert(DURATION, shown(Seconds::<6>(took)));
        }
        if let Some(id) = call_id {
            response.headers_mut().entry(CALL_ID).or_insert(id);
        }
    }

    async fn answer(
        &self,
        ticket: &mut Ticket,
        clock: &mut Clock,
        mut request: Request<Upload>,
        upgrade: Option<Switch>,
        client: &Client,
    ) -> Result<Answer, Failure> {
        let watched = client.watched();
        self.mode.accepts(request.method())?;
        if let Some(auth) = &self.auth {
            let started = tokio::time::Instant::now();
            within(clock.write, watched, auth.check(request.headers())).await?;
            auth::stamp(request.headers_mut(), started.elapsed());
        }
        request.body().fits()?;
        ticket.admit(watched).await?;
        let exec = self.exec_limit(&request);
        let received = within(clock.write, watched, self.mode.receive(request, upgrade)).await?;
        clock.exec = exec.map(|(limit, setting)| Deadline::after(limit, setting));
        within(
            clock.earliest(),
            watched,
            self.mode.answer(received, &client.peer),
        )
        .await
    }

    /// `exec_timeout`, which a caller of a proxied function may shorten and nobody may lift.
    fn exec_limit(&self, request: &Request<Upload>) -> Option<(Duration, &'static str)> {
        let limit = match &self.mode {
            Mode::Files(_) => return None,
            _ => self.timeouts.exec?,
        };
        let asked = match &self.mode {
            Mode::Proxy(_) => request.headers().get(TIMEOUT),
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
    fn times(&self, status: StatusCode, streams: bool) -> bool {
        match &self.mode {
            Mode::Fork(_, config::Style::Classic(_)) => status == StatusCode::OK,
            Mode::Fork(_, config::Style::Serializing) => true,
            Mode::Proxy(_) => !streams && status != StatusCode::SWITCHING_PROTOCOLS,
            _ => false,
        }
    }

    /// What limits an answer after its head.
    fn limit(&self, clock: &Clock, streams: bool) -> Limit {
        if streams {
            let gap = |limit| Limit::Gap {
                limit,
                setting: "stream_idle_timeout",
            };
            return self.timeouts.stream_idle.map_or(Limit::None, gap);
        }
        let deadline = if self.mode.answers_whole() {
            clock.write
        } else {
            clock.earliest()
        };
        deadline.map_or(Limit::None, Limit::Total)
    }

    /// Runs an upgraded connection; its ticket lasts as long.
    fn tunnel(&self, tunnel: Tunnel, mut ticket: Ticket, busy: Busy) {
        let cut = self.life.cut.clone();
        self.life.tasks.spawn(async move {
            let _busy = busy;
            tokio::select! {
                () = tunnel.0 => {}
                () = cut.cancelled() => {}
            }
            ticket.end();
        });
    }
}

/// An interim status ends no request (RFC 9110, 15.2).
fn final_answer(answer: Answer) -> Result<Answer, Failure> {
    let status = answer.response.status();
    if status.is_informational() && answer.tunnel.is_none() {
        return Err(Failure::Upstream(format!("{status} in place of an answer")));
    }
    Ok(answer)
}

/// The request's call id, made where there is none.
fn call_id(request: &mut Request<Upload>) -> Option<HeaderValue> {
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

/// An answer that goes on for as long as there is something to say.
fn is_event_stream(response: &Response<Body>) -> bool {
    const GRPC: &[u8] = b"application/grpc";
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
        || kind
            .as_bytes()
            .get(..GRPC.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(GRPC))
}
