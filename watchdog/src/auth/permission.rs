//! What a token allows.
//!
//! Owns the claim `function` and the matching of its patterns. May know the name of this function. Refuses partial matches: a pattern covers the whole
//! name or nothing.

use serde::Deserialize;

/// The claim `function`. A token without it allows nothing.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Permissions {
    /// Patterns of `<namespace>:<name>`.
    #[serde(default)]
    permissions: Option<Vec<String>>,
    /// The functions the token is meant for; none means any.
    #[serde(default)]
    audience: Option<Vec<String>>,
}

impl Permissions {
    pub(super) fn allows(&self, function: &str) -> bool {
        let audience = self.audience.as_deref().unwrap_or_default();
        let permissions = self.permissions.as_deref().unwrap_or_default();
        (audience.is_empty() || any(audience, function)) && any(permissions, function)
    }
}

fn any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, name))
}

/// `*` stands for any text, also none; everything else for itself. Linear in the name for each star: the leftmost match is always good enough.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_the_whole_name() {
        for (pattern, name, covered) in [
            ("*", "openfaas-fn:env", true),
            ("openfaas-fn:*", "openfaas-fn:env", true),
            ("openfaas-fn:env", "openfaas-fn:env", true),
            ("*:env", "openfaas-fn:env", true),
            ("open*:e*v", "openfaas-fn:env", true),
            ("o*f*s*-*:*env", "openfaas-fn:env", true),
            ("openfaas-fn:env*", "openfaas-fn:env", true),
            ("**", "openfaas-fn:env", true),
            ("a*a", "aa", true),
            ("a*a", "a", false),
            ("ab*ba", "aba", false),
            ("a*b*b", "ab", false),
            ("*b*b*", "bb", true),
            ("n:e", "openfaas-fn:env", false),
            (":", "openfaas-fn:env", false),
            ("openfaas-fn:en", "openfaas-fn:env", false),
            ("dev:env", "x-dev:env2", false),
            ("dev:*", "x-dev:env", false),
            ("*:en", "openfaas-fn:env", false),
            ("openfaas.fn:env", "openfaas-fn:env", false),
            ("openfaas-fn:.*", "openfaas-fn:env", false),
            ("OPENFAAS-FN:ENV", "openfaas-fn:env", false),
            ("", "openfaas-fn:env", false),
        ] {
            assert_eq!(covers(pattern, name), covered, "{pattern} {name}");
        }
    }

    #[test]
    fn audience_narrows_and_permission_is_needed() {
        for (claim, allowed) in [
            (r#"{"permissions":["dev:*"]}"#, true),
            (r#"{"permissions":["dev:*"],"audience":[]}"#, true),
            (r#"{"permissions":["dev:*"],"audience":null}"#, true),
            (r#"{"permissions":["dev:*"],"audience":["dev:env"]}"#, true),
            (
                r#"{"permissions":["dev:*"],"audience":["dev:other"]}"#,
                false,
            ),
            (r#"{"permissions":["other:*","*:env"]}"#, true),
            (r#"{"permissions":[],"audience":["*"]}"#, false),
            (r#"{"permissions":null}"#, false),
            (r#"{"permissions":[""]}"#, false),
            ("{}", false),
        ] {
            let claim: Permissions = serde_json::from_str(claim).unwrap();
            assert_eq!(claim.allows("dev:env"), allowed, "{claim:?}");
        }
    }
}
