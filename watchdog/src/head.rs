//! What a request's head must be before anybody acts on it.
//!
//! Owns the rules of RFC 9112 beyond framing. May know a request line and headers. Refuses what another server on the way could read
//! differently.

use http::header::{HOST, TRANSFER_ENCODING};
use http::{Method, Request, StatusCode, Version};

use crate::http1::server::Refusal;

const fn refuse(status: StatusCode, text: &'static str) -> Result<(), Refusal> {
    Err(Refusal::new(status, text))
}

/// `Err` where the request must not reach anything.
pub fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    if request.version() == Version::HTTP_2 {
        return Ok(());
    }
    let (uri, method) = (request.uri(), request.method());
    let path = uri.path();
    if uri.scheme().is_none() && uri.authority().is_some() {
        // Only CONNECT names an authority alone, and there is no proxy here.
        return if method == Method::CONNECT {
            refuse(StatusCode::NOT_FOUND, "404 page not found\n")
        } else {
            refuse(
                StatusCode::BAD_REQUEST,
                "400 Bad Request: the target is not a path\n",
            )
        };
    }
    let server_wide = path == "*" && method == Method::OPTIONS;
    if !server_wide && !path.starts_with('/') {
        return refuse(
            StatusCode::BAD_REQUEST,
            "400 Bad Request: the target is not a path\n",
        );
    }
    if path.contains('%') && decode(path).is_none() {
        return refuse(
            StatusCode::BAD_REQUEST,
            "400 Bad Request: invalid percent escape\n",
        );
    }
    let headers = request.headers();
    match headers.get_all(HOST).iter().count() {
        0 if request.version() == Version::HTTP_11 => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "400 Bad Request: missing required Host header\n",
            );
        }
        0 | 1 => {}
        _ => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "400 Bad Request: too many Host headers\n",
            );
        }
    }
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

/// Takes the percent escapes out of a path; `None` where one is broken.
pub fn decode(path: &str) -> Option<Vec<u8>> {
    let mut bytes = path.bytes();
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
    fn paths_are_decoded_or_refused() {
        assert_eq!(decode("/a%20b%2Fc").unwrap(), b"/a b/c");
        assert!(decode("/%zz").is_none() && decode("/%4").is_none());
    }
}
