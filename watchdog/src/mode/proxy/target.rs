//! What is asked of the upstream.
//!
//! Owns the way from a caller's target to the upstream's. May know the configured base path. Refuses to let a target choose where it is sent: only its
//! path and query are used, byte for byte.

use http::uri::PathAndQuery;
use http::{Method, Uri};

use crate::failure::Failure;

/// The upstream's target for a caller's one, in origin form.
pub(super) fn join(base: &str, method: &Method, uri: Uri) -> Result<Uri, Failure> {
    if *method == Method::CONNECT {
        return Err(Failure::Request("CONNECT is not supported".to_owned()));
    }
    let origin_form = uri.authority().is_none();
    let target = match uri.path_and_query() {
        Some(path) if path.as_str() == "*" => {
            return if *method == Method::OPTIONS {
                Ok(Uri::from_static("*"))
            } else {
                Err(Failure::Request(
                    "the target * is for OPTIONS only".to_owned(),
                ))
            };
        }
        Some(_) if base.is_empty() && origin_form => return Ok(uri),
        Some(path) if base.is_empty() => path.clone(),
        path => under(base, path.map_or("/", PathAndQuery::as_str))?,
    };
    Ok(Uri::from(target))
}

/// A path below the base path.
pub(super) fn under(base: &str, path: &str) -> Result<PathAndQuery, Failure> {
    let joined = format!("{base}{path}");
    PathAndQuery::from_maybe_shared(joined).map_err(|e| Failure::Request(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, target: &str) -> String {
        join(base, &Method::GET, target.parse().unwrap())
            .unwrap()
            .to_string()
    }

    #[test]
    fn paths_pass_byte_for_byte() {
        for target in ["/", "//a//b/?", "/%2F%41/../x?a=%20&b=//", "/a?"] {
            assert_eq!(joined("", target), target);
            assert_eq!(joined("/base", target), format!("/base{target}"));
        }
    }

    #[test]
    fn a_target_never_chooses_the_host() {
        assert_eq!(joined("", "http://evil.test:1/x?y"), "/x?y");
        assert_eq!(joined("/base", "http://evil.test"), "/base/");
        let host_only = join("", &Method::CONNECT, "evil.test:443".parse().unwrap());
        assert!(matches!(host_only, Err(Failure::Request(_))));
    }

    #[test]
    fn the_star_is_for_options() {
        let star = |method| join("/base", &method, Uri::from_static("*"));
        assert_eq!(star(Method::OPTIONS).unwrap().to_string(), "*");
        assert!(matches!(star(Method::GET), Err(Failure::Request(_))));
    }
}
