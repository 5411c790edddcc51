//! Every way a request fails, and what the caller is told.
//!
//! Owns the one table from failure to status, blame and words. May know the mode's dialect, since the classic watchdog answers some failures its own way.
//! Refuses to log or count: whoever drops the ticket does.

use std::fmt;
use std::io;
use std::time::Duration;

use http::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::{Body, BodyError};
use crate::spool::Spooled;
use crate::upload::UploadError;

/// Says which component answered in the function's place. Callers retry on it.
pub const INTERNAL: HeaderName = HeaderName::from_static("x-openfaas-internal");

/// The middleware that limits and authenticates has had this name in both watchdogs.
const MIDDLEWARE: &str = "faas-middleware";

/// Why a request got no answer of the function.
#[derive(Debug)]
pub enum Failure {
    /// The classic watchdog runs functions for five methods only.
    Method,
    /// The target or a header cannot be passed on.
    Request(String),
    /// The upload ended before its end, or was malformed.
    Upload(String),
    /// The upload was not over within `read_timeout`.
    UploadTimeout(Duration),
    /// The upload is larger than `max_body_bytes`.
    TooLarge { limit: u64 },
    /// The request's headers do not fit into the function's environment.
    Environment,
    /// No valid token.
    Token(String),
    /// A valid token for something else.
    Permission,
    /// All slots are taken, and the queue is full or was too slow.
    Busy { limit: usize },
    /// Not started yet, or stopping.
    Unavailable(&'static str),
    /// The upstream cannot be reached or broke off before its answer's head.
    Upstream(String),
    /// The function's process could not be started.
    Start(String),
    /// The function itself failed: its own answer, not ours.
    Exit {
        status: String,
        output: Option<Spooled>,
    },
    /// A handler in this process returned an error. Its words are for the log: they may hold what no caller is to see.
    Handler(String),
    /// The function took longer than `setting` allows.
    Timeout {
        setting: &'static str,
        limit: Duration,
    },
    /// The client left; nobody reads the answer.
    ClientGone,
    /// The answer broke off after its head.
    Aborted(String),
    /// A defect of ours.
    Internal(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.log_line().as_deref().unwrap_or("request ended early"))
    }
}

impl std::error::Error for Failure {}

/// Whose wording an answer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// 408 for a timeout, 400 for a late upload.
    Classic,
    /// 504 for a timeout, 408 for a late upload.
    Of,
}

/// nginx's "client closed request": seen in logs and metrics, never on the wire.
const CLIENT_CLOSED: u16 = 499;

