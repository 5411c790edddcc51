//! Words as a shell reads them.
//! It knows quoting.
//! It refuses to run anything.

/// A word of a command line, quoted where it has to be; always in one way, in which `judge/redact` finds a secret. (`shlex` has several.)
pub fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_they_have_to_be() {
        assert_eq!(quoted("http://a:1/b"), "http://a:1/b");
        for word in ["a/b?", "it's", "", "$HOME `x` \\ \"y\"", "a\nb"] {
            assert_ne!(quoted(word), word);
            assert_eq!(shlex::split(&quoted(word)), Some(vec![word.to_owned()]));
        }
    }
}
