//! What passes the proxy and what belongs to one connection only.
//!
//! Owns the list of hop-by-hop fields (RFC 9110, 7.6.1) and the framing fields of a request. May know both sides' HTTP versions. Refuses to invent a
//! field nobody sent: no `User-Agent`, no `Accept-Encoding`, no `X-Forwarded-*`.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};

use crate::failure::Failure;
use crate::http1::{KEEP_ALIVE, PROXY_CONNECTION, tokens};

/// Fields of one connection, besides what `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    TE,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// How long a request's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Known(u64),
    Unknown,
}

/// The protocols a request asks to switch to, where it does so by the book. `h2c` is left out: RFC 9113 has withdrawn that upgrade.
pub(super) fn upgrade_token(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(UPGRADE)?;
    if !tokens(headers, &CONNECTION).any(|t| t.eq_ignore_ascii_case(b"upgrade")) {
        return None;
    }
    protocols(headers)
}

/// What `Upgrade` names, over all its lines, but for `h2c`.
fn protocols(headers: &HeaderMap) -> Option<HeaderValue> {
    let named = tokens(headers, &UPGRADE).filter(|t| !t.eq_ignore_ascii_case(b"h2c"));
    let named: Vec<&[u8]> = named.collect();
    let named = (!named.is_empty()).then(|| named.join(&b", "[..]))?;
    // Joined valid values are valid.
    HeaderValue::from_maybe_shared(Bytes::from(named)).ok()
}

/// Turns a caller's header into the one the upstream gets. `upgrade` is the protocol asked for, where that is to be passed on.
pub(super) fn to_upstream(headers: &mut HeaderMap, version: Version, upgrade: Option<HeaderValue>) {
    let trailers = tokens(headers, &TE).any(|t| t.eq_ignore_ascii_case(b"trailers"));
    strip(headers);
    // Our server says "100 Continue" itself, when the body is first asked for.
    headers.remove(EXPECT);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if version == Version::HTTP_2 {
        join_cookies(headers);
    }
    if let Some(token) = upgrade {
        switch(headers, token);
    }
}

/// Turns the upstream's header into the one the caller gets.
pub(super) fn to_caller(headers: &mut HeaderMap, status: StatusCode) {
    // Without the protocols that are required, such an answer says nothing (RFC 9110, 15.5.22).
    let required = (status == StatusCode::UPGRADE_REQUIRED).then(|| protocols(headers));
    strip(headers);
    if let Some(protocols) = required.flatten() {
        switch(headers, protocols);
    }
}

/// Takes out of trailers what is no trailer (RFC 9110, 6.5.1): fields of one connection, of framing and of routing. HTTP/2 sends no message that has one.
pub(super) fn trailers(fields: &mut HeaderMap) {
    strip(fields);
    for name in [CONTENT_LENGTH, HOST, TRAILER] {
        fields.remove(name);
    }
}

/// The pair of fields that asks for, or confirms, a switch of protocols.
pub(super) fn switch(headers: &mut HeaderMap, token: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, token);
}

/// `Host`: of the target, where that names one; the caller's own; else the upstream's.
pub(super) fn set_host(
    headers: &mut HeaderMap,
    target: &Uri,
    upstream: &HeaderValue,
) -> Result<(), Failure> {
    if let Some(authority) = target.authority() {
        // User information is not part of a host.
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        let host = HeaderValue::from_str(host).map_err(|e| Failure::Request(e.to_string()))?;
        headers.insert(HOST, host);
    } else if !headers.contains_key(HOST) {
        headers.insert(HOST, upstream.clone());
    }
    Ok(())
}

