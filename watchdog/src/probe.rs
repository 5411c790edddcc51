//! `/_/health` and `/_/ready` as requests.
//!
//! Owns their paths, methods and statuses. May ask every part of the site whether it could answer. Refuses to be counted, logged, limited or authenticated.

use std::sync::Arc;

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use memchr::{memchr, memchr_iter};

use crate::auth::Auth;
use crate::body::Body;
use crate::head;
use crate::http1::server::Work;
use crate::lifecycle::Phase;
use crate::seal::Sealed;
use crate::serve::Site;
use crate::target::Target;
use crate::ticket::Deadline;

impl Site {
    /// The answer to a probe; `None` where the request is none.
    pub fn probed<B>(self: &Arc<Self>, request: &Request<B>) -> Option<Work> {
        let probe = probe(Target::of(request).path())?;
        let (site, method) = (Arc::clone(self), request.method().clone());
        Some(Box::pin(async move {
            Ok(match probe {
                Probe::Health => site.health(&method),
                Probe::Ready => site.ready(&method).await,
            })
        }))
    }

    fn health(&self, method: &Method) -> Response<Sealed> {
        if method != Method::GET {
            return self.only_get();
        }
        let mut response = Response::new(self.own(Body::Empty));
        if self.is_healthy() {
            response.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            *response.body_mut() = self.own("OK".into());
        } else {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
    }

    async fn ready(&self, method: &Method) -> Response<Sealed> {
        if method != Method::GET {
            return self.only_get();
        }
        let mut response = Response::new(self.own(Body::Empty));
        *response.status_mut() = self.readiness().await;
        if response.status() != StatusCode::OK
            && let Some(why) = self.mode.trouble()
        {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            *response.body_mut() = self.own(format!("{why}\n").into());
        }
        response
    }

    fn only_get(&self) -> Response<Sealed> {
        let mut response = Response::new(self.own(Body::Empty));
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET"));
        response
    }

    fn is_healthy(&self) -> bool {
        self.life.phase() == Phase::Serving && self.health.is_locked()
    }

    /// What the function itself says.
    async fn ask(&self, target: &str) -> StatusCode {
        let limit = self
            .timeouts
            .exec
            .map(|t| Deadline::after(t, "exec_timeout"));
        let answer = tokio::select! {
            answer = self.mode.ready(target) => answer,
            failure = Deadline::passed(limit) => Err(failure),
        };
        answer.unwrap_or_else(|failure| failure.status(self.desk.voice))
    }

    /// Whether a request would be answered now, short of asking the function.
    pub fn is_ready(&self) -> bool {
        self.is_healthy()
            && !self.desk.gate.is_full()
            && self.mode.is_up()
            && self.auth.as_ref().is_none_or(Auth::is_ready)
    }

    async fn readiness(&self) -> StatusCode {
        if self.is_healthy() && self.desk.gate.is_full() {
            return StatusCode::TOO_MANY_REQUESTS;
        }
        let keys = self.auth.as_ref().is_none_or(Auth::is_ready);
        if !self.is_healthy() || !keys || !self.mode.has_come_up() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let ask = async {
            match self.health.ready_path() {
                Some(target) => self.ask(target).await,
                None if self.mode.knock().await => StatusCode::OK,
                None => StatusCode::SERVICE_UNAVAILABLE,
            }
        };
        self.health.ask(ask).await
    }
}

enum Probe {
    Health,
    Ready,
}

/// Matches as both watchdogs do, on decoded segments: an escaped slash parts none.
fn probe(path: &[u8]) -> Option<Probe> {
    let decoded;
    let path = if memchr(b'%', path).is_some() {
        if memchr_iter(b'/', path).count() != 2 {
            return None;
        }
        decoded = head::decode(path)?;
        &*decoded
    } else {
        path
    };
    match path {
        b"/_/health" => Some(Probe::Health),
        b"/_/ready" => Some(Probe::Ready),
        _ => None,
    }
}
