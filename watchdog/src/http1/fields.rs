//! The fields of a head, from bytes and as bytes.
//!
//! Owns where a head ends, and how names are written. May know nothing of the line above the fields. Refuses to keep anything between two heads.

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    EXPECT, HOST, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use memchr::memchr;

/// Takes a whole head out of what was read. `scanned` is how far that has been searched for its end.
pub(super) fn take(read: &mut BytesMut, scanned: &mut usize) -> Option<Bytes> {
    if *scanned == 0 {
        skip_blank(read);
    }
    let Some(end) = end(read, *scanned) else {
        *scanned = read.len().saturating_sub(2);
        return None;
    };
    *scanned = 0;
    Some(read.split_to(end).freeze())
}

/// Some end their bodies with one line too many.
fn skip_blank(read: &mut BytesMut) {
    loop {
        match &read[..] {
            [b'\r', b'\n', ..] => read.advance(2),
            [b'\n', ..] => read.advance(1),
            _ => return,
        }
    }
}

/// Where the first empty line ends.
fn end(read: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = read.get(at..)?;
        at += memchr(b'\n', rest)? + 1;
        match read.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// What is added to a head on its way: our own fields, and those of one connection.
const ADDED: usize = 4;

/// The fields that httparse found in `head`, sharing its memory. Each is shown to `look`.
pub(super) fn collect(
    head: &Bytes,
    parsed: &[httparse::Header<'_>],
    into: &mut HeaderMap,
    mut look: impl FnMut(&HeaderName, &[u8]),
) -> Result<(), String> {
    into.reserve(parsed.len() + ADDED);
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|e| e.to_string())?;
        let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value));
        look(&name, field.value);
        into.append(name, value.map_err(|e| e.to_string())?);
    }
    Ok(())
}

/// A number of bytes as `Content-Length` has it: digits and nothing else (RFC 9110, 8.6).
pub fn length(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

/// A number with zeros before it, which some take for an octal one.
pub(super) fn is_padded(length: &[u8]) -> bool {
    matches!(length, [b'0', _, ..])
}

/// The members of a comma-separated field, over all its lines.
pub fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines.flat_map(|value| members(value.as_bytes()))
}

/// The members of a line of a comma-separated field.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let members = value.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    members.filter(|member| !member.is_empty())
}

/// Whether a field may come after a body. Those that frame, route or authorize a message, or say what its body is, may not (RFC 9110, 6.5.1): some take
/// trailers for fields of the head.
pub(super) fn may_trail(name: &HeaderName) -> bool {
    const NEVER: [HeaderName; 13] = [
        AUTHORIZATION,
        CONNECTION,
        CONTENT_ENCODING,
        CONTENT_LENGTH,
        CONTENT_RANGE,
        CONTENT_TYPE,
        EXPECT,
        HOST,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    !NEVER.contains(name)
}

/// What `Connection` says.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    pub(super) upgrade: bool,
}

impl Connection {
    /// Takes in a line of it.
    pub(super) fn note(&mut self, value: &[u8]) {
        for member in members(value) {
            self.close |= member.eq_ignore_ascii_case(b"close");
            self.keep_alive |= member.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade |= member.eq_ignore_ascii_case(b"upgrade");
        }
    }

    /// Whether another message may follow one of this version (RFC 9112, 9.3).
    pub(super) fn keeps(&self, version: Version) -> bool {
        !self.close && (version == Version::HTTP_11 || self.keep_alive)
    }
}

/// Writes a field with its name as Go writes it, `Content-Type` for `content-type`: some programs out there compare bytes.
pub(super) fn write(to: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    let name = name.as_str().as_bytes();
    let start = to.len();
    to.extend_from_slice(name);
    let befores = [b'-'].iter().chain(name);
    for (byte, before) in to.iter_mut().skip(start).zip(befores) {
        if *before == b'-' {
            byte.make_ascii_uppercase();
        }
    }
    to.extend_from_slice(b": ");
    to.extend_from_slice(value.as_bytes());
    to.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_once_it_is_all_there() {
        for (text, head) in [
            (
                &b"\r\n\nGET\r\nA: 1\r\n\r\nbody"[..],
                &b"GET\r\nA: 1\r\n\r\n"[..],
            ),
            (b"GET\nA: 1\n\nbody", b"GET\nA: 1\n\n"),
        ] {
            let (mut read, mut scanned) = (BytesMut::new(), 0);
            let mut taken = None;
            for byte in text {
                read.extend_from_slice(&[*byte]);
                taken = taken.or(take(&mut read, &mut scanned));
            }
            assert_eq!(taken.unwrap(), head);
            assert_eq!(read, "body");
        }
    }

    #[test]
    fn names_are_written_as_go_writes_them() {
        let mut written = b"A".to_vec();
        let name = HeaderName::from_static("x-a-bc");
        write(&mut written, &name, &HeaderValue::from_static("1"));
        assert_eq!(written, b"AX-A-Bc: 1\r\n");
    }

    #[test]
    fn lengths_are_digits() {
        assert_eq!(length(b"007"), Some(7));
        for text in [
            &b""[..],
            b"+5",
            b"-5",
            b"5 ",
            b"0x5",
            b"99999999999999999999",
        ] {
            assert_eq!(length(text), None);
        }
    }
}
