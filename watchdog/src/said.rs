//! What others have said, made fit for a line of a log.
//!
//! Owns how it is shortened, escaped and masked. May know only text. Refuses to let a caller, an upstream or an issuer end a line, begin one, make one of
//! any length, or leave a secret in one.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::head::decode;

/// The longest message, and the longest target and word within one.
const MESSAGE: usize = 8 << 10;
const TARGET: usize = 2 << 10;
const WORD: usize = 128;
/// In place of what is left out.
const MORE: &str = "...";
const MASK: &str = "***";

/// Names of parameters that hold secrets, and parts of such names.
const SECRET: [&str; 7] = ["auth", "authorization", "code", "key", "pass", "pwd", "sig"];
const SECRETIVE: [&str; 9] = [
    "apikey",
    "credential",
    "jwt",
    "passphrase",
    "password",
    "secret",
    "session",
    "signature",
    "token",
];

/// Adds a message: its control characters are shown, not sent.
pub fn message(line: &mut String, text: &str) {
    let short = short(text, MESSAGE);
    if short
        .bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
    {
        line.push_str(short);
    } else {
        for letter in short.chars() {
            if letter != '\t' && is_unfit(letter) {
                line.extend(letter.escape_default());
            } else {
                line.push(letter);
            }
        }
    }
    mark(line, short.len() < text.len());
}

/// Text within its longest length, for a format that escapes by itself.
pub fn bounded(mut text: String) -> String {
    let short = short(&text, MESSAGE).len();
    if short < text.len() {
        text.truncate(short);
        text.push_str(MORE);
    }
    text
}

/// Adds a method or an id: characters that are visible anyhow.
pub fn word(line: &mut String, text: &str) {
    let short = short(text, WORD);
    line.push_str(short);
    mark(line, short.len() < text.len());
}

/// Adds a path and its query, without the secrets in it.
pub fn target(line: &mut String, text: &str) {
    let masked = masked(text);
    let short = short(&masked, TARGET);
    if short.bytes().all(|byte| byte.is_ascii_graphic()) {
        line.push_str(short);
    } else {
        for byte in short.bytes() {
            if byte.is_ascii_graphic() {
                line.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(line, "%{byte:02X}");
            }
        }
    }
    mark(line, short.len() < masked.len());
}

fn masked(text: &str) -> Cow<'_, str> {
    let Some((path, query)) = text.split_once('?') else {
        return text.into();
    };
    let parameters = || query.split_inclusive(['&', ';']);
    if !parameters().any(|parameter| secret(parameter).is_some()) {
        return text.into();
    }
    let mut masked = format!("{path}?");
    for parameter in parameters() {
        match secret(parameter) {
            Some((name, end)) => masked.extend([name, "=", MASK, end]),
            None => masked.push_str(parameter),
        }
    }
    masked.into()
}

/// The name of a parameter that holds a secret, and what parts it from the next.
fn secret(parameter: &str) -> Option<(&str, &str)> {
    let length = parameter.trim_end_matches(['&', ';']).len();
    let (bare, end) = parameter.split_at(length);
    let (name, value) = bare.split_once('=').unwrap_or(("", bare));
    (names_secret(name) || is_token(value)).then_some((name, end))
}

fn names_secret(name: &str) -> bool {
    let decoded = decode(name.as_bytes()).unwrap_or_else(|| name.as_bytes().to_vec());
    let letters = decoded.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let plain: String = letters
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    SECRET.contains(&plain.as_str()) || SECRETIVE.iter().any(|part| plain.contains(part))
}

/// A JSON Web Token begins like any JSON object, in base64.
fn is_token(value: &str) -> bool {
    value.contains("eyJ") && value.matches('.').count() >= 2
}

fn is_unfit(letter: char) -> bool {
    // Some readers end lines at the separators as well, and turn text around at the others.
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn short(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn mark(line: &mut String, shortened: bool) {
    if shortened {
        line.push_str(MORE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(show: fn(&mut String, &str), text: &str) -> String {
        let mut line = String::new();
        show(&mut line, text);
        line
    }

    #[test]
    fn a_message_stays_on_its_line() {
        for (text, want) in [
            ("as it is\twith tabs, \"quotes\" and \u{e4}", None),
            ("a\r\nb", Some("a\\r\\nb")),
            (
                "\u{1b}[2J\u{85}\u{2028}\u{202e}",
                Some("\\u{1b}[2J\\u{85}\\u{2028}\\u{202e}"),
            ),
        ] {
            assert_eq!(shown(message, text), want.unwrap_or(text));
        }
    }

    #[test]
    fn nothing_is_of_any_length() {
        let long = "\u{e4}".repeat(1 << 20);
        assert_eq!(shown(message, &long).len(), MESSAGE + MORE.len());
        assert_eq!(bounded(long.clone()).len(), MESSAGE + MORE.len());
        assert_eq!(shown(word, &long).len(), WORD + MORE.len());
        assert_eq!(
            shown(target, &"a".repeat(1 << 20)).len(),
            TARGET + MORE.len()
        );
        assert!(shown(target, &long).len() <= 3 * TARGET + MORE.len());
    }

    #[test]
    fn a_target_keeps_all_but_secrets() {
        for (text, want) in [
            ("/a%20b/c;d/%2e?q=%C3%A4&r=1&r=2", None),
            ("/?author=me&keyword=a&monkey=b&barcode", None),
            ("/?", None),
            ("/?&;&", None),
            ("/?a&access_token", None),
            ("/?access_token=a=b&x=1", Some("/?access_token=***&x=1")),
            ("/?x=1;ACCESS%5FToken=a", Some("/?x=1;ACCESS%5FToken=***")),
            (
                "/?key=a&Api-Key=b&sig=c",
                Some("/?key=***&Api-Key=***&sig=***"),
            ),
            ("/?x=eyJhbGci.eyJzdWIi.c2ln", Some("/?x=***")),
            ("/?eyJhbGci.eyJzdWIi.c2ln&x", Some("/?=***&x")),
            ("/\u{85}\u{7f}a", Some("/%C2%85%7Fa")),
        ] {
            assert_eq!(shown(target, text), want.unwrap_or(text));
        }
    }
}
