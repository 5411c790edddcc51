//! A response as it came.
//! It knows the head, the interim heads before it, the body and how that ended.
//! It refuses to hide a cut body: `end` says so, and the case decides.

use super::{Framing, Headers};

/// How the body ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As the framing says it must.
    Clean,
    /// The connection broke or closed early; why.
    Cut(String),
}

impl End {
    pub fn is_clean(&self) -> bool {
        *self == Self::Clean
    }
}

/// The final head of a response, and the interim ones that came before it.
#[derive(Clone, Debug)]
pub struct Head {
    pub minor: u8,
    pub status: u16,
    pub reason: String,
    pub headers: Headers,
    pub framing: Framing,
    pub interim: Vec<Head>,
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    pub minor: u8,
    pub status: u16,
    pub reason: String,
    pub headers: Headers,
    pub framing: Framing,
    pub interim: Vec<Head>,
    pub body: Vec<u8>,
    pub trailers: Headers,
    pub end: End,
}

impl Response {
    pub fn new(head: Head, body: Vec<u8>, trailers: Headers, end: End) -> Self {
        let Head {
            minor,
            status,
            reason,
            headers,
            framing,
            interim,
        } = head;
        Self {
            minor,
            status,
            reason,
            headers,
            framing,
            interim,
            body,
            trailers,
            end,
        }
    }

    /// The body as text, lossily.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}