impl Failure {
    /// What ended a body, where a mode said so itself.
    pub fn from_body(error: BodyError) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(error) => match error.downcast::<UploadError>() {
                Ok(upload) => (*upload).into(),
                Err(error) => Self::Aborted(chain(&*error)),
            },
        }
    }

    /// A request's body that cannot be collected: where there is no room for it now, there may be another time.
    pub fn unkept(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::Unavailable("no room to keep the request's body"),
            _ => Self::Internal(format!("cannot keep a body: {error}")),
        }
    }

    pub fn status(&self, voice: Voice) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Request(_) | Self::Upload(_) => StatusCode::BAD_REQUEST,
            Self::UploadTimeout(_) if voice == Voice::Classic => StatusCode::BAD_REQUEST,
            Self::UploadTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Environment => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Permission => StatusCode::FORBIDDEN,
            Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(_) | Self::Aborted(_) => StatusCode::BAD_GATEWAY,
            Self::Start(_) | Self::Exit { .. } | Self::Handler(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Timeout { .. } if voice == Voice::Classic => StatusCode::REQUEST_TIMEOUT,
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::ClientGone => {
                StatusCode::from_u16(CLIENT_CLOSED).unwrap_or(StatusCode::BAD_REQUEST)
            }
        }
    }

    /// The component to blame; `None` where the function itself is.
    fn blame(&self, component: &'static str) -> Option<&'static str> {
        match self {
            Self::Exit { .. } | Self::Handler(_) => None,
            Self::Token(_) | Self::Permission | Self::Busy { .. } => Some(MIDDLEWARE),
            _ => Some(component),
        }
    }

    /// One line for the log; `None` where the access line says enough.
    pub fn log_line(&self) -> Option<String> {
        match self {
            Self::Upload(why) => Some(format!("upload failed: {why}")),
            Self::UploadTimeout(limit) => {
                Some(format!("upload not over within read_timeout ({limit:?})"))
            }
            Self::Upstream(why) => Some(format!("Upstream HTTP request error: {why}")),
            Self::Start(why) => Some(format!("cannot start the function: {why}")),
            Self::Exit { status: why, .. } | Self::Handler(why) => {
                Some(format!("function failed: {why}"))
            }
            Self::Timeout { setting, limit } => Some(format!("killed due to {setting}: {limit:?}")),
            Self::Aborted(why) => Some(format!("answer broken off: {why}")),
            Self::Internal(why) => Some(format!("internal error: {why}")),
            Self::Request(why) => Some(format!("bad request: {why}")),
            _ => None,
        }
    }

    /// The words for the caller. Existing bodies are kept to the byte.
    fn text(&self, voice: Voice) -> String {
        match self {
            Self::Method | Self::ClientGone => String::new(),
            Self::Request(why) | Self::Upload(why) | Self::Token(why) | Self::Start(why) => {
                format!("{why}\n")
            }
            Self::UploadTimeout(limit) => {
                format!("upload not over within read_timeout ({limit:?})\n")
            }
            Self::TooLarge { limit } => {
                format!("request body larger than max_body_bytes ({limit})\n")
            }
            Self::Environment => {
                "request headers do not fit into the function's environment\n".to_owned()
            }
            Self::Permission => "insufficient permissions\n".to_owned(),
            Self::Busy { limit } => {
                format!("Concurrent request limit exceeded. Max concurrent requests: {limit}\n")
            }
            Self::Unavailable(why) => format!("{why}\n"),
            Self::Upstream(_) | Self::Aborted(_) => {
                "function not reachable or broke off before its answer\n".to_owned()
            }
            Self::Exit { status, .. } => status.clone(),
            Self::Handler(_) => "function failed\n".to_owned(),
            Self::Timeout { .. } if voice == Voice::Classic => "Killed process.\n".to_owned(),
            Self::Timeout { setting, limit } => {
                format!("function exceeded {setting} ({limit:?})\n")
            }
            Self::Internal(_) => "internal error of the watchdog\n".to_owned(),
        }
    }

    /// The answer on the wire.
    pub fn into_response(self, voice: Voice, component: &'static str) -> Response<Body> {
        let text = self.text(voice);
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = self.status(voice);
        let headers = response.headers_mut();
        if let Some(blame) = self.blame(component) {
            headers.insert(INTERNAL, HeaderValue::from_static(blame));
        }
        match &self {
            Self::Token(_) => {
                headers.insert(
                    WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"IAM function invoke\""),
                );
                headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            }
            Self::Permission => {
                headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            }
            Self::Busy { .. } | Self::Unavailable(_) => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Method => {
                headers.insert(
                    ALLOW,
                    HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
                );
            }
            // What is left of the upload is not worth reading.
            Self::TooLarge { .. } | Self::Upload(_) | Self::UploadTimeout(_) => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        if !text.is_empty() {
            let kind = if matches!(self, Self::Busy { .. }) {
                "text/plain"
            } else {
                "text/plain; charset=utf-8"
            };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        *response.body_mut() = match self {
            Self::Exit {
                output: Some(output),
                ..
            } => output.into_body(),
            _ => text.into(),
        };
        response
    }
}

/// An error and what caused it, in one line: the interesting half is often in the cause, and some errors have said it already.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
