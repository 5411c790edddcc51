//! The JSON envelope of `marshal_request`.
//!
//! Owns its bytes, which are those of Go's encoder. May know the request's headers and body. Refuses to hold the body in memory.

use std::collections::BTreeMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};

use super::env::canonical;
use crate::spool::{Place, Spooled};

/// Bytes encoded at once; a multiple of three, so that pieces join without padding.
const PIECE: usize = 48 << 10;

/// `{"header":{...},"body":{"raw":"..."}}` around `body`.
pub fn wrap(headers: &HeaderMap, body: &mut Spooled, place: &Place) -> io::Result<Spooled> {
    let mut out = place.open();
    out.push(b"{\"header\":")?;
    out.push(fields(headers).as_bytes())?;
    out.push(b",\"body\":{\"raw\":\"")?;
    let mut rest = Vec::new();
    while let Some(chunk) = body.chunk()? {
        rest.extend_from_slice(&chunk);
        let whole = rest.len() - rest.len() % 3;
        if whole >= PIECE {
            let tail = rest.split_off(whole);
            out.push(STANDARD.encode(&rest).as_bytes())?;
            rest = tail;
        }
    }
    out.push(STANDARD.encode(&rest).as_bytes())?;
    out.push(b"\"}}")?;
    Ok(out.finish())
}

fn fields(headers: &HeaderMap) -> String {
    let mut map = BTreeMap::<String, Vec<String>>::new();
    let framing = |name: &HeaderName| [HOST, TRANSFER_ENCODING, TRAILER].contains(name);
    for (name, value) in headers.iter().filter(|(name, _)| !framing(name)) {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        map.entry(canonical(name, '-')).or_default().push(value);
    }
    let json = serde_json::json!(map).to_string();
    // Go's encoder makes its output safe for HTML. Outside strings these characters do not occur.
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(body: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-b", "<1>".parse().unwrap());
        headers.append("accept", "a".parse().unwrap());
        headers.append("accept", "b".parse().unwrap());
        headers.insert("host", "h".parse().unwrap());
        let place = Place {
            threshold: 1 << 20,
            dir: "/nonexistent".into(),
        };
        let mut spool = place.open();
        spool.push(body).unwrap();
        let wrapped = wrap(&headers, &mut spool.finish(), &place)
            .unwrap()
            .chunk()
            .unwrap()
            .unwrap();
        String::from_utf8(wrapped.to_vec()).unwrap()
    }

    #[test]
    fn is_what_go_writes() {
        let expected =
            r#"{"header":{"Accept":["a","b"],"X-B":["\u003c1\u003e"]},"body":{"raw":"aGVsbG8="}}"#;
        assert_eq!(envelope(b"hello"), expected);
    }

    #[test]
    fn pieces_join_without_padding() {
        let body = vec![7; PIECE + 5];
        let encoded = STANDARD.encode(&body);
        let place = Place {
            threshold: 1 << 20,
            dir: "/nonexistent".into(),
        };
        let mut spool = place.open();
        spool.push(&body).unwrap();
        let mut wrapped = wrap(&HeaderMap::new(), &mut spool.finish(), &place).unwrap();
        let mut all = Vec::new();
        while let Some(piece) = wrapped.chunk().unwrap() {
            all.extend_from_slice(&piece);
        }
        let expected = format!("{{\"header\":{{}},\"body\":{{\"raw\":\"{encoded}\"}}}}");
        assert_eq!(all, expected.as_bytes());
    }
}
