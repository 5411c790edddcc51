//! A request as environment variables.
//!
//! Owns their names and values. May know the request's head and the dialect. Refuses to let a header pose as something else: what the request line says
//! wins over any header of that name.

use std::borrow::Cow;
use std::net::SocketAddr;

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;

use crate::config::Dialect;
use crate::failure::Failure;
use crate::head::decode;
use crate::process::Variables;
use crate::target::Target;

/// Who sent the request, for the dialect that tells.
#[derive(Debug, Clone, Copy)]
pub struct Remote(pub SocketAddr);

/// Names that the request line settles; a header of that name is not passed on.
const SETTLED: [&str; 6] = [
    "method",
    "path",
    "query",
    "host",
    "contentlength",
    "transfer-encoding",
];

/// The variables for one request, whose body has `length` bytes where that is known.
pub fn variables(
    parts: &Parts,
    length: Option<u64>,
    dialect: Dialect,
) -> Result<Variables, Failure> {
    let target = Target::from(parts);
    let path = decode(target.path())
        .ok_or_else(|| Failure::Request("invalid percent escape in the path".to_owned()))?;
    let mut variables = Variables::with_capacity(parts.headers.len() + 10);
    let chunked = length.is_none();
    for name in parts.headers.keys() {
        let hidden = SETTLED.contains(&name.as_str())
            || name == header::TRAILER
            || (name == header::CONTENT_LENGTH && chunked);
        if !hidden {
            variables.set(&["Http_", &canonical(name, '_')], &joined(parts, name));
        }
    }
    let size = length.map_or_else(|| "-1".to_owned(), |n| n.to_string());
    variables.set(&["Http_Method"], parts.method.as_str().as_bytes());
    variables.set(&["Http_ContentLength"], size.as_bytes());
    variables.set(&["Http_Content_Length"], size.as_bytes());
    if chunked {
        variables.set(&["Http_Transfer_Encoding"], b"chunked");
    }
    if let Some(query) = target.query().filter(|q| !q.is_empty()) {
        variables.set(&["Http_Query"], query);
    }
    if let Some(host) = host(parts) {
        variables.set(&["Http_Host"], host);
    }
    if dialect == Dialect::Rfc3875 {
        rfc3875(parts, length, &path, &mut variables);
    }
    variables.set(&["Http_Path"], &path);
    Ok(variables)
}

/// RFC 3875, section 4.1.
fn rfc3875(parts: &Parts, length: Option<u64>, path: &[u8], variables: &mut Variables) {
    let mut set = |name: &str, value: &[u8]| variables.set(&[name], value);
    set("GATEWAY_INTERFACE", b"CGI/1.1");
    set(
        "SERVER_SOFTWARE",
        concat!("fwatchdog/", env!("CARGO_PKG_VERSION")).as_bytes(),
    );
    set("SERVER_PROTOCOL", format!("{:?}", parts.version).as_bytes());
    set("REQUEST_METHOD", parts.method.as_str().as_bytes());
    set("SCRIPT_NAME", b"");
    set("PATH_INFO", path);
    set(
        "QUERY_STRING",
        Target::from(parts).query().unwrap_or_default(),
    );
    if let Some(length) = length.filter(|n| *n > 0) {
        set("CONTENT_LENGTH", length.to_string().as_bytes());
    }
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        set("CONTENT_TYPE", kind.as_bytes());
    }
    if let Some(host) = host(parts).and_then(|h| std::str::from_utf8(h).ok()) {
        let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
        set("SERVER_NAME", name.as_bytes());
        set("SERVER_PORT", port.as_bytes());
    }
    if let Some(Remote(address)) = parts.extensions.get::<Remote>() {
        let ip = address.ip().to_canonical().to_string();
        set("REMOTE_ADDR", ip.as_bytes());
        set("REMOTE_PORT", address.port().to_string().as_bytes());
    }
    for name in parts.headers.keys() {
        // `HTTP_PROXY` would be taken for a proxy setting (httpoxy); the other two have variables of their own.
        let hidden = name.as_str().eq_ignore_ascii_case("proxy")
            || name == header::CONTENT_LENGTH
            || name == header::CONTENT_TYPE;
        if !hidden {
            let upper = name.as_str().to_ascii_uppercase().replace('-', "_");
            variables.set(&["HTTP_", &upper], &joined(parts, name));
        }
    }
}

/// The authority of an absolute target, or the Host header.
fn host(parts: &Parts) -> Option<&[u8]> {
    parts
        .uri
        .authority()
        .map(|a| a.as_str().as_bytes())
        .or_else(|| parts.headers.get(header::HOST).map(HeaderValue::as_bytes))
        .filter(|host| !host.is_empty())
}

/// All values of a header in one: a function sees each of them.
fn joined<'a>(parts: &'a Parts, name: &HeaderName) -> Cow<'a, [u8]> {
    let separator: &[u8] = if name == header::COOKIE { b"; " } else { b", " };
    let mut values = parts.headers.get_all(name).iter();
    let first = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    let mut all = Cow::Borrowed(first);
    for value in values {
        let all = all.to_mut();
        all.extend_from_slice(separator);
        all.extend_from_slice(value.as_bytes());
    }
    all
}

/// `x-forwarded-by` as `X-Forwarded-By`, with another separator where wanted.
pub fn canonical(name: &HeaderName, separator: char) -> String {
    let mut start = true;
    let letter = |c| {
        let first = std::mem::replace(&mut start, c == '-');
        match c {
            '-' => separator,
            c if first => c.to_ascii_uppercase(),
            c => c,
        }
    };
    name.as_str().chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn get(request: http::request::Builder, name: &str, length: Option<u64>) -> Option<String> {
        let parts = request.body(()).unwrap().into_parts().0;
        let variables = variables(&parts, length, Dialect::Rfc3875).unwrap();
        variables.get(name).map(str::to_owned)
    }

    #[test]
    fn names_follow_the_header() {
        for (header, name) in [
            ("x-forwarded-by", "Http_X_Forwarded_By"),
            ("foo_bar", "Http_Foo_bar"),
            ("x.dot", "Http_X.dot"),
        ] {
            let request = Request::get("/").header(header, "1");
            assert_eq!(get(request, name, Some(0)).as_deref(), Some("1"), "{name}");
        }
    }

    #[test]
    fn every_value_arrives() {
        let request = Request::get("/").header("a", "1").header("a", "2");
        assert_eq!(get(request, "Http_A", Some(0)).as_deref(), Some("1, 2"));
        let request = Request::get("/")
            .header("cookie", "a=1")
            .header("cookie", "b=2");
        assert_eq!(
            get(request, "Http_Cookie", Some(0)).as_deref(),
            Some("a=1; b=2")
        );
    }

    #[test]
    fn a_header_cannot_pose_as_the_query() {
        let request = Request::get("/").header("query", "spoofed");
        assert_eq!(get(request, "Http_Query", Some(0)), None);
    }

    #[test]
    fn an_unknown_length_is_minus_one() {
        let request = || Request::post("/");
        assert_eq!(
            get(request(), "Http_ContentLength", None).as_deref(),
            Some("-1")
        );
        assert_eq!(
            get(request(), "Http_Transfer_Encoding", None).as_deref(),
            Some("chunked")
        );
        assert_eq!(
            get(request(), "CONTENT_LENGTH", Some(4)).as_deref(),
            Some("4")
        );
    }

    #[test]
    fn httpoxy_is_not_served() {
        let request = Request::get("/").header("proxy", "http://evil");
        assert_eq!(get(request, "HTTP_PROXY", Some(0)), None);
    }
}
