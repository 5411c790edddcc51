//! The head of a request on its way to a function, and that of the answer on its way back.
//! It knows which fields belong to one connection, and which ones the platform adds.
//! It refuses to touch anything else: names, values, their order and number.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TE,
    TRANSFER_ENCODING, UPGRADE,
};

pub const CALL_ID: HeaderName = HeaderName::from_static("x-call-id");
pub const START_TIME: HeaderName = HeaderName::from_static("x-start-time");
const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Those of one connection, beside the ones that `Connection` names. `Trailer` speaks of the message.
const HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Takes away what is meant for this connection alone.
pub fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // Framing is not for a client to take away.
        .filter(|name| *name != CONTENT_LENGTH && *name != HOST)
        .collect();
    // A chunked body has no length, whatever is claimed.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    for name in named {
        headers.remove(name);
    }
    for name in HOP {
        headers.remove(name);
    }
}

/// Whether a field that lists words has that one.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(word))
}

/// Whether the client wants a WebSocket.
pub fn wants_websocket(headers: &HeaderMap) -> bool {
    lists(headers, &CONNECTION, "upgrade") && lists(headers, &UPGRADE, "websocket")
}

/// Asks the next one to change to a WebSocket, or agrees to it.
pub fn upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// The head of a request as the function gets it.
pub fn request(headers: &mut HeaderMap, remote: SocketAddr, to: SocketAddr) {
    let websocket = wants_websocket(headers);
    let trailers = lists(headers, &TE, "trailers");
    strip(headers);
    headers.remove(EXPECT);
    if websocket {
        upgrade(headers);
    }
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    let host = HeaderValue::from_str(&to.to_string()).ok();
    let asked = match host {
        Some(host) => headers.insert(HOST, host),
        None => None,
    };
    or_insert(headers, FORWARDED_HOST, asked);
    let client = HeaderValue::from_str(&remote.ip().to_string()).ok();
    or_insert(headers, FORWARDED_FOR, client);
    or_insert(
        headers,
        FORWARDED_PROTO,
        Some(HeaderValue::from_static("http")),
    );
}

fn or_insert(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value
        && !headers.contains_key(&name)
    {
        headers.insert(name, value);
    }
}

/// The name of a call and the time of its start, given to function and client alike.
#[derive(Clone, Debug)]
pub struct CallName {
    pub id: HeaderValue,
    start: HeaderValue,
}

impl CallName {
    /// Those that the client brought, or new ones.
    pub fn of(headers: &HeaderMap) -> Self {
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos());
        let given = |name: &HeaderName| headers.get(name).cloned();
        Self {
            id: given(&CALL_ID).unwrap_or_else(new_id),
            start: given(&START_TIME).unwrap_or_else(|| {
                HeaderValue::from_str(&nanos.to_string()).unwrap_or(HeaderValue::from_static("0"))
            }),
        }
    }

    pub fn on_request(&self, headers: &mut HeaderMap) {
        headers.insert(CALL_ID, self.id.clone());
        headers.insert(START_TIME, self.start.clone());
    }

    /// What the function has set itself stays.
    pub fn on_answer(&self, headers: &mut HeaderMap) {
        or_insert(headers, CALL_ID, Some(self.id.clone()));
        or_insert(headers, START_TIME, Some(self.start.clone()));
        let by = concat!("fwatchdog-reference/", env!("CARGO_PKG_VERSION"));
        or_insert(headers, SERVED_BY, Some(HeaderValue::from_static(by)));
    }
}

/// A random UUID, version 4.
fn new_id() -> HeaderValue {
    let bits = fastrand::u128(..);
    let marked = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{marked:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let id = format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    );
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn sent(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = of(pairs);
        request(
            &mut headers,
            ([1, 2, 3, 4], 5).into(),
            ([127, 0, 0, 9], 80).into(),
        );
        headers
    }

    #[test]
    fn what_is_for_this_connection_does_not_pass() {
        let headers = sent(&[
            ("host", "gateway:8080"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("cookie", "a=1"),
            ("authorization", "Bearer x"),
            ("x-two", "1"),
            ("x-two", "2"),
        ]);
        for gone in [
            "connection",
            "x-hop",
            "keep-alive",
            "upgrade",
            "transfer-encoding",
            "content-length",
        ] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
        assert_eq!(headers.get_all("x-two").iter().count(), 2);
        for (name, value) in [
            ("host", "127.0.0.9:80"),
            ("x-forwarded-host", "gateway:8080"),
            ("x-forwarded-for", "1.2.3.4"),
            ("authorization", "Bearer x"),
        ] {
            assert_eq!(headers[name], value);
        }
    }

    #[test]
    fn what_the_client_says_of_itself_stays() {
        let headers = sent(&[
            ("host", "h"),
            ("x-forwarded-for", "9.9.9.9"),
            ("x-forwarded-host", "o"),
        ]);
        assert_eq!(
            (&headers["x-forwarded-for"], &headers["x-forwarded-host"]),
            (
                &HeaderValue::from_static("9.9.9.9"),
                &HeaderValue::from_static("o")
            )
        );
    }

    #[test]
    fn a_websocket_passes() {
        let headers = sent(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
        ]);
        assert_eq!(headers["upgrade"], "websocket");
        assert_eq!(headers["connection"], "Upgrade");
    }

    #[test]
    fn ids_are_uuids() {
        let id = new_id();
        let id = id.to_str().unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], id.matches('-').count()), ("4", 4));
        assert_ne!(new_id(), new_id());
    }
}
