//! A header block at the start of a function's output.
//!
//! Owns the grammar of RFC 3875, section 6: fields, an empty line, the body. May know only bytes. Refuses fields that would break the framing of our own
//! answer.

use http::header::{CONNECTION, CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The largest block: more is not a header.
pub const MAX: usize = 64 << 10;

#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where the body begins.
    pub length: usize,
}

/// `None`: the block has not ended yet.
pub fn parse(bytes: &[u8]) -> Result<Option<Head>, String> {
    let mut headers = HeaderMap::new();
    let mut status = None;
    let mut length = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let Some(text) = line.strip_suffix(b"\n") else {
            break;
        };
        length += line.len();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            let moved = headers.contains_key(LOCATION).then_some(StatusCode::FOUND);
            let status = status.or(moved).unwrap_or(StatusCode::OK);
            return Ok(Some(Head {
                status,
                headers,
                length,
            }));
        }
        let (name, value) = field(text)?;
        if name == "status" {
            status = Some(code(&value)?);
        } else if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            headers.append(name, value);
        }
    }
    if bytes.len() >= MAX {
        Err(format!("no end of the header block in {MAX} bytes"))
    } else {
        Ok(None)
    }
}

fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let bad = || format!("not a header field: {:?}", String::from_utf8_lossy(line));
    let colon = line.iter().position(|b| *b == b':').ok_or_else(bad)?;
    let (name, value) = line.split_at(colon);
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    let name = HeaderName::from_bytes(name).map_err(|_| bad())?;
    Ok((name, HeaderValue::from_bytes(value).map_err(|_| bad())?))
}

/// `404 Not Found` as 404.
fn code(value: &HeaderValue) -> Result<StatusCode, String> {
    let digits = value.as_bytes().get(..3).unwrap_or_default();
    StatusCode::from_bytes(digits)
        .ok()
        .filter(|status| status.as_u16() >= 200)
        .ok_or_else(|| format!("not a status: {value:?} (expected 200 to 999 and words)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_fields_up_to_the_empty_line() {
        let head = parse(b"Status: 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody")
            .unwrap()
            .unwrap();
        assert_eq!(head.status, StatusCode::NOT_FOUND);
        assert_eq!(head.headers.get_all("x-a").iter().count(), 2);
        assert_eq!(head.length, 41);
    }

    #[test]
    fn a_location_alone_redirects() {
        assert_eq!(
            parse(b"Location: /x\n\n").unwrap().unwrap().status,
            StatusCode::FOUND
        );
    }

    #[test]
    fn framing_is_ours() {
        let head = parse(b"Content-Length: 5\nTransfer-Encoding: x\n\n")
            .unwrap()
            .unwrap();
        assert!(head.headers.is_empty());
    }

    #[test]
    fn what_is_no_block_is_refused() {
        assert!(parse(b"hello\n\n").is_err());
        assert!(parse(b"Status: 99\n\n").is_err());
        assert!(parse(&vec![b'a'; MAX]).is_err());
        assert_eq!(parse(b"A: 1\n"), Ok(None));
    }
}
