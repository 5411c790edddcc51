//! An answer of the provider together with the call that it answers.
//! It knows the sets of status codes that the contract accepts, and JSON.
//! It refuses to fail without a quote: every message says what was asked and what came.

use std::fmt::Write as _;
use std::ops::Deref;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::Failure;
use crate::wire::Response;
use crate::wire::transcript::escape;

type Result<T> = std::result::Result<T, Failure>;

/// What accepts a deployment, an update, a removal or a scaling.
pub const ACCEPTED: &[u16] = &[200, 202];
/// What accepts a new secret or namespace.
pub const CREATED: &[u16] = &[200, 201, 202];
/// How an invocation of a function that is not there ends.
pub const UNREACHED: &[u16] = &[404, 502, 503];

/// How much of a body a message quotes.
const QUOTED: usize = 300;

/// A response, read to its end. It derefs to the response: `answer.status`, `answer.header("x")`, `answer.text()`.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `POST /system/functions`.
    pub call: String,
    /// From the connecting to the last byte.
    pub took: Duration,
    response: Response,
}

impl Deref for Answer {
    type Target = Response;

    fn deref(&self) -> &Response {
        &self.response
    }
}

impl Answer {
    pub fn new(call: String, response: Response, took: Duration) -> Self {
        Self {
            call,
            took,
            response,
        }
    }

    /// The status must be this one, and the body whole.
    pub fn is(self, status: u16) -> Result<Self> {
        self.is_one_of(&[status])
    }

    pub fn is_one_of(self, statuses: &[u16]) -> Result<Self> {
        let listed: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let held = statuses.contains(&self.status);
        self.demand(held, &listed.join(" or "))
    }

    /// 200 or 202.
    pub fn is_accepted(self) -> Result<Self> {
        self.is_one_of(ACCEPTED)
    }

    /// Any 4xx: the request is at fault, and the provider says so.
    pub fn is_refused(self) -> Result<Self> {
        let held = (400..500).contains(&self.status);
        self.demand(held, "a 4xx")
    }

    /// Any 4xx or 5xx.
    pub fn is_error(self) -> Result<Self> {
        let held = (400..600).contains(&self.status);
        self.demand(held, "a 4xx or 5xx")
    }

    /// Anything but a 5xx.
    pub fn is_no_crash(self) -> Result<Self> {
        let held = self.status < 500;
        self.demand(held, "no 5xx")
    }

    fn demand(self, held: bool, wanted: &str) -> Result<Self> {
        if !held {
            return Err(self.unlike(&format!("expected {wanted}")));
        }
        if !self.end.is_clean() {
            return Err(self.unlike("expected a whole answer"));
        }
        Ok(self)
    }

    /// The whole body as JSON of that type, and nothing behind it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|e| self.unlike(&format!("expected other JSON ({e})")))
    }

    pub fn value(&self) -> Result<Value> {
        self.json()
    }

    /// The failure that says what was expected of this answer.
    pub fn unlike(&self, expected: &str) -> Failure {
        Failure::failed(format!("{}: {expected}, {}", self.call, self.told()))
    }

    /// What came, in one line.
    pub fn told(&self) -> String {
        let mut told = format!("got {} {}", self.status, self.reason);
        if !self.body.is_empty() {
            let shown = self.body.get(..QUOTED).unwrap_or(&self.body);
            let text = escape(shown).replace("\\n\n            ", "\\n");
            let _ = write!(told, ": {text}");
            if self.body.len() > QUOTED {
                let _ = write!(told, "... ({} bytes)", self.body.len());
            }
        }
        if !self.end.is_clean() {
            let _ = write!(told, "; {:?}", self.end);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{End, Framing, Headers};

    fn answer(status: u16, body: &str) -> Answer {
        let response = Response {
            minor: 1,
            status,
            reason: "Said".into(),
            headers: Headers::new(),
            framing: Framing::Close,
            interim: Vec::new(),
            body: body.into(),
            trailers: Headers::new(),
            end: End::Clean,
        };
        Answer::new("GET /x".into(), response, Duration::ZERO)
    }

    #[test]
    fn a_failure_quotes_call_expectation_and_answer() {
        let why = answer(500, "a\nb").is_accepted().unwrap_err().message;
        assert_eq!(why, "GET /x: expected 200 or 202, got 500 Said: a\\nb");
        assert!(answer(404, "").is_refused().is_ok());
        assert!(answer(500, "").is_no_crash().is_err());
    }

    #[test]
    fn trailing_garbage_is_no_json() {
        assert!(answer(200, "[] ").value().is_ok());
        let why = answer(200, "[]x").value().unwrap_err().message;
        assert!(why.contains("[]x"), "{why}");
    }
}
