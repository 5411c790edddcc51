//! What a request's head must be before anybody acts on it.
//!
//! Owns the rules of both protocols beyond the framing of HTTP/1.1. May know a request line and headers. Refuses what another server on the way could
//! read differently.

use std::net::Ipv6Addr;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use memchr::memchr;

use crate::http1::server::Refusal;
use crate::http1::{MAX_FIELDS, length};
use crate::target::Target;

const fn refuse(status: StatusCode, text: &'static str) -> Result<(), Refusal> {
    Err(Refusal::new(status, text))
}

const fn bad(text: &'static str) -> Result<(), Refusal> {
    refuse(StatusCode::BAD_REQUEST, text)
}

/// `Err` where the request must not reach anything, whichever protocol it came by.
pub fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    if request.method() == Method::CONNECT {
        // There is no proxy here.
        return refuse(StatusCode::NOT_FOUND, "404 page not found\n");
    }
    check_target(request)?;
    check_host(request)?;
    if request.version() == Version::HTTP_2 {
        check_http2(request.headers())
    } else {
        check_coding(request.headers())
    }
}

/// A path, or the whole server for OPTIONS (RFC 9112, 3.2; RFC 9113, 8.3.1).
fn check_target<B>(request: &Request<B>) -> Result<(), Refusal> {
    let target = Target::of(request);
    let (sent, path) = (target.as_bytes(), target.path());
    let server_wide = sent == b"*" && request.method() == Method::OPTIONS;
    if !server_wide && !sent.starts_with(b"/") {
        return bad("400 Bad Request: the target is not a path\n");
    }
    if memchr(b'%', path).is_some() && decode(path).is_none() {
        return bad("400 Bad Request: invalid percent escape\n");
    }
    Ok(())
}

/// One host, by name or by address (RFC 9112, 3.2; RFC 9113, 8.3.1).
fn check_host<B>(request: &Request<B>) -> Result<(), Refusal> {
    let named = request
        .uri()
        .authority()
        .map(|named| named.as_str().as_bytes());
    let two = request.version() == Version::HTTP_2;
    let mut fields = request
        .headers()
        .get_all(HOST)
        .iter()
        .map(HeaderValue::as_bytes);
    let (said, None) = (fields.next(), fields.next()) else {
        return bad("400 Bad Request: too many Host headers\n");
    };
    if said.is_none() && !(two && named.is_some()) && request.version() != Version::HTTP_10 {
        return bad("400 Bad Request: missing required Host header\n");
    }
    if ![named, said].into_iter().flatten().all(is_host) {
        return bad("400 Bad Request: malformed Host header\n");
    }
    // Over HTTP/1.1 the target is known to win.
    match (named, said) {
        (Some(named), Some(said)) if two && !named.eq_ignore_ascii_case(said) => {
            bad("400 Bad Request: :authority and Host differ\n")
        }
        _ => Ok(()),
    }
}

/// Whether this names a host, or none: `uri-host [ ":" port ]` (RFC 9110, 7.2).
fn is_host(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| is_plain(**byte)).count();
    match text.split_at(name).1 {
        [] => true,
        [b':', port @ ..] => is_port(port),
        _ => is_rare_host(text),
    }
}

/// One in brackets, or with escapes.
fn is_rare_host(text: &[u8]) -> bool {
    if let Some(rest) = text.strip_prefix(b"[") {
        let end = memchr(b']', rest).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        return is_address(address)
            && match after {
                [b']'] => true,
                [b']', b':', port @ ..] => is_port(port),
                _ => false,
            };
    }
    let (name, port) = text.split_at(memchr(b':', text).unwrap_or(text.len()));
    let is_name = name.iter().all(|byte| is_plain(*byte) || *byte == b'%');
    is_name && decode(name).is_some() && is_port(port.strip_prefix(b":").unwrap_or(port))
}

fn is_port(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// What stands between brackets (RFC 3986, 3.2.2).
fn is_address(text: &[u8]) -> bool {
    let is_future = |rest: &[u8]| rest.iter().all(|byte| is_plain(*byte) || *byte == b':');
    match text {
        [b'v' | b'V', rest @ ..] => is_future(rest),
        _ => str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()),
    }
}

/// What a name is made of, but for escapes.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'=')
}

fn check_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => refuse(
            StatusCode::NOT_IMPLEMENTED,
            "501 Not Implemented: a transfer coding other than chunked\n",
        ),
    }
}

