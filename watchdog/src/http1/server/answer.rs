//! An answer's head, as bytes.
//!
//! Owns how an answer is framed for the client that asked (RFC 9112, 6), and the fields that only a server can know: `Date`, the length, the connection.
//! May know the request's method and version. Refuses to let a handler frame its answer itself.

use std::cell::RefCell;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRAILER, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, Version, response};

use crate::http1::Reason;
use crate::http1::fields::{self, Connection};
use crate::http1::inbound::Framing;

/// What an answer has to fit.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) head: bool,
    pub(super) version: Version,
    /// The connection may serve another request.
    pub(super) keeps: bool,
    pub(super) trailers: bool,
}

impl Asked {
    pub(super) fn new(method: &Method, version: Version, keeps: bool, trailers: bool) -> Self {
        Self {
            head: method == Method::HEAD,
            version,
            keeps,
            trailers,
        }
    }
}

/// Writes a head for a body of this length, if that is known. Says how the body is framed, and notes in `asked` where the connection ends with it.
pub(super) fn write(
    to: &mut Vec<u8>,
    head: &response::Parts,
    length: Option<u64>,
    asked: &mut Asked,
) -> Framing {
    let one = asked.version == Version::HTTP_11;
    let framing = framing(head, length, asked);
    let switches = head.status == StatusCode::SWITCHING_PROTOCOLS;
    to.reserve(1 << 10);
    write_status(to, head, one);
    let (mut connection, mut said, mut dated) = (Connection::default(), false, false);
    for (name, value) in &head.headers {
        match *name {
            TRANSFER_ENCODING => continue,
            CONTENT_LENGTH if !asked.head || !may_have_length(head.status) => continue,
            TRAILER if framing != Framing::Chunked => continue,
            CONNECTION => {
                connection.note(value.as_bytes());
                said = connection.close;
            }
            DATE => dated = true,
            _ => {}
        }
        fields::write(to, name, value);
    }
    if framing == Framing::Close || switches || connection.close {
        asked.keeps = false;
    }
    if let Some(len) = announced(head, length, framing, asked) {
        // Writing to memory cannot fail.
        let _ = write!(to, "Content-Length: {len}\r\n");
    }
    if framing == Framing::Chunked {
        to.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    if !said && !switches {
        match (asked.keeps, one) {
            (false, true) => to.extend_from_slice(b"Connection: close\r\n"),
            (true, false) => to.extend_from_slice(b"Connection: keep-alive\r\n"),
            _ => {}
        }
    }
    if !dated {
        write_date(to);
    }
    to.extend_from_slice(b"\r\n");
    framing
}

/// The length that is ours to say.
fn announced(
    head: &response::Parts,
    length: Option<u64>,
    framing: Framing,
    asked: &Asked,
) -> Option<u64> {
    match framing {
        Framing::Length(len) if !bodyless(head.status, asked) => Some(len),
        Framing::Length(_)
            if asked.head
                && may_have_length(head.status)
                && !head.headers.contains_key(CONTENT_LENGTH) =>
        {
            length.filter(|len| *len > 0)
        }
        _ => None,
    }
}

/// An interim answer (RFC 9110, 15.2): a head and nothing else, for clients of HTTP/1.1 alone.
pub fn interim(head: &response::Parts) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_status(&mut bytes, head, true);
    for (name, value) in &head.headers {
        if !matches!(*name, CONTENT_LENGTH | TRANSFER_ENCODING) {
            fields::write(&mut bytes, name, value);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Even an answer to HEAD has no length where one to GET has none (RFC 9110, 8.6).
fn may_have_length(status: StatusCode) -> bool {
    !status.is_informational() && status != StatusCode::NO_CONTENT
}

/// The answer to it has no body, whatever it says.
fn bodyless(status: StatusCode, asked: &Asked) -> bool {
    asked.head
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

fn framing(head: &response::Parts, length: Option<u64>, asked: &Asked) -> Framing {
    if bodyless(head.status, asked) {
        return Framing::Length(0);
    }
    let said = || fields::length(head.headers.get(CONTENT_LENGTH)?.as_bytes());
    match length.or_else(said) {
        Some(length) => Framing::Length(length),
        None if asked.version == Version::HTTP_11 => Framing::Chunked,
        None => Framing::Close,
    }
}

fn write_status(to: &mut Vec<u8>, head: &response::Parts, one: bool) {
    to.extend_from_slice(if one { b"HTTP/1.1 " } else { b"HTTP/1.0 " });
    to.extend_from_slice(head.status.as_str().as_bytes());
    to.extend_from_slice(b" ");
    let reason = head.extensions.get::<Reason>();
    let reason = reason.map_or_else(
        || {
            head.status
                .canonical_reason()
                .unwrap_or_default()
                .as_bytes()
        },
        |reason| &reason.0,
    );
    to.extend_from_slice(reason);
    to.extend_from_slice(b"\r\n");
}

thread_local! {
    /// The field as it was last written, and when it has to be another.
    static TODAY: RefCell<(SystemTime, String)> = const { RefCell::new((SystemTime::UNIX_EPOCH, String::new())) };
}

fn write_date(to: &mut Vec<u8>) {
    with_today(|line| to.extend_from_slice(line.as_bytes()));
}

/// The value of `Date`.
pub fn date() -> HeaderValue {
    with_today(|line| {
        let value = line.trim_start_matches("Date: ").trim_end();
        HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
    })
}

fn with_today<T>(show: impl FnOnce(&str) -> T) -> T {
    TODAY.with_borrow_mut(|(until, line)| {
        let now = SystemTime::now();
        // A clock that was set back shows in less than two seconds.
        if now >= *until || *until > now + Duration::from_secs(2) {
            let since = now.duration_since(SystemTime::UNIX_EPOCH);
            let second = Duration::from_secs(since.unwrap_or_default().as_secs());
            *until = SystemTime::UNIX_EPOCH + second + Duration::from_secs(1);
            *line = format!("Date: {}\r\n", httpdate::fmt_http_date(now));
        }
        show(line)
    })
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn asked(text: &str) -> Asked {
        let (method, version) = text.split_once(' ').unwrap();
        let (method, old) = (method.parse().unwrap(), version == "1.0");
        let version = if old {
            Version::HTTP_10
        } else {
            Version::HTTP_11
        };
        Asked::new(&method, version, true, false)
    }

    /// The head without its date, how the body is framed, and whether the connection goes on.
    fn written(
        response: response::Builder,
        length: Option<u64>,
        asked_for: &str,
    ) -> (String, Framing, bool) {
        let mut asked = asked(asked_for);
        let (parts, ()) = response.body(()).unwrap().into_parts();
        let mut bytes = Vec::new();
        let framing = write(&mut bytes, &parts, length, &mut asked);
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("Date: "));
        let lines: Vec<&str> = lines.collect();
        (lines.join("|"), framing, asked.keeps)
    }

    #[test]
    fn the_length_is_the_bodys() {
        let plain = Response::builder;
        let ok = || plain().header("content-length", "7");
        for (response, length, asked, expected, framing) in [
            (
                ok(),
                Some(5),
                "GET 1.1",
                "200 OK|Content-Length: 5|",
                Framing::Length(5),
            ),
            (
                ok(),
                None,
                "GET 1.1",
                "200 OK|Content-Length: 7|",
                Framing::Length(7),
            ),
            (
                ok(),
                Some(0),
                "HEAD 1.1",
                "200 OK|Content-Length: 7|",
                Framing::Length(0),
            ),
            (
                plain(),
                Some(9),
                "HEAD 1.1",
                "200 OK|Content-Length: 9|",
                Framing::Length(0),
            ),
            (
                ok().status(304),
                None,
                "GET 1.1",
                "304 Not Modified|",
                Framing::Length(0),
            ),
            (
                plain().status(204),
                Some(0),
                "GET 1.0",
                "204 No Content|Connection: keep-alive|",
                Framing::Length(0),
            ),
            (
                plain().header("transfer-encoding", "gzip"),
                None,
                "GET 1.1",
                "200 OK|Transfer-Encoding: chunked|",
                Framing::Chunked,
            ),
            (plain(), None, "GET 1.0", "200 OK|", Framing::Close),
        ] {
            let seen = written(response, length, asked);
            let expected = format!("HTTP/{} {expected}", &asked[asked.len() - 3..]);
            assert_eq!(seen, (expected, framing, framing != Framing::Close));
        }
    }

    #[test]
    fn what_can_have_no_body_has_no_length() {
        for asked in ["GET 1.1", "HEAD 1.1"] {
            let said = Response::builder()
                .status(204)
                .header("content-length", "7");
            let (text, ..) = written(said, Some(5), asked);
            assert_eq!(text, "HTTP/1.1 204 No Content|");
        }
    }

    #[test]
    fn a_handler_may_end_the_connection() {
        let close = Response::builder().header("connection", "close");
        let (text, _, keeps) = written(close, Some(0), "GET 1.1");
        assert_eq!(text, "HTTP/1.1 200 OK|Connection: close|Content-Length: 0|");
        assert!(!keeps);
        let switch = Response::builder()
            .status(101)
            .header("connection", "Upgrade");
        let (text, _, keeps) = written(switch, Some(0), "GET 1.1");
        assert_eq!(
            text,
            "HTTP/1.1 101 Switching Protocols|Connection: Upgrade|"
        );
        assert!(!keeps);
    }

    #[test]
    fn the_date_is_of_this_second() {
        for _ in 0..2 {
            let mut line = Vec::new();
            write_date(&mut line);
            let text = String::from_utf8(line).unwrap();
            let date = text.strip_prefix("Date: ").unwrap().trim_end();
            let date = httpdate::parse_http_date(date).unwrap();
            let age = SystemTime::now().duration_since(date).unwrap();
            assert!(age < Duration::from_secs(2), "{age:?}");
        }
    }
}
