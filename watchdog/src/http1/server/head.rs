//! A request's head, from bytes.
//!
//! Owns what a head says of its body and its connection (RFC 9112, 6.3 and 9.3), and the limits on its size. May know httparse. Refuses what two servers
//! could read differently, and whatever is no HTTP.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};
use memchr::memchr;

use crate::body::Body;
use crate::http1::MAX_FIELDS;
use crate::http1::fields::{self, Connection};
use crate::http1::inbound::Framing;
use crate::target;

/// A request's head, and what it says of the rest.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be true whatever the others are"
)]
pub(super) struct Head {
    pub(super) request: Request<()>,
    pub(super) framing: Framing,
    /// The connection may serve another request.
    pub(super) keeps: bool,
    /// The client waits for "100 Continue" before it sends the body.
    pub(super) expects: bool,
    /// It asks to switch protocols.
    pub(super) upgrades: bool,
    /// It takes trailers.
    pub(super) trailers: bool,
}

/// Why a request is turned away, with the connection closed after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub text: &'static str,
}

impl Refusal {
    pub const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text }
    }

    /// Says so, and nothing else.
    pub fn answer(&self) -> Response<Body> {
        let mut response = Response::new(self.text.into());
        *response.status_mut() = self.status;
        response
    }
}

const BAD: Refusal = bad("400 Bad Request\n");

pub(super) const fn bad(text: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, text)
}

const TOO_LARGE: Refusal = Refusal::new(
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "431 Request Header Fields Too Large\n",
);

/// The rest of a head did not come.
pub(super) const LATE: Refusal = Refusal::new(
    StatusCode::REQUEST_TIMEOUT,
    "408 Request Timeout: the head of the request did not come to its end within read_timeout\n",
);

/// Takes the head of a request out of what was read, once it is all there. `scanned` is how far that has been searched for.
pub(super) fn take(
    read: &mut BytesMut,
    scanned: &mut usize,
    max: usize,
) -> Result<Option<Head>, Refusal> {
    match fields::take(read, scanned) {
        Some(head) if head.len() <= max => parse(&head).map(Some),
        None if read.len() <= max => Ok(None),
        _ => Err(TOO_LARGE),
    }
}

fn parse(bytes: &Bytes) -> Result<Head, Refusal> {
    match parse_around(bytes, None) {
        Err(BAD) => {
            let (bytes, sent) = set_aside(bytes).ok_or(BAD)?;
            parse_around(&bytes, Some(&sent))
        }
        parsed => parsed,
    }
}

/// A head with such a target, with another in its place, and the target.
fn set_aside(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let (line, rest) = bytes.split_at_checked(memchr(b'\n', bytes)?)?;
    let mut words = line.split(|byte| *byte == b' ');
    let (method, sent, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !has_odd_target(line) {
        return None;
    }
    let head = [method, b" / ", version, rest].concat();
    Some((Bytes::from(head), bytes.slice_ref(sent)))
}

/// Whether the target in what there is of a first line is in no known coding, which is a fault to httparse alone.
pub(super) fn has_odd_target(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_odd = |sent: &[u8]| {
        let is_text = sent.iter().all(|byte| matches!(byte, b'!'..=b'~' | 0x80..));
        is_text && str::from_utf8(sent).is_err()
    };
    words.nth(1).is_some_and(is_odd)
}

/// `sent` is the target, where that does not stand in the head.
fn parse_around(bytes: &Bytes, sent: Option<&Bytes>) -> Result<Head, Refusal> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let status =
        ParserConfig::default().parse_request_with_uninit_headers(&mut parsed, bytes, &mut fields);
    match status {
        Ok(Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(TOO_LARGE),
        Ok(Status::Partial) | Err(_) => return Err(BAD),
    }
    let mut request = line(bytes, &parsed, sent)?;
    let mut says = Says::default();
    let collected = fields::collect(
        bytes,
        parsed.headers,
        request.headers_mut(),
        |name, value| {
            says.note(name, value);
        },
    );
    collected.map_err(|_| BAD)?;
    let version = request.version();
    let framing = says.framing(version)?;
    says.settle(request.headers_mut());
    let (one, both) = (version == Version::HTTP_11, says.both());
    Ok(Head {
        request,
        framing,
        // A message that says both is framed by its chunks, and is the last (RFC 9112, 6.1).
        keeps: says.connection.keeps(version) && !both,
        expects: one && says.expects && framing != Framing::Length(0),
        upgrades: one && says.upgrade && says.connection.upgrade,
        trailers: says.trailers,
    })
}

/// What the line above the fields asks for.
fn line(
    bytes: &Bytes,
    parsed: &httparse::Request<'_, '_>,
    sent: Option<&Bytes>,
) -> Result<Request<()>, Refusal> {
    let mut request = Request::new(());
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes());
    *request.method_mut() = method.map_err(|_| BAD)?;
    let server_wide = request.method() == Method::OPTIONS;
    let path = parsed.path.unwrap_or_default().as_bytes();
    let (head, sent) = sent.map_or((bytes, path), |sent| (sent, &sent[..]));
    let (uri, raw) = target::read(head, sent, server_wide).ok_or(BAD)?;
    *request.uri_mut() = uri;
    if let Some(raw) = raw {
        request.extensions_mut().insert(raw);
    }
    if parsed.version == Some(0) {
        *request.version_mut() = Version::HTTP_10;
    }
    Ok(request)
}

/// What the fields say of the body and the connection.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be true whatever the others are"
)]
struct Says {
    connection: Connection,
    /// The transfer coding that comes last is `chunked`.
    chunked: Option<bool>,
    length: Option<u64>,
    /// All lengths are numbers, and the same one.
    agree: bool,
    lengths: usize,
    /// One of them, written as we do, is to stand for all.
    unusual: bool,
    expects: bool,
    trailers: bool,
    upgrade: bool,
}

