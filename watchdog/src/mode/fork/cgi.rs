//! A header block at the start of a function's output.
//!
//! Owns the grammar of RFC 3875, section 6: fields, an empty line, the body. May know only bytes. Refuses what that grammar does not hold, and drops fields
//! that are between us and the client.

use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::http1::{KEEP_ALIVE, PROXY_CONNECTION};

/// The largest block: more is not a header.
pub const MAX: usize = 64 << 10;

/// How much of a bad line is worth repeating.
const SHOWN: usize = 64;

/// Section 6.3.4: how the answer is sent is not the function's business.
const OURS: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    KEEP_ALIVE,
    PROXY_CONNECTION,
];

#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where the body begins.
    pub length: usize,
}

/// `None`: the block has not ended yet.
pub fn parse(bytes: &[u8]) -> Result<Option<Head>, String> {
    let mut block = Block::default();
    let mut length = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        length += line.len();
        if length > MAX {
            break;
        }
        let Some(text) = line.strip_suffix(b"\n") else {
            return Ok(None);
        };
        // Section 7.2: a newline, or a carriage return before one.
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return block.end(length).map(Some);
        }
        block.add(text)?;
    }
    if length > MAX {
        Err(format!("no end of the header block in {MAX} bytes"))
    } else {
        Ok(None)
    }
}

/// The fields so far.
#[derive(Debug, Default)]
struct Block {
    status: Option<StatusCode>,
    headers: HeaderMap,
    /// There was a field, whether or not it is passed on.
    any: bool,
}

impl Block {
    fn add(&mut self, line: &[u8]) -> Result<(), String> {
        let (name, value) = field(line)?;
        self.any = true;
        let repeated = match &name {
            // Without a value it counts as not sent.
            _ if value.is_empty() => false,
            name if name.as_str() == "status" => self.status.replace(code(&value)?).is_some(),
            name if OURS.contains(name) => false,
            name if name == CONTENT_TYPE || name == LOCATION => {
                self.headers.insert(name, value).is_some()
            }
            name => {
                let added = self.headers.try_append(name, value);
                added.map_err(|_| "too many header fields".to_owned())?;
                false
            }
        };
        if repeated {
            return Err(format!("more than one {name}"));
        }
        Ok(())
    }

    fn end(self, length: usize) -> Result<Head, String> {
        if !self.any {
            return Err("it has no field".to_owned());
        }
        // A place on this server is the client's to ask for, too: what answers it is the function again, or another one.
        let moved = self.headers.contains_key(LOCATION);
        let assumed = if moved {
            StatusCode::FOUND
        } else {
            StatusCode::OK
        };
        Ok(Head {
            status: self.status.unwrap_or(assumed),
            headers: self.headers,
            length,
        })
    }
}

/// Section 6.3: a token, a colon right behind it, a value without control characters; nothing goes on in the next line.
fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let bad = || format!("not a header field: {:?}", shown(line));
    let colon = line.iter().position(|b| *b == b':').ok_or_else(bad)?;
    let (name, value) = line.split_at(colon);
    let mut value = value.strip_prefix(b":").unwrap_or(value);
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    if !name.iter().all(|byte| is_token(*byte)) {
        return Err(bad());
    }
    let name = HeaderName::from_bytes(name).map_err(|_| bad())?;
    Ok((name, HeaderValue::from_bytes(value).map_err(|_| bad())?))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..SHOWN).unwrap_or(line)).into_owned()
}

/// `404 Not Found` as 404: three digits, then nothing or a blank and words.
fn code(value: &HeaderValue) -> Result<StatusCode, String> {
    let (digits, rest) = value.as_bytes().split_at_checked(3).unwrap_or_default();
    let status = StatusCode::from_bytes(digits).ok();
    let status = status.filter(|status| (200..600).contains(&status.as_u16()));
    status
        .filter(|_| rest.is_empty() || rest.starts_with(b" "))
        .ok_or_else(|| {
            let value = shown(value.as_bytes());
            format!("not a status: {value:?} (expected 200 to 599, a blank and words)")
        })
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
        let head = parse(b"Content-Length: 5\nTransfer-Encoding: x\nKeep-Alive: x\nUpgrade: x\n\n")
            .unwrap()
            .unwrap();
        assert!(head.headers.is_empty());
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for block in [
            "hello",
            "Status: 99",
            "Status: 099 x",
            "Status: 101 Switching Protocols",
            "Status: 600 x",
            "Status: 2000 OK",
            "Status: 200OK",
            "Status: +20 OK",
            "Status: ok",
            "Status: 200 OK\nstatus: 200 OK",
            "Content-Type: a/b\nContent-Type: a/b",
            "Location: /a\nLOCATION: /b",
            "A : 1",
            " A: 1",
            "A: 1\n b",
            "A: 1\n\tb: 2",
            ": 1",
            "A\"b: 1",
            "A(b): 1",
            "A\u{e9}: 1",
            "A: 1\rB: 2",
            "A: 1\r",
            "A: 1\0",
            "A: 1\x0c",
            "HTTP/1.1 200 OK",
        ] {
            assert!(
                parse(format!("{block}\r\n\n").as_bytes()).is_err(),
                "{block:?}"
            );
        }
        assert!(parse(b"\nbody").is_err() && parse(b"\r\nbody").is_err());
        assert!(parse(&vec![b'a'; MAX + 1]).is_err());
        assert!(parse(&b"A: 1\n".repeat(MAX)).is_err());
    }

    #[test]
    fn what_has_not_ended_is_waited_for() {
        for start in ["", "A", "A: 1", "A: 1\r", "A: 1\n", "A: 1\n\r"] {
            assert_eq!(parse(start.as_bytes()), Ok(None), "{start:?}");
        }
    }

    #[test]
    fn a_field_without_a_value_counts_as_not_sent() {
        let head = parse(b"Status:\nLocation: \nA:\nB:\t 1 \t\n\n")
            .unwrap()
            .unwrap();
        assert_eq!((head.status, head.headers.len()), (StatusCode::OK, 1));
        assert_eq!(head.headers["b"], "1");
    }

    #[test]
    fn a_status_needs_no_words() {
        for text in ["204", "204 ", "204 No Content"] {
            let block = format!("Status: {text}\n\n");
            let status = parse(block.as_bytes()).unwrap().unwrap().status;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
    }
}
