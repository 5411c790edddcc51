//! What a request line asks for.
//!
//! Owns path and query, byte for byte as they were sent, where [`Uri`] can hold them and where it cannot. May know the forms that a target has (RFC 9112,
//! 3.2). Refuses to decode or to tidy them, and to judge whether anybody may ask for them.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use http::request::Parts;
use http::uri::{Authority, InvalidUri, PathAndQuery, Scheme};
use http::{Extensions, Request, Uri};
use memchr::{memchr, memmem};

/// Path and query, where [`Uri`] has no room for them: clients send bytes that its grammar does not have, and targets of more than 65,534 of them. It
/// stands among a message's extensions, and the `Uri` has a `/` in its place.
#[derive(Debug, Clone)]
pub struct Raw(Bytes);

/// A target taken apart.
pub type Taken = (Uri, Option<Raw>);

/// Path and query of a request.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    uri: &'a Uri,
    raw: Option<&'a Raw>,
}

/// Takes apart the target of a request line, which is a part of `head`. `None` where it has none of the four forms.
pub fn read(head: &Bytes, sent: &[u8], server_wide: bool) -> Option<Taken> {
    if sent.starts_with(b"/") {
        return Some(origin(head, sent));
    }
    match memmem::find(sent, b"://") {
        Some(scheme) => absolute(head, sent.split_at(scheme), server_wide),
        None => Some((Uri::from_maybe_shared(head.slice_ref(sent)).ok()?, None)),
    }
}

/// Path and query for an upstream.
pub fn joined(base: &str, path: &[u8]) -> Taken {
    let all = Bytes::from([base.as_bytes(), path].concat());
    origin(&all, &all)
}

fn origin(head: &Bytes, sent: &[u8]) -> Taken {
    let uri = Uri::from_maybe_shared(head.slice_ref(sent)).ok();
    // It would leave out what it takes for a fragment.
    let whole =
        |uri: &Uri| uri.path_and_query().map(|path| path.as_str().len()) == Some(sent.len());
    match uri.filter(whole) {
        Some(uri) => (uri, None),
        None => (Uri::default(), Some(Raw(head.slice_ref(sent)))),
    }
}

/// `server_wide` says what a target without a path means (RFC 9112, 3.2.4).
fn absolute(head: &Bytes, (scheme, rest): (&[u8], &[u8]), server_wide: bool) -> Option<Taken> {
    if !scheme.first()?.is_ascii_alphabetic() {
        return None;
    }
    let rest = rest.get(3..)?;
    let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#');
    let end = rest.iter().position(ends).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (uri, raw) = match path.first() {
        Some(b'/') => origin(head, path),
        None if server_wide => (Uri::from_static("*"), None),
        _ => joined("/", path),
    };
    let mut parts = uri.into_parts();
    parts.scheme = Some(Scheme::try_from(scheme).ok()?);
    parts.authority = Some(Authority::try_from(authority).ok()?);
    Some((Uri::from_parts(parts).ok()?, raw))
}

impl Raw {
    /// Takes it out of a message's extensions.
    pub fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove()
    }

    /// For HTTP/2, where a path has no other bytes than those of the grammar (RFC 9113, 8.3.1).
    pub fn escaped(&self) -> Result<PathAndQuery, InvalidUri> {
        PathAndQuery::try_from(&*escaped(&self.0))
    }
}

impl<'a> Target<'a> {
    pub fn new(uri: &'a Uri, raw: Option<&'a Raw>) -> Self {
        Self { uri, raw }
    }

    pub fn of<B>(request: &'a Request<B>) -> Self {
        Self::new(request.uri(), request.extensions().get())
    }

    pub fn path(self) -> &'a [u8] {
        match self.raw {
            None => self.uri.path().as_bytes(),
            Some(Raw(all)) => memchr(b'?', all).map_or(&all[..], |at| all.split_at(at).0),
        }
    }

    pub fn query(self) -> Option<&'a [u8]> {
        match self.raw {
            None => self.uri.query().map(str::as_bytes),
            Some(Raw(all)) => memchr(b'?', all).and_then(|at| all.get(at + 1..)),
        }
    }

    /// Path and query; empty where the target is an authority alone.
    pub fn as_bytes(self) -> &'a [u8] {
        match (self.raw, self.uri.path_and_query()) {
            (Some(Raw(all)), _) => all,
            (None, Some(all)) => all.as_str().as_bytes(),
            (None, None) => b"",
        }
    }
}

