//! Answers of the provider itself, and the body type of all answers.
//! It knows the forms that this API has: plain text, JSON, nothing.
//! It refuses to decide what is answered.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::Value;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, BoxError>;
pub type Answer = Response<Body>;
/// There is no answer: the connection is closed.
#[derive(Debug)]
pub struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for Cut {}

/// What a handler gives: either way an answer.
pub type Handled = Result<Answer, Answer>;

/// Marks an answer that is the platform's, and not the function's.
pub const INTERNAL: HeaderName = HeaderName::from_static("x-openfaas-internal");

pub fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub fn bytes(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub fn with(status: StatusCode, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

/// A status and no body.
pub fn empty(status: StatusCode) -> Answer {
    with(status, nothing())
}

fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = with(status, bytes(body));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

pub fn json(value: &Value) -> Answer {
    typed(StatusCode::OK, "application/json", value.to_string())
}

/// An error, told in plain text with a newline.
pub fn error(status: StatusCode, why: &str) -> Answer {
    let mut answer = typed(status, "text/plain; charset=utf-8", format!("{why}\n"));
    answer.headers_mut().insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    answer
}

pub fn text(kind: &'static str, body: String) -> Answer {
    typed(StatusCode::OK, kind, body)
}

pub fn bad(why: &str) -> Answer {
    error(StatusCode::BAD_REQUEST, why)
}

/// An error of the platform on the way to a function.
pub fn internal(status: StatusCode, why: &str) -> Answer {
    let mut answer = error(status, why);
    answer
        .headers_mut()
        .insert(INTERNAL, HeaderValue::from_static("proxy"));
    answer
}

pub fn unauthorized() -> Answer {
    let mut answer = error(StatusCode::UNAUTHORIZED, "invalid credentials");
    let scheme = HeaderValue::from_static("Basic realm=\"Restricted\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    answer
}

pub fn missing_page() -> Answer {
    error(StatusCode::NOT_FOUND, "404 page not found")
}

pub fn wrong_method(allowed: &'static str) -> Answer {
    let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

pub fn moved(to: &str) -> Answer {
    match HeaderValue::from_str(to) {
        Ok(place) => {
            let mut answer = empty(StatusCode::MOVED_PERMANENTLY);
            answer.headers_mut().insert(LOCATION, place);
            answer
        }
        Err(_) => missing_page(),
    }
}
