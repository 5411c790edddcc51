//! URLs: where an upstream listens, and where a document is fetched.
//!
//! Owns the step from a URL's text to an endpoint. May know schemes and ports. Refuses what could not be honoured (a query, a fragment, a
//! password), where dropping it silently would surprise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;

use super::{Endpoint, Upstream};

const EXPECTED: &str = "expected `http://host:port`, `https://host:port` or `unix:/path/to/socket`";

/// What `sun_path` holds besides the NUL at its end.
const SOCKET: usize = 107;

/// Where the upstream listens, or what is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Upstream, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return unix(path);
    }
    let (uri, endpoint) = web(text, EXPECTED)?;
    if uri.query().is_some() {
        return Err("expected a URL without a query".to_owned());
    }
    let base_path = uri.path().trim_end_matches('/').to_owned();
    Ok(Upstream {
        endpoint,
        base_path,
    })
}

/// Whether a document can be fetched from there.
pub(super) fn check_url(text: &str) -> Result<(), String> {
    web(text, "expected an `http://` or `https://` URL").map(drop)
}

/// The same with any user and password struck out, to be shown.
pub(super) fn redact(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((secret, _)) => {
            format!(
                "{scheme}://***{}",
                rest.get(secret.len()..).unwrap_or_default()
            )
        }
        None => text.to_owned(),
    }
}

fn unix(path: &str) -> Result<Upstream, String> {
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => {
            return Err("expected an absolute path: `unix:/path` or `unix:///path`".to_owned());
        }
        None => path,
    };
    if !path.starts_with('/') || path.ends_with('/') {
        return Err("expected the absolute path of a socket: `unix:/path/to/socket`".to_owned());
    }
    if path.len() > SOCKET {
        return Err(format!(
            "expected a path of at most {SOCKET} bytes: the system has no room for more in a socket's address"
        ));
    }
    Ok(Upstream {
        endpoint: Endpoint::Unix(path.into()),
        base_path: String::new(),
    })
}

fn web(text: &str, expected: &str) -> Result<(Uri, Endpoint), String> {
    if text.contains('#') {
        return Err("expected a URL without a fragment".to_owned());
    }
    if !text.contains("://") {
        return Err(format!("expected a scheme; did you mean `http://{text}`?"));
    }
    let uri: Uri = text
        .parse()
        .map_err(|error| format!("{expected}: {error}"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(expected.to_owned());
    };
    if authority.as_str().contains('@') {
        return Err("expected a URL without a user or password".to_owned());
    }
    let (host, rest) = split_host(authority.as_str());
    // An IPv6 address keeps its brackets: the Host header wants them.
    let host = host.to_owned();
    if host.is_empty() {
        return Err(format!("{expected}: no host"));
    }
    if !may_exist(&host) {
        return Err(format!("{expected}: there can be no host of that name"));
    }
    let endpoint = match scheme {
        "http" => Endpoint::Tcp {
            host,
            port: port(rest, 80)?,
        },
        "https" => Endpoint::Tls {
            host,
            port: port(rest, 443)?,
        },
        _ => return Err(expected.to_owned()),
    };
    Ok((uri, endpoint))
}

/// The host, in brackets if it is an IPv6 address, and what follows.
fn split_host(authority: &str) -> (&str, &str) {
    let end = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1)
    } else {
        authority.find(':')
    };
    authority.split_at(end.unwrap_or(authority.len()))
}

/// An address, or a name that DNS has room for (RFC 1035, 2.3.4).
fn may_exist(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or(address);
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let numbers = name.split('.').filter(|label| label.parse::<u64>().is_ok());
    let looks_like_ip = name.split('.').count() == 4 && numbers.count() == 4;
    name.len() <= 253
        && name.split('.').all(|label| (1..=63).contains(&label.len()))
        && (!looks_like_ip || name.parse::<Ipv4Addr>().is_ok())
}

