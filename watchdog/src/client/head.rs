//! The heads of both messages: a request's as bytes, an answer's from bytes.
//!
//! Owns how a head is written and read, and what an answer's head says of its body and its connection (RFC 9112, 6.3 and 9.3). May know httparse. Refuses
//! to keep anything between two heads.

use std::fmt::Write as _;
use std::mem::MaybeUninit;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};
use hyper::ext::ReasonPhrase;
use memchr::memchr;

/// An answer whose head is longer is refused.
const MAX_HEAD: usize = 128 << 10;

/// Answers with more header fields than this are refused. Go has no such limit; this one is out of the way.
const MAX_HEADERS: usize = 512;

/// How an answer's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// With its connection.
    Close,
}

/// An answer's head, and what it says of the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// The connection may serve another request.
    pub(super) keeps: bool,
}

/// Writes a request's head with names as Go writes them, `Content-Type` for `content-type`: some servers out there compare bytes.
pub(super) fn write(to: &mut BytesMut, head: &http::request::Parts) {
    to.reserve(1 << 10);
    to.extend_from_slice(head.method.as_str().as_bytes());
    to.extend_from_slice(b" ");
    match (head.uri.authority(), head.uri.path_and_query()) {
        (None, Some(target)) => to.extend_from_slice(target.as_str().as_bytes()),
        // Writing to memory cannot fail.
        _ => drop(write!(to, "{}", head.uri)),
    }
    to.extend_from_slice(b" HTTP/1.1\r\n");
    write_fields(to, &head.headers);
    to.extend_from_slice(b"\r\n");
}

pub(super) fn write_fields(to: &mut BytesMut, fields: &HeaderMap) {
    for (name, value) in fields {
        write_field(to, name, value);
    }
}

pub(super) fn write_field(to: &mut BytesMut, name: &HeaderName, value: &HeaderValue) {
    let start = to.len();
    to.extend_from_slice(name.as_str().as_bytes());
    let mut begins = true;
    for byte in to.iter_mut().skip(start) {
        if begins {
            byte.make_ascii_uppercase();
        }
        begins = *byte == b'-';
    }
    to.extend_from_slice(b": ");
    to.extend_from_slice(value.as_bytes());
    to.extend_from_slice(b"\r\n");
}

/// Takes the head of an answer out of what was read, once it is all there. `scanned` is how far that has been searched for.
pub(super) fn take(
    read: &mut BytesMut,
    scanned: &mut usize,
    asked: &Method,
) -> Result<Option<Head>, String> {
    if *scanned == 0 {
        // Some servers end their bodies with one line too many.
        let blank = read.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        read.advance(blank.count());
    }
    let Some(end) = end(read, *scanned) else {
        *scanned = read.len().saturating_sub(2);
        return if read.len() < MAX_HEAD {
            Ok(None)
        } else {
            Err(format!("the answer's head is longer than {MAX_HEAD} bytes"))
        };
    };
    *scanned = 0;
    parse(&read.split_to(end).freeze(), asked).map(Some)
}

/// Where the first empty line ends.
fn end(read: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = read.get(at..)?;
        at += memchr(b'\n', rest)? + 1;
        match read.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

fn parse(bytes: &Bytes, asked: &Method) -> Result<Head, String> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let status =
        ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut fields);
    match status {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err("the answer's head breaks off".to_owned()),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(format!("the answer has more than {MAX_HEADERS} fields"));
        }
        Err(error) => return Err(format!("not an HTTP answer: {error}")),
    }
    let mut response = Response::new(());
    if parsed.version == Some(0) {
        *response.version_mut() = Version::HTTP_10;
    }
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    *response.status_mut() = status.map_err(|e| e.to_string())?;
    let headers = response.headers_mut();
    headers.reserve(parsed.headers.len());
    for field in parsed.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|e| e.to_string())?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(field.value));
        headers.append(name, value.map_err(|e| e.to_string())?);
    }
    let reason = parsed.reason.unwrap_or_default();
    if response.status().canonical_reason() != Some(reason)
        && let Ok(reason) = ReasonPhrase::try_from(reason.to_owned())
    {
        response.extensions_mut().insert(reason);
    }
    let framing = framing(&response, asked)?;
    Ok(Head {
        keeps: framing != Framing::Close && keeps(&response),
        response,
        framing,
    })
}

