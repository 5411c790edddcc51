//! What is asked of the upstream.
//!
//! Owns the way from a caller's target to the upstream's. May know the configured base path. Refuses to let a target choose where it is sent: only its
//! path and query are used, byte for byte.

use http::{Method, Uri};

use crate::failure::Failure;
use crate::target::{self, Raw, Taken, Target};

/// The upstream's target for a caller's one, in origin form.
pub(super) fn join(
    base: &str,
    method: &Method,
    (uri, raw): (Uri, Option<Raw>),
) -> Result<Taken, Failure> {
    if *method == Method::CONNECT {
        return Err(Failure::Request("CONNECT is not supported".to_owned()));
    }
    let target = Target::new(&uri, raw.as_ref());
    if target.path() == b"*" {
        return if *method == Method::OPTIONS {
            Ok((Uri::from_static("*"), None))
        } else {
            Err(Failure::Request(
                "the target * is for OPTIONS only".to_owned(),
            ))
        };
    }
    match (uri.authority(), uri.path_and_query(), &raw) {
        (None, _, _) if base.is_empty() => Ok((uri, raw)),
        (Some(_), Some(path), None) if base.is_empty() => Ok((Uri::from(path.clone()), None)),
        (_, None, None) => Ok(target::joined(base, b"/")),
        _ => Ok(target::joined(base, target.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn joined(base: &str, target: &str) -> String {
        let head = Bytes::copy_from_slice(target.as_bytes());
        let taken = target::read(&head, &head, false).unwrap();
        let (uri, raw) = join(base, &Method::GET, taken).unwrap();
        assert_eq!(uri.authority(), None);
        let sent = Target::new(&uri, raw.as_ref()).as_bytes();
        String::from_utf8(sent.to_vec()).unwrap()
    }

    #[test]
    fn paths_pass_byte_for_byte() {
        for target in ["/", "//a//b/?", "/%2F%41/../x?a=%20&b=//", "/a?", "/a\"#?<"] {
            assert_eq!(joined("", target), target);
            assert_eq!(joined("/base", target), format!("/base{target}"));
        }
    }

    #[test]
    fn a_target_never_chooses_the_host() {
        assert_eq!(joined("", "http://evil.test:1/x?y"), "/x?y");
        assert_eq!(joined("/base", "http://evil.test"), "/base/");
        assert_eq!(joined("", "http://evil.test?x"), "/?x");
        assert_eq!(joined("/base", "http://evil.test/\""), "/base/\"");
        let host_only = ("evil.test:443".parse().unwrap(), None);
        let host_only = join("", &Method::CONNECT, host_only);
        assert!(matches!(host_only, Err(Failure::Request(_))));
    }

    #[test]
    fn the_star_is_for_options() {
        let star = |method| join("/base", &method, (Uri::from_static("*"), None));
        assert_eq!(star(Method::OPTIONS).unwrap().0, "*");
        assert!(matches!(star(Method::GET), Err(Failure::Request(_))));
    }
}
