//! Whether a client already has what it asks for.
//!
//! Owns the order of RFC 9110, section 13.2.2, and the comparison of validators. May know the validators of one representation. Refuses to answer.

use std::time::SystemTime;

use http::header::{
    AsHeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};
use http::{HeaderMap, HeaderValue};

/// What tells one state of a representation from another.
#[derive(Debug, Clone)]
pub(super) struct Validators {
    /// A strong tag, with its quotes.
    pub(super) tag: HeaderValue,
    /// In whole seconds: more does not fit into a header.
    pub(super) modified: SystemTime,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    NotModified,
    Failed,
}

/// A representation without validators fails what it cannot prove, and is sent where that is only a waste.
pub(super) fn evaluate(headers: &HeaderMap, own: Option<&Validators>) -> Verdict {
    let dated = |name| date(headers, name).zip(own.map(|own| own.modified));
    if headers.contains_key(IF_MATCH) {
        if !names(headers, IF_MATCH, own, Comparison::Strong) {
            return Verdict::Failed;
        }
    } else if dated(IF_UNMODIFIED_SINCE).is_some_and(|(asked, modified)| modified > asked) {
        return Verdict::Failed;
    }
    let known = if headers.contains_key(IF_NONE_MATCH) {
        names(headers, IF_NONE_MATCH, own, Comparison::Weak)
    } else {
        dated(IF_MODIFIED_SINCE).is_some_and(|(asked, modified)| modified <= asked)
    };
    if known {
        Verdict::NotModified
    } else {
        Verdict::Send
    }
}

/// Whether the ranges asked for are of this very state.
pub(super) fn in_range(headers: &HeaderMap, own: Option<&Validators>) -> bool {
    let Some(asked) = headers.get(IF_RANGE) else {
        return true;
    };
    let Some((own, asked)) = own.zip(asked.to_str().ok()) else {
        return false;
    };
    asked == own.tag || httpdate::parse_http_date(asked).is_ok_and(|date| date == own.modified)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

fn names(
    headers: &HeaderMap,
    field: impl AsHeaderName,
    own: Option<&Validators>,
    comparison: Comparison,
) -> bool {
    headers
        .get_all(field)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| {
            list.trim() == "*" || own.is_some_and(|own| lists(list, own.tag.as_bytes(), comparison))
        })
}

/// Tags may hold commas, so that the quotes lead.
fn lists(mut list: &str, own: &[u8], comparison: Comparison) -> bool {
    while let Some((before, rest)) = list.split_once('"') {
        let Some((tag, rest)) = rest.split_once('"') else {
            return false;
        };
        let weak = before.ends_with("W/");
        let same = own
            .strip_prefix(b"\"")
            .and_then(|own| own.strip_suffix(b"\""))
            == Some(tag.as_bytes());
        if same && !(weak && comparison == Comparison::Strong) {
            return true;
        }
        list = rest;
    }
    false
}

/// A date that is none does not count.
fn date(headers: &HeaderMap, field: impl AsHeaderName) -> Option<SystemTime> {
    let value: &HeaderValue = headers.get(field)?;
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BEFORE: &str = "Sun, 09 Sep 2001 01:46:39 GMT";
    const THEN: &str = "Sun, 09 Sep 2001 01:46:40 GMT";
    const AFTER: &str = "Sun, 09 Sep 2001 01:46:41 GMT";

    fn own() -> Validators {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        Validators {
            tag: HeaderValue::from_static("\"a,b\""),
            modified,
        }
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn verdicts_in_order() {
        for (fields, verdict) in [
            (&[][..], Verdict::Send),
            (&[("if-match", "\"a,b\"")], Verdict::Send),
            (&[("if-match", "*")], Verdict::Send),
            (&[("if-match", "\"x\", \"a,b\"")], Verdict::Send),
            (&[("if-match", "\"a\"")], Verdict::Failed),
            (&[("if-match", "W/\"a,b\"")], Verdict::Failed),
            (
                &[("if-match", "\"a,b\""), ("if-unmodified-since", BEFORE)],
                Verdict::Send,
            ),
            (&[("if-unmodified-since", BEFORE)], Verdict::Failed),
            (&[("if-unmodified-since", THEN)], Verdict::Send),
            (&[("if-unmodified-since", "soon")], Verdict::Send),
            (&[("if-none-match", "\"a,b\"")], Verdict::NotModified),
            (&[("if-none-match", "W/\"a,b\"")], Verdict::NotModified),
            (&[("if-none-match", "*")], Verdict::NotModified),
            (&[("if-none-match", "\"a\", \"b\"")], Verdict::Send),
            (
                &[("if-none-match", "\"x\""), ("if-modified-since", AFTER)],
                Verdict::Send,
            ),
            (&[("if-modified-since", BEFORE)], Verdict::Send),
            (&[("if-modified-since", THEN)], Verdict::NotModified),
            (&[("if-modified-since", AFTER)], Verdict::NotModified),
            (&[("if-modified-since", "never")], Verdict::Send),
            (
                &[("if-match", "\"x\""), ("if-none-match", "\"a,b\"")],
                Verdict::Failed,
            ),
        ] {
            assert_eq!(
                evaluate(&headers(fields), Some(&own())),
                verdict,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn without_validators_nothing_is_known() {
        assert_eq!(
            evaluate(&headers(&[("if-modified-since", AFTER)]), None),
            Verdict::Send
        );
        assert_eq!(
            evaluate(&headers(&[("if-none-match", "\"a\"")]), None),
            Verdict::Send
        );
        assert_eq!(
            evaluate(&headers(&[("if-match", "\"a\"")]), None),
            Verdict::Failed
        );
        assert!(!in_range(&headers(&[("if-range", THEN)]), None));
    }

    #[test]
    fn ranges_of_another_state_do_not_count() {
        for (value, counts) in [
            ("\"a,b\"", true),
            ("W/\"a,b\"", false),
            ("\"a\"", false),
            (THEN, true),
            (AFTER, false),
        ] {
            assert_eq!(
                in_range(&headers(&[("if-range", value)]), Some(&own())),
                counts,
                "{value}"
            );
        }
    }
}