/// What our own reader of HTTP/1.1 has seen to before (RFC 9113, 8.1.1 and 8.2.2).
fn check_http2(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.len() > MAX_FIELDS {
        return refuse(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "431 Request Header Fields Too Large\n",
        );
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        return bad("400 Bad Request: Transfer-Encoding in HTTP/2\n");
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(()),
        (Some(one), None) if length(one.as_bytes()).is_some() => Ok(()),
        _ => bad("400 Bad Request: Content-Length is not one number\n"),
    }
}

/// Takes the percent escapes out of a path; `None` where one is broken.
pub fn decode(path: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = path.iter().copied();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: http::request::Builder) -> Option<u16> {
        let checked = check(&request.body(()).unwrap());
        checked.err().map(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn ordinary_requests_pass() {
        assert_eq!(status(Request::get("/a%20b?c").header("host", "h")), None);
        assert_eq!(status(Request::get("http://h/a").header("host", "h")), None);
        assert_eq!(status(Request::options("*").header("host", "h")), None);
        assert_eq!(status(Request::get("/").version(Version::HTTP_10)), None);
        let chunked = Request::post("/")
            .header("host", "h")
            .header("transfer-encoding", "Chunked");
        assert_eq!(status(chunked), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_does_not() {
        assert_eq!(status(Request::get("/")), Some(400));
        assert_eq!(
            status(Request::get("/").header("host", "a").header("host", "b")),
            Some(400)
        );
        assert_eq!(
            status(Request::connect("h:80").header("host", "h")),
            Some(404)
        );
        assert_eq!(status(Request::get("h:80").header("host", "h")), Some(400));
        assert_eq!(status(Request::get("*").header("host", "h")), Some(400));
        assert_eq!(status(Request::get("/%zz").header("host", "h")), Some(400));
        let twice = Request::post("/")
            .header("host", "h")
            .header("transfer-encoding", "gzip, chunked");
        assert_eq!(status(twice), Some(501));
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for host in [
            "",
            "a",
            "a_b.test:80",
            "a:",
            "1.2.3.4:5",
            "[::1]",
            "[::1]:80",
            "[v1.a]",
            "%41",
            "a,b",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            &b"a b"[..],
            b"a/b",
            b"\xff",
            b"a:b",
            b"a:1:2",
            b"u@a",
            b"[::1",
            b"[::1]a",
            b"[x]",
            b"::1",
            b"%4",
            b"a\"",
            b"a\t",
            b"a?b",
            b"a#b",
            b"a\\b",
            b"[::1]:x",
        ] {
            assert!(!is_host(host), "{}", host.escape_ascii());
        }
    }

    #[test]
    fn http2_keeps_the_same_rules() {
        let get = |uri: &str| Request::get(uri).version(Version::HTTP_2);
        assert_eq!(status(get("http://h/")), None);
        assert_eq!(status(get("http://h/").header("host", "H")), None);
        assert_eq!(status(get("/").header("host", "h")), None);
        assert_eq!(status(get("/")), Some(400));
        assert_eq!(status(get("http://h/").header("host", "a")), Some(400));
        let hosts = get("/").header("host", "a").header("host", "b");
        assert_eq!(status(hosts), Some(400));
        assert_eq!(status(get("http://u@h/")), Some(400));
        assert_eq!(status(get("http://h?q=1")), Some(400));
        assert_eq!(status(get("http://h/%zz")), Some(400));
        let star = get("*").header("host", "h");
        assert_eq!(status(star), Some(400));
        let connect = Request::connect("h:80").version(Version::HTTP_2);
        assert_eq!(status(connect), Some(404));
        for (fields, expected) in [
            (vec![("content-length", "5")], None),
            (
                vec![("content-length", "5"), ("content-length", "5")],
                Some(400),
            ),
            (vec![("content-length", "+5")], Some(400)),
            (vec![("transfer-encoding", "chunked")], Some(400)),
            (vec![("a", "1"); MAX_FIELDS], None),
            (vec![("a", "1"); MAX_FIELDS + 1], Some(431)),
        ] {
            let request = fields
                .iter()
                .fold(get("http://h/"), |r, (n, v)| r.header(*n, *v));
            assert_eq!(status(request), expected);
        }
    }

    #[test]
    fn paths_are_decoded_or_refused() {
        assert_eq!(decode(b"/a%20b%2Fc\xff").unwrap(), b"/a b/c\xff");
        assert!(decode(b"/%zz").is_none() && decode(b"/%4").is_none());
    }
}
