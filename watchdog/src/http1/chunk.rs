//! The line before a chunk.
//!
//! Owns its grammar (RFC 9112, 7.1): a size, extensions that nobody reads, the end of the line. May know the bytes of it and nothing around them. Refuses
//! whatever another server on the way could take for the end of that line.

/// What a body's lines may have beside sizes, all of them together.
pub(super) const MAX_EXTENSIONS: u16 = 16 << 10;

/// As many digits as a size may have, zeros in front included.
const MAX_DIGITS: usize = 16;

/// A line that is all there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Of the chunk.
    pub(super) size: u64,
    /// Of the line, with its end.
    pub(super) len: usize,
    /// Of its extensions.
    pub(super) extensions: usize,
}

/// The line that `read` begins with, once it is all there. Of extensions, so many bytes may still come.
pub(super) fn line(read: &[u8], left: usize) -> Result<Option<Line>, &'static str> {
    const NO_SIZE: &str = "a chunk has no proper size";
    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
    let digits = read.iter().take_while(is_digit).count();
    if digits > MAX_DIGITS || (digits == 0 && !read.is_empty()) {
        return Err(NO_SIZE);
    }
    let (digits, rest) = read.split_at(digits);
    let extensions = extensions(rest).ok_or(NO_SIZE)?;
    if extensions > left {
        return Err("a body's chunk extensions are too long");
    }
    if !rest
        .get(extensions..)
        .is_some_and(|end| end.starts_with(b"\r\n"))
    {
        return Ok(None);
    }
    let size = str::from_utf8(digits).ok();
    let size = size.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    Ok(Some(Line {
        size: size.ok_or(NO_SIZE)?,
        len: digits.len() + extensions + 2,
        extensions,
    }))
}

/// How long the extensions are, as far as they are there; `None` where something else follows the size.
fn extensions(rest: &[u8]) -> Option<usize> {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let end = rest.iter().position(|byte| !is_text(byte));
    let (text, end) = rest.split_at(end.unwrap_or(rest.len()));
    // Some fill sizes up with blanks.
    let first = text.iter().find(|byte| !matches!(byte, b'\t' | b' '));
    let ends = matches!(end, [] | [b'\r'] | [b'\r', b'\n', ..]);
    (ends && first.is_none_or(|byte| *byte == b';')).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Result<Option<(u64, usize, usize)>, &'static str> {
        let line = line(text, 9)?;
        Ok(line.map(|line| (line.size, line.len, line.extensions)))
    }

    #[test]
    fn sizes_are_read_and_extensions_passed_over() {
        for (text, expected) in [
            (&b"0\r\n"[..], (0, 3, 0)),
            (b"00aF\r\nrest", (0xaf, 6, 0)),
            (b"5 \t\r\n", (5, 5, 2)),
            (b"5;a=\"b;\xff\"\r\n", (5, 11, 8)),
            (b"5 ;a\r\n", (5, 6, 3)),
            (b"ffffffffffffffff\r\n", (u64::MAX, 18, 0)),
        ] {
            for cut in 0..text.len() {
                let (part, whole) = (parsed(&text[..cut]), parsed(text));
                let expected_part = if cut < expected.1 {
                    None
                } else {
                    Some(expected)
                };
                assert_eq!((part, whole), (Ok(expected_part), Ok(Some(expected))));
            }
        }
    }

    #[test]
    fn what_could_end_the_line_elsewhere_is_refused() {
        for text in [
            &b"\r\n"[..],
            b"x\r\n",
            b"-1\r\n",
            b"+1\r\n",
            b" 1\r\n",
            b"0x1\r\n",
            b"1\n",
            b"1\r\r\n",
            b"1\rx",
            b"1 1\r\n",
            b"1 x\r\n",
            b"1;\n",
            b"1;a\nb\r\n",
            b"1;a\rb\r\n",
            b"1;\0",
            b"1;\x0b\r\n",
            b"1;\x7f\r\n",
            b"1;123456789",
            b"00000000000000001\r\n",
        ] {
            assert!(parsed(text).is_err(), "{}", text.escape_ascii());
        }
    }
}
