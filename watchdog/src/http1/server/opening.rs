//! The first line of what is no request.
//!
//! Owns the look at a head that is not all there yet: who speaks something else is told so at once, and not after the time that a head may take. May know
//! how other protocols begin. Refuses to judge what could still become a request.

use httparse::{Error, Request};
use memchr::memchr;

use super::head::{Refusal, bad, has_odd_target};

/// A first line is looked at up to here: whoever sends it byte by byte makes us look each time.
const LOOKED_AT: usize = 8 << 10;

const TLS: Refusal = bad(
    "400 Bad Request: this looks like a TLS handshake, and plain HTTP is spoken on this port\n",
);
const SSH: Refusal =
    bad("400 Bad Request: this looks like an SSH client, and HTTP is spoken on this port\n");
const PROXY: Refusal = bad(
    "400 Bad Request: this looks like the PROXY protocol, and HTTP without it is spoken on this port\n",
);
const NO_HTTP: Refusal = bad("400 Bad Request: the first line is no request of HTTP\n");

/// Why no request can come of what begins so.
pub(super) fn hopeless(read: &[u8]) -> Option<Refusal> {
    read.first()?;
    let looked_at = read.get(..LOOKED_AT).unwrap_or(read);
    let line = match memchr(b'\n', looked_at) {
        Some(end) => looked_at.get(..=end)?,
        None => looked_at,
    };
    match line {
        [0x16, 0x03, ..] => return Some(TLS),
        [b'S', b'S', b'H', b'-', ..] => return Some(SSH),
        [b'P', b'R', b'O', b'X', b'Y', b' ', ..] | [0, ..] => return Some(PROXY),
        _ => {}
    }
    // The parser has an opinion on any beginning of a head.
    match Request::new(&mut []).parse(line) {
        Ok(_) | Err(Error::TooManyHeaders) => None,
        // A fault to that parser alone.
        Err(_) if has_odd_target(line) => None,
        Err(_) => Some(NO_HTTP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_protocols_are_named_at_once() {
        for (read, refusal) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], TLS),
            (b"SSH-2.0-OpenSSH_9.2p1", SSH),
            (b"PROXY TCP4 127.0.0.1", PROXY),
            (b"EHLO there\r\n", NO_HTTP),
            (b"\x04\x01\x1f\x90", NO_HTTP),
            (b"GET /\r\n", NO_HTTP),
            (b"GET / HTTP/3", NO_HTTP),
            (b"{\"a\": 1}\n", NO_HTTP),
        ] {
            assert_eq!(hopeless(read), Some(refusal), "{}", read.escape_ascii());
        }
    }

    #[test]
    fn a_request_on_its_way_is_waited_for() {
        let head = b"GET /a?b HTTP/1.1\r\nHost: h\r\nA: b\r\n";
        for end in 1..=head.len() {
            assert_eq!(hopeless(&head[..end]), None, "{end}");
        }
        assert_eq!(hopeless(b"GET /\xff HTTP/1.1\r\nHost"), None);
        let long = [&b"GET /"[..], &[b'a'; 2 * LOOKED_AT]].concat();
        assert_eq!(hopeless(&long), None);
    }
}
