//! One request and its answer, as far as they have come.
//! It knows what has been seen of both, and what a fault wants to become of them.
//! It refuses to know connections.

use std::time::{Duration, Instant};

use super::Head;

/// What becomes of what was just seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Pass,
    /// It is swallowed.
    Drop,
    /// It passes after a while; whatever is behind it waits as well.
    Late(Duration),
    /// It passes, and then the connection is closed.
    Close,
    /// The connection is closed before it.
    Cut,
    /// The connection is reset before it.
    Reset,
    /// The client is told this, and the connection is closed.
    Reply(Vec<u8>),
}

/// An exchange.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    /// The how manieth of all, from 1, and of its connection.
    pub n: u64,
    pub nth: u64,
    pub request: Head,
    pub answer: Head,
    /// Of the body that a hook is shown: how many of its bytes have passed, and whether it is in chunks.
    pub at: u64,
    pub chunked: bool,
    pub fate: Fate,
    /// When its request came.
    pub begun: Option<Instant>,
    /// The fault's own.
    pub held: Vec<u8>,
}

impl Talk {
    pub fn method(&self) -> &str {
        self.request.word(0)
    }

    pub fn target(&self) -> &str {
        self.request.word(1)
    }

    pub fn status(&self) -> u16 {
        self.answer.status()
    }

    pub fn late(&mut self, millis: u64) {
        self.fate = Fate::Late(Duration::from_millis(millis));
    }

    /// Whether it is one of `/_/health` and `/_/ready`.
    pub fn probe(&self) -> bool {
        self.target().starts_with("/_/")
    }

    /// Answers in the watchdog's place.
    pub fn reply(&mut self, status: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        self.fate = Fate::Reply(text.into_bytes());
    }
}