impl<'a> From<&'a Parts> for Target<'a> {
    fn from(head: &'a Parts) -> Self {
        Self::new(&head.uri, head.extensions.get())
    }
}

/// A part of a target with all that RFC 3986 has no place for as percent escapes, for where only that will do.
pub fn escaped(part: &[u8]) -> Cow<'_, str> {
    let is_plain = |byte: &u8| matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~');
    match str::from_utf8(part) {
        Ok(text) if part.iter().all(is_plain) => Cow::Borrowed(text),
        _ => {
            let mut text = String::with_capacity(2 * part.len());
            for byte in part {
                // Writing to a string cannot fail.
                let _ = if is_plain(byte) {
                    text.write_char(char::from(*byte))
                } else {
                    write!(text, "%{byte:02X}")
                };
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Authority, path and query, whether the `Uri` holds them.
    fn taken(sent: &[u8]) -> Option<(String, String, Option<String>, bool)> {
        let head = Bytes::copy_from_slice(sent);
        let (uri, raw) = read(&head, &head, false)?;
        let target = Target::new(&uri, raw.as_ref());
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let authority = uri.authority().map(ToString::to_string);
        let (path, query) = (text(target.path()), target.query().map(text));
        Some((authority.unwrap_or_default(), path, query, raw.is_none()))
    }

    #[test]
    fn every_byte_is_kept() {
        let long = format!("/{}?b", "a".repeat(70_000));
        for sent in [
            &b"/"[..],
            b"//a//b/../?",
            b"/%2F%41?a=%20&b=//?",
            b"/a#b?c#d",
            b"/a\"<>`{}\\^|?\"<>`",
            b"/\xc3\xa4\xff?\xff",
            long.as_bytes(),
        ] {
            let head = Bytes::copy_from_slice(sent);
            let (uri, raw) = read(&head, &head, false).unwrap();
            let target = Target::new(&uri, raw.as_ref());
            assert_eq!(target.as_bytes(), sent);
            let (path, query) = (target.path(), target.query());
            let query = query.map(|query| [b"?", query].concat());
            assert_eq!([path, &query.unwrap_or_default()].concat(), sent);
        }
    }

    #[test]
    fn absolute_targets_are_taken_apart() {
        let some = |authority: &str, path: &str, query: Option<&str>, held| {
            Some((
                authority.to_owned(),
                path.to_owned(),
                query.map(str::to_owned),
                held,
            ))
        };
        for (sent, expected) in [
            (&b"http://h"[..], some("h", "/", None, true)),
            (b"http://h?x", some("h", "/", Some("x"), true)),
            (b"http://u@h:1/a?x", some("u@h:1", "/a", Some("x"), true)),
            (b"http://h/a\"?<", some("h", "/a\\\"", Some("<"), false)),
            (b"http://h?<", some("h", "/", Some("<"), false)),
            (b"http://h#a", some("h", "/#a", None, false)),
            (b"/a?http://h", some("", "/a", Some("http://h"), true)),
            (b"http://", None),
            (b"http:///a", None),
            (b"?http://h", None),
            (b"5http://h", None),
            (b"a\"", None),
        ] {
            assert_eq!(taken(sent), expected, "{}", sent.escape_ascii());
        }
        let sent = Bytes::from_static(b"http://h:1");
        let (uri, _) = read(&sent, &sent, true).unwrap();
        assert_eq!((uri.path(), uri.port_u16()), ("*", Some(1)));
    }

    #[test]
    fn escapes_stand_for_what_has_no_place() {
        assert_eq!(
            escaped(b"/%41'()*,;=:@!$&+-._~?/"),
            "/%41'()*,;=:@!$&+-._~?/"
        );
        assert_eq!(escaped(b"/a#\"<>`\xc3\xa4"), "/a%23%22%3C%3E%60%C3%A4");
    }
}