impl Endpoint {
    /// It can only be whoever listens on `own`.
    pub(super) fn is(&self, own: SocketAddr) -> bool {
        let (Self::Tcp { host, port } | Self::Tls { host, port }) = self else {
            return false;
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let ours = match host.parse::<IpAddr>() {
            Ok(ip) if own.ip().is_unspecified() => ip.is_loopback() || ip.is_unspecified(),
            Ok(ip) => ip == own.ip(),
            Err(_) => host == "localhost" && (own.ip().is_unspecified() || own.ip().is_loopback()),
        };
        *port == own.port() && ours
    }
}

fn port(text: &str, default: u16) -> Result<u16, String> {
    let port = match text.strip_prefix(':') {
        None => Some(default).filter(|_| text.is_empty()),
        Some(digits) => digits.parse().ok().filter(|port| *port != 0),
    };
    port.ok_or_else(|| "expected a port from 1 to 65535".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, base_path: &str) -> Upstream {
        let endpoint = Endpoint::Tcp {
            host: host.to_owned(),
            port,
        };
        Upstream {
            endpoint,
            base_path: base_path.to_owned(),
        }
    }

    #[test]
    fn plain_http() {
        for (text, expected) in [
            ("http://127.0.0.1:3000", tcp("127.0.0.1", 3000, "")),
            ("http://127.0.0.1:3000/", tcp("127.0.0.1", 3000, "")),
            ("http://localhost", tcp("localhost", 80, "")),
            ("HTTP://localhost:1/base/x/", tcp("localhost", 1, "/base/x")),
            ("http://[::1]:3000/a", tcp("[::1]", 3000, "/a")),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn https_and_sockets() {
        let tls = Endpoint::Tls {
            host: "example.com".to_owned(),
            port: 443,
        };
        assert_eq!(parse("https://example.com").unwrap().endpoint, tls);
        for text in ["unix:/run/app.sock", "unix:///run/app.sock"] {
            assert_eq!(
                parse(text).unwrap().endpoint,
                Endpoint::Unix("/run/app.sock".into()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_could_not_be_honoured_is_refused() {
        for (text, why) in [
            ("127.0.0.1:3000", "did you mean `http://127.0.0.1:3000`?"),
            ("localhost:3000", "did you mean `http://localhost:3000`?"),
            ("http://a/?x=1", "without a query"),
            ("http://a/#x", "without a fragment"),
            ("http://u:p@a/", "without a user"),
            ("http://", "expected `http://host:port`"),
            ("http://:3000", "no host"),
            ("http://a b/", "expected `http://host:port`"),
            ("ftp://a/", "expected `http://host:port`"),
            ("http://a:0", "port from 1"),
            ("http://a:", "port from 1"),
            ("http://a:65536", "port from 1"),
            ("http://256.0.0.1", "no host of that name"),
            ("http://a..b", "no host of that name"),
            ("http://[::1]x", "port from 1"),
            ("http://[::g]", "expected"),
            ("unix:", "absolute path"),
            ("unix:app.sock", "absolute path"),
            ("unix://app.sock", "absolute path"),
            ("unix:/", "absolute path"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_has_no_room_is_refused() {
        let path = |length: usize| format!("unix:/{}", "a".repeat(length - 1));
        assert!(parse(&path(107)).is_ok());
        assert!(parse(&path(108)).unwrap_err().contains("107 bytes"));
        let label = |length| format!("http://{}.b", "a".repeat(length));
        assert!(parse(&label(63)).is_ok() && parse(&label(64)).is_err());
        let name = |labels| format!("http://{}b", "aaa.".repeat(labels));
        assert!(parse(&name(63)).is_ok() && parse(&name(64)).is_err());
        assert!(parse("http://a.b.:1").is_ok() && parse("http://1.2.3:1").is_ok());
    }

    #[test]
    fn ourselves() {
        let is = |text: &str, own: &str| parse(text).unwrap().endpoint.is(own.parse().unwrap());
        for text in [
            "http://127.0.0.1:80",
            "http://localhost",
            "https://[::1]:80",
            "http://0.0.0.0",
        ] {
            assert!(is(text, "[::]:80"), "{text}");
            assert!(!is(text, "[::]:81") && !is(text, "10.0.0.1:80"), "{text}");
        }
        assert!(!is("http://example.com", "[::]:80"));
        assert!(is("http://10.0.0.1", "10.0.0.1:80"));
    }

    #[test]
    fn documents() {
        assert_eq!(
            check_url("https://issuer/.well-known/openid-configuration?tenant=a"),
            Ok(())
        );
        for text in ["issuer", "unix:/a", "file:///a", "http:///a"] {
            assert!(check_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(redact("http://u:p@a:1/b@c"), "http://***@a:1/b@c");
        assert_eq!(redact("http://u:p@d@a"), "http://***@a");
        assert_eq!(redact("http://a/b@c"), "http://a/b@c");
        assert_eq!(redact("a:b@c"), "a:b@c");
    }
}
