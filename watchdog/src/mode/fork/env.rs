//! A request as environment variables.
//!
//! Owns their names and values. May know the request's head and the dialect. Refuses to let a header pose as something else: what the request line says
//! wins over any header of that name.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;

use crate::config::Dialect;
use crate::failure::Failure;
use crate::head::decode;
use crate::process::Variables;
use crate::target::Target;

/// Both ends of the connection that the request came over, for the dialect that tells.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub client: SocketAddr,
    /// `None` where the system does not say.
    pub server: Option<SocketAddr>,
}

/// How long a request's body is.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// By the request's own word.
    pub announced: Option<u64>,
    /// What the function can read, where that is known: no coding of the transfer is left of it.
    pub stdin: Option<u64>,
}

/// Names that the request line settles; a header of that name is not passed on.
const SETTLED: [&str; 6] = [
    "method",
    "path",
    "query",
    "host",
    "contentlength",
    "transfer-encoding",
];

/// The variables for one request.
pub fn variables(parts: &Parts, length: Length, dialect: Dialect) -> Result<Variables, Failure> {
    let target = Target::from(parts);
    let path = decode(target.path())
        .ok_or_else(|| Failure::Request("invalid percent escape in the path".to_owned()))?;
    let mut variables = Variables::with_capacity(parts.headers.len() + 10);
    // By the names of old, a body of unknown length is a chunked one, although it may have been collected.
    let announced = match dialect {
        Dialect::OpenFaas => length.announced,
        Dialect::Rfc3875 => length.announced.or(length.stdin),
    };
    let chunked = announced.is_none();
    for name in parts.headers.keys() {
        let hidden = SETTLED.contains(&name.as_str())
            || name == header::TRAILER
            || is_proxy(name)
            || is_ambiguous(name)
            || (name == header::CONTENT_LENGTH && chunked);
        if !hidden {
            variables.set(&["Http_", &canonical(name, '_')], &joined(parts, name));
        }
    }
    let size = announced.map_or_else(|| "-1".to_owned(), |n| n.to_string());
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
        rfc3875(parts, length.stdin, &path, &mut variables);
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
    let ends = parts.extensions.get::<Ends>();
    let (name, port) = server(host(parts), ends.and_then(|ends| ends.server));
    set("SERVER_NAME", name.as_bytes());
    set("SERVER_PORT", port.as_bytes());
    // The one who asks without a connection is us.
    let local = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    let client = ends.map_or(local, |ends| ends.client);
    set(
        "REMOTE_ADDR",
        client.ip().to_canonical().to_string().as_bytes(),
    );
    set("REMOTE_PORT", client.port().to_string().as_bytes());
    if let Some(host) = host(parts) {
        set("HTTP_HOST", host);
    }
    for name in parts.headers.keys().filter(|name| is_told(name)) {
        let upper = name.as_str().to_ascii_uppercase().replace('-', "_");
        variables.set(&["HTTP_", &upper], &joined(parts, name));
    }
}

/// Which fields get a variable of that dialect.
fn is_told(name: &HeaderName) -> bool {
    // They have variables of their own, or speak of a transfer that is over.
    let hidden = [
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::HOST,
        header::TRAILER,
        header::TRANSFER_ENCODING,
    ];
    // With an underscore it could pose as the one with a hyphen, which somebody before us may have checked.
    !is_proxy(name) && !name.as_str().contains('_') && !hidden.contains(name)
}

/// `HTTP_PROXY` in any case would be taken for a proxy setting (httpoxy): Python, Perl and Ruby look at no case.
fn is_proxy(name: &HeaderName) -> bool {
    name.as_str() == "proxy"
}