impl Says {
    fn note(&mut self, name: &HeaderName, value: &[u8]) {
        let mut members = fields::members(value);
        match *name {
            CONNECTION => self.connection.note(value),
            TRANSFER_ENCODING => {
                let last = members.last().unwrap_or_default();
                self.chunked = Some(last.eq_ignore_ascii_case(b"chunked"));
            }
            CONTENT_LENGTH => {
                let length = fields::length(value);
                let agree = self.lengths == 0 || (self.agree && length == self.length);
                (self.length, self.agree) = (length, agree && length.is_some());
                self.lengths += 1;
                self.unusual = self.lengths > 1 || fields::is_padded(value);
            }
            EXPECT => self.expects |= value.eq_ignore_ascii_case(b"100-continue"),
            TE => self.trailers |= members.any(|m| m.eq_ignore_ascii_case(b"trailers")),
            UPGRADE => self.upgrade = true,
            _ => {}
        }
    }

    fn both(&self) -> bool {
        self.chunked.is_some() && self.lengths > 0
    }

    /// Leaves one length, and none beside a coding: others on the way could believe it.
    fn settle(&self, headers: &mut HeaderMap) {
        if self.both() {
            headers.remove(CONTENT_LENGTH);
        } else if self.unusual
            && let Some(length) = self.length
        {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
    }

    fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        match (self.chunked, self.length) {
            (Some(_), _) if version != Version::HTTP_11 => {
                Err(bad("400 Bad Request: Transfer-Encoding before HTTP/1.1\n"))
            }
            (Some(true), _) => Ok(Framing::Chunked),
            (Some(false), _) => Err(bad(
                "400 Bad Request: Transfer-Encoding does not end in chunked\n",
            )),
            (None, _) if self.lengths > 0 && !self.agree => {
                Err(bad("400 Bad Request: Content-Length is not one number\n"))
            }
            (None, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head, Refusal> {
        let mut read = BytesMut::from(text);
        take(&mut read, &mut 0, 1 << 20).map(|head| head.expect("a whole head"))
    }

    fn post(fields: &str) -> Result<Head, Refusal> {
        head(&format!("POST /a?b HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
    }

    #[test]
    fn a_head_says_what_it_asks() {
        let head = post("X-A: 1\r\nX-A: 2\r\n").unwrap();
        assert_eq!(head.request.method(), Method::POST);
        assert_eq!(head.request.uri(), "/a?b");
        assert_eq!(head.request.headers().get_all("x-a").iter().count(), 2);
        assert!(head.keeps && !head.expects && !head.upgrades && !head.trailers);
        let head = post("Connection: x, Upgrade\r\nUpgrade: y\r\nTE: a, trailers\r\n").unwrap();
        assert!(head.upgrades && head.trailers);
        let head = post("Content-Length: 1\r\nExpect: 100-Continue\r\n").unwrap();
        assert!(head.expects);
        assert!(!post("Expect: 100-continue\r\n").unwrap().expects);
    }

    #[test]
    fn the_length_follows_the_rules() {
        for (fields, framing, keeps) in [
            ("", Framing::Length(0), true),
            ("Content-Length: 5\r\n", Framing::Length(5), true),
            (
                "Content-Length: 5\r\nContent-Length: 5\r\n",
                Framing::Length(5),
                true,
            ),
            ("Content-Length: 05\r\n", Framing::Length(5), true),
            ("Transfer-Encoding: Chunked\r\n", Framing::Chunked, true),
            (
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                Framing::Chunked,
                false,
            ),
        ] {
            let head = post(fields).unwrap();
            assert_eq!((head.framing, head.keeps), (framing, keeps), "{fields}");
            let lengths = head.request.headers().get_all(CONTENT_LENGTH);
            let said = usize::from(matches!(framing, Framing::Length(1..)));
            assert_eq!(lengths.iter().count(), said, "{fields}");
            assert!(lengths.iter().all(|length| length == "5"), "{fields}");
        }
        let both = post("Content-Length: x\r\nTransfer-Encoding: chunked\r\n").unwrap();
        assert!(!both.request.headers().contains_key(CONTENT_LENGTH));
        for fields in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: \r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: \r\n",
        ] {
            assert_eq!(post(fields).unwrap_err().status, 400, "{fields}");
        }
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(head(old).unwrap_err().status, 400);
    }

    #[test]
    fn a_connection_is_kept_as_its_version_has_it() {
        for (text, keeps) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n", false),
            (
                "GET / HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
                false,
            ),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ] {
            assert_eq!(head(text).unwrap().keeps, keeps, "{text}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "nonsense\r\n\r\n",
            "GET /\r\n\r\n",
            "GET / HTTP/3.0\r\n\r\n",
            "G(T / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nA : 1\r\n\r\n",
            "GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
            "GET /\u{1}a HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(head(text).unwrap_err().status, 400, "{text}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000));
        assert!(head(&long).is_ok());
        let mut bytes = BytesMut::from(&b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n"[..]);
        let coded = take(&mut bytes, &mut 0, 1 << 20).unwrap().unwrap();
        assert_eq!(target::Target::of(&coded.request).path(), b"/\xff");
        assert_eq!(coded.request.headers()["host"], "h");
        assert_eq!(
            post(&"a: 1\r\n".repeat(MAX_FIELDS)).unwrap_err().status,
            431
        );
        let mut read = BytesMut::from("GET / HTTP/1.1\r\nA: ");
        assert!(take(&mut read, &mut 0, 19).unwrap().is_none());
        assert_eq!(take(&mut read, &mut 0, 18).unwrap_err().status, 431);
    }
}
