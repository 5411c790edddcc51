//! What nobody may read in a report or on a screen: secrets that are known, and what headers carry.
//! It knows the values it was given and the names of the headers.
//! It refuses to guess: what is neither is left as it is.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Names of fields whose value is never shown; the ends of longer ones, such as `Set-Cookie`, too.
const FIELDS: [&str; 2] = ["authorization", "cookie"];

/// Takes secrets out of texts; of each, its length stays.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Longest first, so that no part of one is left over from another.
    secrets: Vec<String>,
}

impl Redactor {
    pub fn new(known: &[String]) -> Self {
        let mut secrets = Vec::new();
        for secret in known.iter().filter(|secret| !secret.is_empty()) {
            secrets.push(BASE64_STANDARD.encode(secret));
            // As a string in a message, and as a word of a command line.
            secrets.push(secret.escape_debug().to_string());
            secrets.push(secret.replace('\'', "'\\''"));
            secrets.push(secret.clone());
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    pub fn clean(&self, text: &str) -> String {
        let mut text = fields(text);
        for secret in &self.secrets {
            if text.contains(secret) {
                text = text.replace(secret, &told(secret));
            }
        }
        text
    }
}

fn told(secret: &str) -> String {
    format!("[redacted, {} bytes]", secret.len())
}

/// The text without the values of secret fields, however they are written down: as a header, in JSON, in an environment.
fn fields(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(name) = next_field(small.get(done..).unwrap_or_default()) {
        let start = done + name;
        let rest = text.get(start..).unwrap_or_default();
        out.push_str(text.get(done..start).unwrap_or_default());
        let (skip, value) = value_of(rest);
        out.push_str(rest.get(..skip).unwrap_or_default());
        if !value.is_empty() {
            out.push_str(&shown(value));
        }
        done = start + skip + value.len();
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Where the name of the first secret field ends.
fn next_field(small: &str) -> Option<usize> {
    FIELDS
        .iter()
        .filter_map(|name| small.find(name).map(|at| at + name.len()))
        .min()
}

/// What follows the name of a field: how much stands before its value, and the value; none, where it is no field.
fn value_of(rest: &str) -> (usize, &str) {
    let quoted = rest.trim_start_matches(['\\', '"', '\'']);
    let signs: &[char] = if quoted.len() < rest.len() {
        &[':', '=', ',']
    } else {
        &[':', '=']
    };
    let Some(value) = quoted.trim_start_matches(' ').strip_prefix(signs) else {
        return (0, "");
    };
    let value = value.trim_start_matches(' ');
    let bare = value.trim_start_matches(['[', '\\', '"', '\'']);
    let opened = value.get(..value.len() - bare.len()).unwrap_or_default();
    let end = if opened.starts_with('[') {
        bare.find(['\n', ']'])
    } else if opened.is_empty() {
        line_end(bare)
    } else {
        bare.find(['\n', '\\', '"', '\''])
    };
    let value = bare.get(..end.unwrap_or(bare.len())).unwrap_or_default();
    (rest.len() - bare.len(), value)
}

/// Line ends may be written out.
fn line_end(text: &str) -> Option<usize> {
    ["\n", "\r", "\\n", "\\r"]
        .iter()
        .filter_map(|end| text.find(end))
        .min()
}

/// The scheme stays, of what it introduces the length. A variable is no secret.
fn shown(value: &str) -> String {
    match value.split_once(' ') {
        _ if value.starts_with('$') => value.to_owned(),
        Some((_, secret)) if secret.starts_with('$') => value.to_owned(),
        Some((scheme, secret)) if !secret.is_empty() && !scheme.contains('=') => {
            format!("{scheme} {}", told(secret))
        }
        _ => told(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_go_in_every_form() {
        let redactor = Redactor::new(&["pa\"ss".to_owned(), "pa\"ss and more".to_owned()]);
        let text = "x pa\"ss and more, pa\"ss; \"pa\\\"ss\"; cGEic3M=";
        let clean = redactor.clean(text);
        assert_eq!(
            clean,
            "x [redacted, 14 bytes], [redacted, 5 bytes]; \"[redacted, 6 bytes]\"; [redacted, 8 bytes]"
        );
    }

    #[test]
    fn values_of_fields_go_however_they_are_written() {
        let redactor = Redactor::default();
        for (text, clean) in [
            (
                "Authorization: Basic YWJj\\r\\nHost: x",
                "Authorization: Basic [redacted, 4 bytes]\\r\\nHost: x",
            ),
            (
                "set-cookie: a=\"b\"; Path=/\r\nX: y",
                "set-cookie: [redacted, 13 bytes]\r\nX: y",
            ),
            (
                "[[\"Authorization\",\"Bearer abc\"],[\"Host\",\"h\"]]",
                "[[\"Authorization\",\"Bearer [redacted, 3 bytes]\"],[\"Host\",\"h\"]]",
            ),
            (
                "{\"Cookie\":[\"a=1\",\"b=2\"],\"x\":1}",
                "{\"Cookie\":[\"[redacted, 10 bytes]],\"x\":1}",
            ),
            (
                "Http_Authorization=token-x\nHome=/",
                "Http_Authorization=[redacted, 7 bytes]\nHome=/",
            ),
            (
                "-H 'Authorization: Basic $CREDENTIALS' x",
                "-H 'Authorization: Basic $CREDENTIALS' x",
            ),
            (
                "without Authorization, it is 401; a cookie is none",
                "without Authorization, it is 401; a cookie is none",
            ),
        ] {
            assert_eq!(redactor.clean(text), clean);
        }
    }
}
