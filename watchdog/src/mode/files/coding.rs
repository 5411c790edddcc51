//! Which of the compressed siblings of a file a client takes.
//!
//! Owns the reading of `Accept-Encoding` and what is worth compressing. May know the two codings that are looked for. Refuses to compress: siblings are
//! made at build time, once.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// A content coding, and the ending of the files that hold it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) name: &'static str,
    pub(super) suffix: &'static str,
}

/// The smaller first.
const CODINGS: [Coding; 2] = [
    Coding {
        name: "br",
        suffix: ".br",
    },
    Coding {
        name: "gzip",
        suffix: ".gz",
    },
];

/// Types that shrink. For all others no sibling is looked for, which saves the looking.
pub(super) fn shrinks(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("+json")
        || matches!(
            kind,
            "application/javascript"
                | "application/json"
                | "application/wasm"
                | "application/xml"
                | "application/vnd.ms-fontobject"
                | "font/otf"
                | "font/ttf"
                | "image/bmp"
                | "image/x-icon"
        )
}

/// The codings a client takes, in its order of preference; those it likes less than a plain answer are left out.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<&'static Coding> {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return Vec::new();
    }
    let plain = weight(headers, "identity").unwrap_or(0.0);
    let any = weight(headers, "*").unwrap_or(0.0);
    let mut liked: Vec<(f32, &Coding)> = CODINGS
        .iter()
        .map(|coding| (weight(headers, coding.name).unwrap_or(any), coding))
        .filter(|(weight, _)| *weight > 0.0 && *weight >= plain)
        .collect();
    liked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    liked.into_iter().map(|(_, coding)| coding).collect()
}

/// The weight a client gives to this very word.
fn weight(headers: &HeaderMap, name: &str) -> Option<f32> {
    let lists = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).find_map(|entry| {
        let (word, parameter) = entry.split_once(';').unwrap_or((entry, ""));
        word.trim()
            .eq_ignore_ascii_case(name)
            .then(|| quality(parameter))
    })
}

/// No parameter is full weight; one that makes no sense is none.
fn quality(parameter: &str) -> f32 {
    match parameter.split_once('=') {
        None if parameter.trim().is_empty() => 1.0,
        Some((q, value)) if q.trim().eq_ignore_ascii_case("q") => value
            .trim()
            .parse()
            .ok()
            .filter(|weight| (0.0..=1.0).contains(weight))
            .unwrap_or(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn preferences() {
        for (list, codings) in [
            ("", &[][..]),
            ("identity", &[]),
            ("deflate", &[]),
            ("gzip", &["gzip"]),
            ("GZIP;Q=1.0", &["gzip"]),
            ("gzip, deflate, br, zstd", &["br", "gzip"]),
            ("br;q=0.5, gzip", &["gzip", "br"]),
            ("br; q=0, gzip", &["gzip"]),
            ("*", &["br", "gzip"]),
            ("*;q=0.1, br;q=0", &["gzip"]),
            ("gzip;q=0.5, identity", &[]),
            ("gzip;q=2", &[]),
            ("gzip;q=x", &[]),
            ("identity;q=0, br", &["br"]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(list));
            let names: Vec<_> = accepted(&headers)
                .iter()
                .map(|coding| coding.name)
                .collect();
            assert_eq!(names, codings, "{list}");
        }
        assert!(accepted(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn what_shrinks() {
        for kind in [
            "text/html; charset=utf-8",
            "image/svg+xml",
            "application/wasm",
            "application/json",
        ] {
            assert!(shrinks(kind), "{kind}");
        }
        for kind in ["image/png", "video/mp4", "font/woff2", "application/gzip"] {
            assert!(!shrinks(kind), "{kind}");
        }
    }
}
