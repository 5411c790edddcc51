//! The heads of both messages: a request's as bytes, an answer's from bytes.
//!
//! Owns how a head is written and read, and what an answer's head says of its body and its connection (RFC 9112, 6.3 and 9.3). May know httparse. Refuses
//! to keep anything between two heads.

use std::io::Write as _;
use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};

use crate::http1::fields::{self, Connection, tokens};
use crate::http1::inbound::Framing;
use crate::http1::{MAX_FIELDS, Reason};

/// An answer whose head is longer is refused.
const MAX_HEAD: usize = 128 << 10;

/// An answer's head, and what it says of the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// The connection may serve another request.
    pub(super) keeps: bool,
}

/// Writes a request's head.
pub(super) fn write(to: &mut Vec<u8>, head: &http::request::Parts) {
    to.reserve(1 << 10);
    to.extend_from_slice(head.method.as_str().as_bytes());
    to.extend_from_slice(b" ");
    match (head.uri.authority(), head.uri.path_and_query()) {
        (None, Some(target)) => to.extend_from_slice(target.as_str().as_bytes()),
        // Writing to memory cannot fail.
        _ => drop(write!(to, "{}", head.uri)),
    }
    to.extend_from_slice(b" HTTP/1.1\r\n");
    for (name, value) in &head.headers {
        fields::write(to, name, value);
    }
    to.extend_from_slice(b"\r\n");
}

/// Takes the head of an answer out of what was read, once it is all there. `scanned` is how far that has been searched for.
pub(super) fn take(
    read: &mut BytesMut,
    scanned: &mut usize,
    asked: &Method,
) -> Result<Option<Head>, String> {
    match fields::take(read, scanned) {
        Some(head) => parse(&head, asked).map(Some),
        None if read.len() < MAX_HEAD => Ok(None),
        None => Err(format!("the answer's head is longer than {MAX_HEAD} bytes")),
    }
}

fn parse(bytes: &Bytes, asked: &Method) -> Result<Head, String> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let status =
        ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut fields);
    match status {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err("the answer's head breaks off".to_owned()),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(format!("the answer has more than {MAX_FIELDS} fields"));
        }
        Err(error) => return Err(format!("not an HTTP answer: {error}")),
    }
    let mut response = Response::new(());
    if parsed.version == Some(0) {
        *response.version_mut() = Version::HTTP_10;
    }
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    *response.status_mut() = status.map_err(|e| e.to_string())?;
    let mut connection = Connection::default();
    fields::collect(
        bytes,
        parsed.headers,
        response.headers_mut(),
        |name, value| {
            if *name == CONNECTION {
                connection.note(value);
            }
        },
    )?;
    let reason = parsed.reason.unwrap_or_default();
    if response.status().canonical_reason() != Some(reason) {
        let reason = Reason(bytes.slice_ref(reason.as_bytes()));
        response.extensions_mut().insert(reason);
    }
    let framing = framing(&response, asked)?;
    Ok(Head {
        keeps: framing != Framing::Close && connection.keeps(response.version()),
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
    fields::length(first).map(Framing::Length).ok_or_else(|| {
        let first = String::from_utf8_lossy(first);
        format!("the answer's Content-Length is no number of bytes: {first:?}")
    })
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
        let many = "a: 1\r\n".repeat(MAX_FIELDS + 1);
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
        let mut written = Vec::new();
        write(&mut written, &parts);
        assert_eq!(
            written,
            b"GET /a?b HTTP/1.1\r\nX-A-Bc: 1\r\nHost: a\r\n\r\n"
        );
    }
}