/// A field that could pose as the one with a hyphen: letters after a hyphen are upper case, other characters know no case.
fn is_ambiguous(name: &HeaderName) -> bool {
    let mut rest = name.as_str().split('_');
    rest.next();
    rest.any(|part| !part.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// The name and the port by which the client knows us, or else by which the system does.
fn server(host: Option<&[u8]>, local: Option<SocketAddr>) -> (Cow<'_, str>, Cow<'_, str>) {
    let host = host.and_then(|host| str::from_utf8(host).ok());
    // A colon within brackets is part of an address.
    let (name, port) = match host.and_then(|host| host.rsplit_once(':')) {
        Some((name, port)) if !port.contains(']') => (Some(name), Some(port)),
        _ => (host, None),
    };
    let port = match port.filter(|port| !port.is_empty()) {
        Some(port) => port.into(),
        None => local.map_or(80, |local| local.port()).to_string().into(),
    };
    let name = match (name.filter(|name| !name.is_empty()), local) {
        (Some(name), _) => name.into(),
        (None, Some(local)) => match local.ip().to_canonical() {
            IpAddr::V6(ip) => format!("[{ip}]").into(),
            IpAddr::V4(ip) => ip.to_string().into(),
        },
        (None, None) => "localhost".into(),
    };
    (name, port)
}

/// The authority of an absolute target, or the Host header.
fn host(parts: &Parts) -> Option<&[u8]> {
    let authority = parts.uri.authority().map(|authority| {
        // A user in it is nobody's business (RFC 9110, 4.2.4).
        let text = authority.as_str();
        text.rsplit_once('@')
            .map_or(text, |(_, host)| host)
            .as_bytes()
    });
    authority
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
        let length = Length {
            announced: length,
            stdin: length,
        };
        let variables = variables(&parts, length, Dialect::Rfc3875).unwrap();
        variables.get(name).map(str::to_owned)
    }

    #[test]
    fn names_follow_the_header() {
        for (header, name) in [
            ("x-forwarded-by", "Http_X_Forwarded_By"),
            ("foo_bar", "Http_Foo_bar"),
            ("x-2fa", "Http_X_2fa"),
            ("x.dot", "Http_X.dot"),
        ] {
            let request = Request::get("/").header(header, "1");
            assert_eq!(get(request, name, Some(0)).as_deref(), Some("1"), "{name}");
        }
    }

    #[test]
    fn an_underscore_is_no_hyphen() {
        for name in ["x_2fa", "x_", "x__a", "a-b_9"] {
            let request = Request::get("/").header(name, "1");
            let variable = format!("Http_{}", canonical(&name.parse().unwrap(), '_'));
            assert_eq!(get(request, &variable, Some(0)), None, "{name}");
        }
        let both = Request::get("/").header("x-remote-user", "a");
        let both = both.header("x_remote_user", "b");
        assert_eq!(
            get(both, "HTTP_X_REMOTE_USER", Some(0)).as_deref(),
            Some("a")
        );
    }

    #[test]
    fn the_server_is_who_the_client_says() {
        let v4 = || "127.0.0.1:8080".parse().ok();
        let v6 = || "[::1]:8080".parse().ok();
        for (host, local, name, port) in [
            ("example.test", v4(), "example.test", "8080"),
            ("example.test:", v4(), "example.test", "8080"),
            ("example.test:99", v4(), "example.test", "99"),
            ("[::1]", v6(), "[::1]", "8080"),
            ("[::1]:99", v6(), "[::1]", "99"),
            ("", v4(), "127.0.0.1", "8080"),
            ("", v6(), "[::1]", "8080"),
            ("", "[::ffff:1.2.3.4]:5".parse().ok(), "1.2.3.4", "5"),
            ("", None, "localhost", "80"),
        ] {
            let host = Some(host.as_bytes()).filter(|host| !host.is_empty());
            assert_eq!(server(host, local), (name.into(), port.into()));
        }
    }

    #[test]
    fn the_target_goes_before_the_host() {
        let request = || Request::get("http://u:p@target:1/").header("host", "other");
        for name in ["HTTP_HOST", "Http_Host"] {
            assert_eq!(get(request(), name, Some(0)).as_deref(), Some("target:1"));
        }
        assert_eq!(
            get(request(), "SERVER_NAME", Some(0)).as_deref(),
            Some("target")
        );
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
        for name in ["HTTP_PROXY", "Http_Proxy"] {
            let request = Request::get("/").header("proxy", "http://evil");
            assert_eq!(get(request, name, Some(0)), None, "{name}");
        }
    }
}