/// Says how the body is framed. A method that usually has a body says so even when it is empty.
pub(super) fn set_framing(headers: &mut HeaderMap, method: &Method, length: Length) {
    match length {
        Length::Known(0) => {
            let said = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
            if said {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
        }
        Length::Known(len) => {
            headers
                .entry(CONTENT_LENGTH)
                .or_insert_with(|| HeaderValue::from(len));
        }
        Length::Unknown => {
            headers.remove(CONTENT_LENGTH);
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

/// One look at each field that is there costs less than a search for each that could be.
fn strip(headers: &mut HeaderMap) {
    let found = HOP_BY_HOP.map(|_| false);
    let found = headers.keys().fold(found, |mut found, name| {
        for (found, known) in found.iter_mut().zip(&HOP_BY_HOP) {
            *found |= name == known;
        }
        found
    });
    let named = tokens(headers, &CONNECTION)
        .filter(|t| !t.eq_ignore_ascii_case(b"close") && !t.eq_ignore_ascii_case(b"keep-alive"))
        .filter_map(|t| HeaderName::from_bytes(t).ok())
        // Nobody gets to take these away from a message.
        .filter(|name| *name != HOST && *name != CONTENT_LENGTH);
    for name in named.collect::<Vec<_>>() {
        headers.remove(name);
    }
    for (_, name) in found.iter().zip(&HOP_BY_HOP).filter(|(found, _)| **found) {
        headers.remove(name);
    }
}

/// HTTP/2 splits cookies over several fields, HTTP/1.1 does not.
fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let all: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    // Joined valid values are valid.
    if let Ok(joined) = HeaderValue::from_bytes(&all.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut headers, (n, v)| {
                headers.append(n, v);
                headers
            })
    }

    #[test]
    fn connection_fields_stay_on_their_connection() {
        let mut headers = map(&[
            ("connection", "close, X-Private"),
            ("connection", "host , x-other"),
            ("x-private", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eA=="),
            ("transfer-encoding", "chunked"),
            ("te", "gzip, Trailers;q=1"),
            ("upgrade", "websocket"),
            ("expect", "100-continue"),
            ("host", "a.test"),
            ("trailer", "x-sum"),
            ("x-timeout", "1s"),
            ("x-forwarded-for", "192.0.2.1"),
        ]);
        to_upstream(&mut headers, Version::HTTP_11, None);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["host", "trailer", "x-forwarded-for", "x-timeout"]);
    }

    #[test]
    fn some_fields_are_no_trailers() {
        let mut fields = map(&[
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("host", "a"),
            ("te", "gzip"),
            ("grpc-status", "0"),
        ]);
        trailers(&mut fields);
        assert_eq!(fields, map(&[("grpc-status", "0")]));
    }

    #[test]
    fn trailers_may_still_be_asked_for() {
        let mut headers = map(&[("connection", "TE"), ("te", "gzip, Trailers")]);
        to_upstream(&mut headers, Version::HTTP_11, None);
        assert_eq!(headers, map(&[("te", "trailers")]));
    }

    #[test]
    fn an_upgrade_needs_both_fields() {
        let token = |fields| upgrade_token(&map(fields));
        let asked = token(&[
            ("connection", "keep-alive, UPGRADE"),
            ("upgrade", "WebSocket"),
        ]);
        assert_eq!(asked.unwrap(), "WebSocket");
        assert_eq!(token(&[("upgrade", "websocket")]), None);
        assert_eq!(token(&[("connection", "upgrade")]), None);
        for (named, left) in [("h2c", None), ("H2C, x, y", Some("x, y")), (",", None)] {
            let fields = map(&[("connection", "upgrade"), ("upgrade", named)]);
            let asked = upgrade_token(&fields);
            assert_eq!(asked.as_ref().map(|t| t.to_str().unwrap()), left);
        }
    }

    #[test]
    fn what_is_required_is_named() {
        let answered = |status| {
            let mut headers = map(&[
                ("connection", "x, upgrade"),
                ("upgrade", "a/1, b"),
                ("x", "1"),
            ]);
            to_caller(&mut headers, status);
            headers
        };
        let named = map(&[("connection", "Upgrade"), ("upgrade", "a/1, b")]);
        assert_eq!(answered(StatusCode::UPGRADE_REQUIRED), named);
        assert_eq!(answered(StatusCode::OK), map(&[]));
    }

    #[test]
    fn cookies_of_http2_become_one() {
        let mut headers = map(&[("cookie", "a=1"), ("cookie", "b=2")]);
        to_upstream(&mut headers, Version::HTTP_2, None);
        assert_eq!(headers, map(&[("cookie", "a=1; b=2")]));
    }

    #[test]
    fn host_is_the_callers_unless_there_is_none() {
        let upstream = HeaderValue::from_static("127.0.0.1:3000");
        let host = |fields: &[_], target: &str| {
            let mut headers = map(fields);
            set_host(&mut headers, &target.parse().unwrap(), &upstream).unwrap();
            headers[HOST].to_str().unwrap().to_owned()
        };
        assert_eq!(host(&[("host", "a.test")], "/x"), "a.test");
        assert_eq!(
            host(&[("host", "a.test")], "http://u:p@b.test:81/x"),
            "b.test:81"
        );
        assert_eq!(host(&[], "/x"), "127.0.0.1:3000");
    }

    #[test]
    fn framing_follows_method_and_length() {
        let framed = |method, length, fields: &[_]| {
            let mut headers = map(fields);
            set_framing(&mut headers, &method, length);
            headers
        };
        let sized = [("content-length", "5")];
        assert_eq!(framed(Method::GET, Length::Known(0), &[]), map(&[]));
        assert_eq!(
            framed(Method::POST, Length::Known(0), &[]),
            map(&[("content-length", "0")])
        );
        assert_eq!(framed(Method::GET, Length::Known(5), &[]), map(&sized));
        assert_eq!(framed(Method::POST, Length::Known(5), &sized), map(&sized));
        let chunked = map(&[("transfer-encoding", "chunked")]);
        assert_eq!(framed(Method::GET, Length::Unknown, &[]), chunked);
    }
}