/// The first that applies of the rules for the length of an answer's body.
fn framing(response: &Response<()>, asked: &Method) -> Result<Framing, String> {
    let status = response.status();
    let bodyless = status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if bodyless || *asked == Method::HEAD {
        return Ok(Framing::Length(0));
    }
    let headers = response.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        let last = tokens(headers, &TRANSFER_ENCODING).last();
        return Ok(match last {
            Some(coding) if coding.eq_ignore_ascii_case(b"chunked") => Framing::Chunked,
            _ => Framing::Close,
        });
    }
    let mut lengths = tokens(headers, &CONTENT_LENGTH);
    let Some(first) = lengths.next() else {
        return Ok(if headers.contains_key(CONTENT_LENGTH) {
            return Err("the answer's Content-Length is empty".to_owned());
        } else {
            Framing::Close
        });
    };
    if lengths.any(|other| other != first) {
        return Err("the answer has more than one Content-Length".to_owned());
    }
    digits(first).map(Framing::Length).ok_or_else(|| {
        let first = String::from_utf8_lossy(first);
        format!("the answer's Content-Length is no number of bytes: {first:?}")
    })
}

fn digits(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

fn keeps(response: &Response<()>) -> bool {
    let says = |what: &[u8]| {
        tokens(response.headers(), &CONNECTION).any(|token| token.eq_ignore_ascii_case(what))
    };
    if response.version() == Version::HTTP_10 {
        says(b"keep-alive") && !says(b"close")
    } else {
        !says(b"close")
    }
}

/// The members of a comma-separated field, over all its lines.
pub fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Result<Head, String> {
        let mut read = BytesMut::from(text);
        let head = take(&mut read, &mut 0, &Method::GET)?.expect("a whole head");
        assert!(read.is_empty());
        Ok(head)
    }

    #[test]
    fn a_head_is_taken_once_it_is_all_there() {
        let text = b"\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nbody";
        let (mut read, mut scanned) = (BytesMut::new(), 0);
        let mut taken = None;
        for byte in text {
            read.extend_from_slice(&[*byte]);
            let head = take(&mut read, &mut scanned, &Method::GET).unwrap();
            if head.is_some() {
                taken = head;
                break;
            }
        }
        assert_eq!(taken.unwrap().response.headers()["x-a"], "1");
        assert!(read.is_empty());
    }

    #[test]
    fn the_length_follows_the_rules() {
        for (fields, expected) in [
            ("", Framing::Close),
            ("Content-Length: 5\r\n", Framing::Length(5)),
            ("Content-Length: 5, 5\r\n", Framing::Length(5)),
            (
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                Framing::Chunked,
            ),
            ("Transfer-Encoding: gzip, Chunked\r\n", Framing::Chunked),
            ("Transfer-Encoding: chunked, gzip\r\n", Framing::Close),
        ] {
            let head = answer(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).unwrap();
            assert_eq!(head.framing, expected, "{fields}");
        }
        for status in ["204 No Content", "304 Not Modified", "103 Early Hints"] {
            let head = answer(&format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n"));
            assert_eq!(head.unwrap().framing, Framing::Length(0), "{status}");
        }
    }

    #[test]
    fn what_cannot_be_trusted_is_refused() {
        for fields in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: \r\n",
            "Content-Length: 99999999999999999999\r\n",
            "no colon\r\n",
        ] {
            let head = answer(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
            assert!(head.is_err(), "{fields}");
        }
        let mut long = BytesMut::from("HTTP/1.1 200 OK\r\nA: ");
        long.resize(MAX_HEAD, b'a');
        assert!(take(&mut long, &mut 0, &Method::GET).is_err());
        let many = "a: 1\r\n".repeat(MAX_HEADERS + 1);
        assert!(answer(&format!("HTTP/1.1 200 OK\r\n{many}\r\n")).is_err());
    }

    #[test]
    fn a_connection_is_kept_unless_it_says_otherwise() {
        for (head, kept) in [
            ("HTTP/1.1 200 OK\r\n", true),
            ("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n", false),
            ("HTTP/1.0 200 OK\r\n", false),
            ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", true),
        ] {
            let head = format!("{head}Content-Length: 0\r\n\r\n");
            assert_eq!(answer(&head).unwrap().keeps, kept, "{head}");
        }
    }

    #[test]
    fn names_are_written_as_go_writes_them() {
        let request = http::Request::get("/a?b")
            .header("x-a-bc", "1")
            .header("HOST", "a");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let mut written = BytesMut::new();
        write(&mut written, &parts);
        assert_eq!(written, "GET /a?b HTTP/1.1\r\nX-A-Bc: 1\r\nHost: a\r\n\r\n");
    }
}
