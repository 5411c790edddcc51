//! A request as a case words it.
//! It knows what an ordinary client would add: Host and the framing of the body.
//! It refuses to check anything else: bad requests are what some cases send.

use std::io::{self, Write};

use super::{Headers, Pattern};

/// What is sent after the head.
#[derive(Clone, Debug, Default)]
pub enum Body {
    #[default]
    None,
    /// With `Content-Length`.
    Bytes(Vec<u8>),
    /// `Transfer-Encoding: chunked`, one chunk per piece.
    Chunks(Vec<Vec<u8>>),
    /// Generated while sending, with `Content-Length`.
    Pattern(Pattern),
    /// Generated while sending, chunked.
    PatternChunked(Pattern),
}

/// A request to be sent; every part can be said.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub minor: u8,
    pub headers: Headers,
    pub body: Body,
    pub host: bool,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            minor: 1,
            headers: Headers::new(),
            body: Body::None,
            host: true,
        }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// A body with `Content-Length`.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Bytes(bytes.into());
        self
    }

    /// A chunked body, one chunk per piece.
    #[must_use]
    pub fn chunks(mut self, pieces: &[&[u8]]) -> Self {
        self.body = Body::Chunks(pieces.iter().map(|piece| piece.to_vec()).collect());
        self
    }

    #[must_use]
    pub fn pattern(mut self, pattern: Pattern) -> Self {
        self.body = Body::Pattern(pattern);
        self
    }

    #[must_use]
    pub fn pattern_chunked(mut self, pattern: Pattern) -> Self {
        self.body = Body::PatternChunked(pattern);
        self
    }

    /// `HTTP/1.0`.
    #[must_use]
    pub fn http10(mut self) -> Self {
        self.minor = 0;
        self
    }

    /// No `Host` of our own.
    #[must_use]
    pub fn no_host(mut self) -> Self {
        self.host = false;
        self
    }

    /// The bytes up to and with the blank line.
    pub fn head_bytes(&self, authority: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.{}\r\n", self.method, self.target, self.minor);
        let mut line = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        if self.host && !self.headers.has("host") {
            line("Host", authority);
        }
        for (name, value) in self.headers.iter() {
            line(name, value);
        }
        let framed = self.headers.has("content-length") || self.headers.has("transfer-encoding");
        match &self.body {
            _ if framed => {}
            Body::None => {}
            Body::Bytes(bytes) => line("Content-Length", &bytes.len().to_string()),
            Body::Pattern(pattern) => line("Content-Length", &pattern.len.to_string()),
            Body::Chunks(_) | Body::PatternChunked(_) => line("Transfer-Encoding", "chunked"),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// How many body bytes there are, to choose how to send them.
    pub fn body_len(&self) -> u64 {
        match &self.body {
            Body::None => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Chunks(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Body::Pattern(pattern) | Body::PatternChunked(pattern) => pattern.len,
        }
    }

    pub fn write_body(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.body {
            Body::None => Ok(()),
            Body::Bytes(bytes) => out.write_all(bytes),
            Body::Pattern(pattern) => pattern.write_to(out, false),
            Body::PatternChunked(pattern) => pattern.write_to(out, true),
            Body::Chunks(pieces) => {
                for piece in pieces {
                    out.write_all(&chunk(piece))?;
                }
                out.write_all(b"0\r\n\r\n")
            }
        }
    }
}

/// One chunk as it stands on the wire.
pub fn chunk(data: &[u8]) -> Vec<u8> {
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out
}
