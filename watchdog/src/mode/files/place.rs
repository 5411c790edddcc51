//! Where below the root a request's target points.
//!
//! Owns the way from a percent-encoded path to a relative one. May know whether names with a leading dot are served. Refuses to touch the disk: that
//! nothing outside the root is opened is the root's own promise, kept a second time.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// Where everybody looks for what a site says of itself (RFC 8615). It is there to be seen.
const WELL_KNOWN: &[u8] = b".well-known";

/// A target, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Relative, of plain names only; `.` is the root.
    pub(super) path: PathBuf,
    /// The target ended in a slash.
    pub(super) slash: bool,
    /// The last name, encoded as it came: relative redirects are built from it.
    pub(super) leaf: &'a str,
    /// How many slashes follow that, as they came.
    slashes: usize,
}

/// Why a target points nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A `%` without two hexadecimal digits.
    Escape,
    /// A name that is never served.
    Hidden,
}

impl<'a> Place<'a> {
    pub(super) fn parse(raw: &'a str, dotfiles: bool) -> Result<Self, Refusal> {
        let decoded = decode(raw).ok_or(Refusal::Escape)?;
        let mut path = Vec::with_capacity(decoded.len());
        for name in decoded
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            if is_hidden(name, dotfiles || (path.is_empty() && name == WELL_KNOWN)) {
                return Err(Refusal::Hidden);
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'.');
        }
        let named = raw.trim_end_matches('/');
        let leaf = named.rsplit('/').next().unwrap_or_default();
        let slash = decoded.last().is_none_or(|byte| *byte == b'/');
        Ok(Self {
            path: OsString::from_vec(path).into(),
            slash,
            leaf: without_encoded(leaf),
            slashes: raw.len() - named.len(),
        })
    }

    /// A reference to the same place without a slash at its end. A step up leads past each; one that came encoded is part of a name to whoever resolves it.
    pub(super) fn without_slash(&self) -> String {
        let up = match self.slashes {
            0 => "./".to_owned(),
            slashes => "../".repeat(slashes),
        };
        format!("{up}{}", self.leaf)
    }

    /// A reference to the same place with a slash at its end. A colon would read as a scheme.
    pub(super) fn with_slash(&self) -> String {
        let guard = if self.leaf.contains(':') { "./" } else { "" };
        format!("{guard}{}/", self.leaf)
    }
}

/// Clients resolve dots themselves; what arrives with them wants out.
fn is_hidden(name: &[u8], dotfiles: bool) -> bool {
    name == b"." || name == b".." || name.contains(&0) || (!dotfiles && name.starts_with(b"."))
}

/// Slashes that came encoded stand for nothing at the end of a name.
fn without_encoded(mut leaf: &str) -> &str {
    while let Some(rest) = leaf.strip_suffix("%2F").or(leaf.strip_suffix("%2f")) {
        leaf = rest;
    }
    leaf
}

fn decode(raw: &str) -> Option<Cow<'_, [u8]>> {
    if !raw.contains('%') {
        return Some(Cow::Borrowed(raw.as_bytes()));
    }
    let mut bytes = raw.bytes();
    let mut decoded = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            nibble(bytes.next()?)? << 4 | nibble(bytes.next()?)?
        } else {
            byte
        });
    }
    Some(Cow::Owned(decoded))
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn plain_names() {
        for (raw, path, slash, leaf) in [
            ("/", ".", true, ""),
            ("//", ".", true, ""),
            ("/a.txt", "a.txt", false, "a.txt"),
            ("/a/b/", "a/b", true, "b"),
            ("//a//b", "a/b", false, "b"),
            ("/a%20b", "a b", false, "a%20b"),
            ("/a%2Fb", "a/b", false, "a%2Fb"),
            ("/a%5C..%5Cb", "a\\..\\b", false, "a%5C..%5Cb"),
            ("/a..b", "a..b", false, "a..b"),
            ("/.well-known/a", ".well-known/a", false, "a"),
            ("/%2Ewell-known/", ".well-known", true, "%2Ewell-known"),
        ] {
            let place = Place::parse(raw, false).unwrap();
            assert_eq!(
                (&*place.path, place.slash, place.leaf),
                (Path::new(path), slash, leaf),
                "{raw}"
            );
        }
    }

    #[test]
    fn hidden_names() {
        for raw in [
            "/..",
            "/a/../b",
            "/%2e%2e/b",
            "/.%2e",
            "/a/..%2f..",
            "/./a",
            "/a%00b",
        ] {
            assert_eq!(Place::parse(raw, true), Err(Refusal::Hidden), "{raw}");
        }
        for raw in [
            "/.git/config",
            "/a/.env",
            "/%2egit",
            "/a/.well-known/b",
            "/.well-known/.b",
            "/.well-known-not/b",
        ] {
            assert_eq!(Place::parse(raw, false), Err(Refusal::Hidden), "{raw}");
            assert!(Place::parse(raw, true).is_ok(), "{raw}");
        }
    }

    #[test]
    fn broken_escapes() {
        for raw in ["/%", "/%4", "/%zz", "/%+1"] {
            assert_eq!(Place::parse(raw, false), Err(Refusal::Escape), "{raw}");
        }
    }

    #[test]
    fn a_slash_too_many_leads_back() {
        for (raw, to) in [
            ("/d/a/", "../a"),
            ("/d/a//", "../../a"),
            ("/d/a%2F", "./a"),
            ("/d/a%2f%2F", "./a"),
            ("/d/a%2F/", "../a"),
        ] {
            assert_eq!(
                Place::parse(raw, false).unwrap().without_slash(),
                to,
                "{raw}"
            );
        }
    }

    #[test]
    fn a_colon_is_no_scheme() {
        let place = Place::parse("/javascript:x", false).unwrap();
        assert_eq!(place.with_slash(), "./javascript:x/");
    }
}
