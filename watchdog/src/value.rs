//! A field's value from what can be shown.
//!
//! Owns the way there: over the stack, as every answer needs a few. May know that it is short. Refuses to judge it: what is shown has to be visible
//! characters.

use std::fmt::Display;
use std::io::Write as _;

use http::HeaderValue;

/// More than a date, a tag or a range of bytes takes.
const SHORT: usize = 96;

/// Empty where it is no valid value.
pub fn shown(what: impl Display) -> HeaderValue {
    let mut text = [0; SHORT];
    let mut rest = &mut text[..];
    let value = if write!(rest, "{what}").is_ok() {
        let used = SHORT - rest.len();
        HeaderValue::from_bytes(text.get(..used).unwrap_or_default())
    } else {
        HeaderValue::try_from(what.to_string())
    };
    value.unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_values_are_whole() {
        for length in [0, 1, SHORT, SHORT + 1, 9 * SHORT] {
            let text = "a".repeat(length);
            assert_eq!(shown(&text), text);
        }
        assert_eq!(shown("a\nb"), "");
    }
}
