//! The heads of both messages: a request's as bytes, an answer's from bytes.
//!
//! Owns how a head is written and read, how large an answer's may be, and what it says of its connection (RFC 9112, 9.3). May know httparse. Refuses to keep
//! anything between two heads.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};

use super::says::Says;
use crate::http1::fields::{self, Connection};
use crate::http1::inbound::Framing;
use crate::http1::{MAX_FIELDS, Reason};
use crate::target::Target;

/// An answer whose head is longer is refused, or has more fields. Go takes ten times as many bytes.
const MAX_HEAD: usize = 1 << 20;
const MOST_FIELDS: usize = 4096;

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
    to.extend_from_slice(Target::from(head).as_bytes());
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
    if let Some(head) = parse_into(bytes, asked, &mut fields)? {
        return Ok(head);
    }
    let mut fields = vec![MaybeUninit::uninit(); MOST_FIELDS];
    let head = parse_into(bytes, asked, &mut fields)?;
    head.ok_or_else(|| format!("the answer has more than {MOST_FIELDS} fields"))
}

/// `None` where there is no room for all fields.
fn parse_into<'a>(
    bytes: &'a Bytes,
    asked: &Method,
    room: &'a mut [MaybeUninit<httparse::Header<'a>>],
) -> Result<Option<Head>, String> {
    let mut parsed = httparse::Response::new(&mut []);
    let mut config = ParserConfig::default();
    // Removed from answers, as a proxy must (RFC 9112, 5.1).
    config.allow_spaces_after_header_name_in_responses(true);
    match config.parse_response_with_uninit_headers(&mut parsed, bytes, room) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err("the answer's head breaks off".to_owned()),
        Err(httparse::Error::TooManyHeaders) => return Ok(None),
        Err(error) => return Err(format!("not an HTTP answer: {error}")),
    }
    let mut response = Response::new(());
    if parsed.version == Some(0) {
        *response.version_mut() = Version::HTTP_10;
    }
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    *response.status_mut() = status.map_err(|e| e.to_string())?;
    let (mut connection, mut says) = (Connection::default(), Says::default());
    fields::collect(
        bytes,
        parsed.headers,
        response.headers_mut(),
        |name, value| match *name {
            CONNECTION => connection.note(value),
            TRANSFER_ENCODING => says.note_coding(value),
            CONTENT_LENGTH => says.note_length(value),
            _ => {}
        },
    )?;
    let reason = parsed.reason.unwrap_or_default();
    if response.status().canonical_reason() != Some(reason) {
        let reason = Reason(bytes.slice_ref(reason.as_bytes()));
        response.extensions_mut().insert(reason);
    }
    let (framing, last) = says.framing(&response, asked)?;
    says.settle(response.headers_mut());
    Ok(Some(Head {
        keeps: !last && framing != Framing::Close && connection.keeps(response.version()),
        response,
        framing,
    }))
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
    fn limits_are_generous() {
        let long = |len| {
            let mut long = BytesMut::from("HTTP/1.1 200 OK\r\nA: ");
            long.resize(len, b'a');
            take(&mut long, &mut 0, &Method::GET)
        };
        assert!(long(MAX_HEAD - 1).unwrap().is_none());
        assert!(long(MAX_HEAD).is_err());
        let many = |count| {
            answer(&format!(
                "HTTP/1.1 200 OK\r\n{}\r\n",
                "a: 1\r\n".repeat(count)
            ))
        };
        assert_eq!(
            many(MOST_FIELDS).unwrap().response.headers().len(),
            MOST_FIELDS
        );
        assert!(many(MOST_FIELDS + 1).is_err());
    }

    #[test]
    fn a_blank_before_the_colon_is_removed() {
        let head = answer("HTTP/1.1 200 OK\r\nA \t: 1\r\nTransfer-Encoding : chunked\r\n\r\n");
        let head = head.unwrap();
        assert_eq!(head.response.headers()["a"], "1");
        assert_eq!(head.framing, Framing::Chunked);
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
