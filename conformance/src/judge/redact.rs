//! What nobody may read in a report or on a screen: secrets that are known, and what headers carry.
//! It knows the values it was given, what stands in their place, and the names of the headers.
//! It refuses to guess: what is neither is left as it is.

use std::cmp::Reverse;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Names of fields whose value is never shown; the ends of longer ones, such as `Set-Cookie`, too.
const FIELDS: [&str; 2] = ["authorization", "cookie"];

/// Something that nobody may read, and the variable that stands in its place; without one, its length does.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub text: String,
    pub variable: Option<&'static str>,
}

impl Secret {
    /// Written as that variable, so that a command can be repeated.
    pub fn named(text: impl Into<String>, variable: &'static str) -> Self {
        Self {
            text: text.into(),
            variable: Some(variable),
        }
    }

    /// How it may be written down: plain, as a string in a message, as a word of a command line, and in base64, which no variable holds.
    fn forms(&self) -> [Self; 4] {
        let form = |text| Self { text, ..*self };
        [
            form(self.text.clone()),
            form(self.text.escape_debug().to_string()),
            form(self.text.replace('\'', "'\\''")),
            Self {
                text: BASE64_STANDARD.encode(&self.text),
                variable: None,
            },
        ]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.variable.unwrap_or("a secret"))
    }
}

/// Takes secrets out of texts.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Longest first, so that no part of one is left over from another.
    forms: Vec<Secret>,
}

impl Redactor {
    pub fn new(known: &[Secret]) -> Self {
        Self::default().and(known)
    }

    /// The same, and these secrets as well.
    #[must_use]
    pub fn and(&self, more: &[Secret]) -> Self {
        let mut forms = self.forms.clone();
        let told = more.iter().filter(|secret| !secret.text.is_empty());
        forms.extend(told.flat_map(Secret::forms));
        forms.sort_by_key(|form| Reverse((form.text.len(), form.variable.is_some())));
        forms.dedup_by(|one, kept| one.text == kept.text);
        Self { forms }
    }

    pub fn clean(&self, text: &str) -> String {
        // What a variable stands for is known by that; a field would tell its length alone.
        let text = self.without(text, |form| form.variable.map(str::to_owned));
        self.without(&fields(&text), |form| Some(told(&form.text)))
    }

    fn without(&self, text: &str, instead: impl Fn(&Secret) -> Option<String>) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(&form.text)
                && let Some(instead) = instead(form)
            {
                text = text.replace(&form.text, &instead);
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
    let scheme = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match value.split_once(' ') {
        _ if value.starts_with('$') => value.to_owned(),
        Some((word, secret)) if scheme(word) && secret.starts_with('$') => value.to_owned(),
        Some((word, secret)) if scheme(word) && !secret.is_empty() => {
            format!("{word} {}", told(secret))
        }
        _ => told(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_go_in_every_form() {
        let secret = |text: &str| Secret {
            text: text.to_owned(),
            variable: None,
        };
        let redactor = Redactor::new(&[secret("pa\"ss"), secret("pa\"ss and more")]);
        let text = "x pa\"ss and more, pa\"ss; \"pa\\\"ss\"; cGEic3M=";
        let clean = redactor.clean(text);
        assert_eq!(
            clean,
            "x [redacted, 14 bytes], [redacted, 5 bytes]; \"[redacted, 6 bytes]\"; [redacted, 8 bytes]"
        );
    }

    #[test]
    fn a_variable_stands_where_there_is_one() {
        let pair = Secret::named("am9lOml0J3M=", "$CREDENTIALS");
        let redactor = Redactor::new(&[pair]).and(&[Secret::named("it's", "$PASSWORD")]);
        for (text, clean) in [
            (
                "Authorization: Basic am9lOml0J3M=\r\n",
                "Authorization: Basic $CREDENTIALS\r\n",
            ),
            ("'it'\\''s' it's", "'$PASSWORD' $PASSWORD"),
            ("aXQncw==", "[redacted, 8 bytes]"),
            ("Cookie: other; it's", "Cookie: [redacted, 16 bytes]"),
        ] {
            assert_eq!(redactor.clean(text), clean);
        }
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
