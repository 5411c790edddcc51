//! What a body is, told from its first bytes, for answers that do not say so themselves.
//!
//! Owns the table of signatures, which are those of the WHATWG sniffing standard as Go's `net/http` applies them, since the existing watchdogs
//! answer with its verdicts. May know at most [`WINDOW`] bytes. Refuses to look at names: that is the static mode's business.

/// No verdict depends on a byte after these.
pub const WINDOW: usize = 512;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const UNKNOWN: &str = "application/octet-stream";

/// Tags that begin a page, in upper case; a space or `>` has to follow.
const TAGS: [&[u8]; 17] = [
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

/// How a body begins.
enum Sign {
    /// With these bytes.
    Start(&'static [u8]),
    /// With these bytes, in a body of at least so many.
    Within(&'static [u8], usize),
    /// With the first bytes, then four of any value, then the second.
    Chunk(&'static [u8; 4], &'static [u8]),
    /// With an ISO media box that names an `mp4` brand.
    Mp4,
    /// With 34 bytes of any value, then `LP`.
    EmbeddedOpenType,
}

/// In the order in which they are tried.
const SIGNS: [(Sign, &str); 32] = [
    (Sign::Start(b"%PDF-"), "application/pdf"),
    (Sign::Start(b"%!PS-Adobe-"), "application/postscript"),
    (Sign::Within(b"\xFE\xFF", 4), "text/plain; charset=utf-16be"),
    (Sign::Within(b"\xFF\xFE", 4), "text/plain; charset=utf-16le"),
    (Sign::Within(b"\xEF\xBB\xBF", 4), TEXT),
    (Sign::Start(b"\x00\x00\x01\x00"), "image/x-icon"),
    (Sign::Start(b"\x00\x00\x02\x00"), "image/x-icon"),
    (Sign::Start(b"BM"), "image/bmp"),
    (Sign::Start(b"GIF87a"), "image/gif"),
    (Sign::Start(b"GIF89a"), "image/gif"),
    (Sign::Chunk(b"RIFF", b"WEBPVP"), "image/webp"),
    (Sign::Start(b"\x89PNG\r\n\x1A\n"), "image/png"),
    (Sign::Start(b"\xFF\xD8\xFF"), "image/jpeg"),
    (Sign::Chunk(b"FORM", b"AIFF"), "audio/aiff"),
    (Sign::Start(b"ID3"), "audio/mpeg"),
    (Sign::Start(b"OggS\x00"), "application/ogg"),
    (Sign::Start(b"MThd\x00\x00\x00\x06"), "audio/midi"),
    (Sign::Chunk(b"RIFF", b"AVI "), "video/avi"),
    (Sign::Chunk(b"RIFF", b"WAVE"), "audio/wave"),
    (Sign::Mp4, "video/mp4"),
    (Sign::Start(b"\x1A\x45\xDF\xA3"), "video/webm"),
    (Sign::EmbeddedOpenType, "application/vnd.ms-fontobject"),
    (Sign::Start(b"\x00\x01\x00\x00"), "font/ttf"),
    (Sign::Start(b"OTTO"), "font/otf"),
    (Sign::Start(b"ttcf"), "font/collection"),
    (Sign::Start(b"wOFF"), "font/woff"),
    (Sign::Start(b"wOF2"), "font/woff2"),
    (Sign::Start(b"\x1F\x8B\x08"), "application/x-gzip"),
    (Sign::Start(b"PK\x03\x04"), "application/zip"),
    (
        Sign::Start(b"Rar!\x1A\x07\x00"),
        "application/x-rar-compressed",
    ),
    (
        Sign::Start(b"Rar!\x1A\x07\x01\x00"),
        "application/x-rar-compressed",
    ),
    (Sign::Start(b"\x00asm"), "application/wasm"),
];

impl Sign {
    fn fits(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Start(sign) => bytes.starts_with(sign),
            Self::Within(sign, least) => bytes.len() >= *least && bytes.starts_with(sign),
            Self::Chunk(kind, form) => {
                bytes.starts_with(*kind) && bytes.get(8..).is_some_and(|b| b.starts_with(form))
            }
            Self::Mp4 => is_mp4(bytes),
            Self::EmbeddedOpenType => bytes.get(34..36) == Some(b"LP"),
        }
    }
}

/// The media type of a body that begins with `first`. Never empty: the last resort is `application/octet-stream`.
pub fn content_type(first: &[u8]) -> &'static str {
    let bytes = first.get(..WINDOW).unwrap_or(first);
    let text = skip_blanks(bytes);
    if TAGS.iter().any(|tag| begins_page(text, tag)) {
        return HTML;
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if let Some((_, kind)) = SIGNS.iter().find(|(sign, _)| sign.fits(bytes)) {
        return kind;
    }
    if text.iter().any(|byte| is_binary(*byte)) {
        UNKNOWN
    } else {
        TEXT
    }
}

fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ');
    let start = bytes
        .iter()
        .position(|byte| !is_blank(byte))
        .unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

fn begins_page(text: &[u8], tag: &[u8]) -> bool {
    let after = text.get(tag.len());
    matches!(after, Some(b' ' | b'>'))
        && text
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
}

fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// The first box has to be there as a whole; the four bytes after the major brand are a version, not a brand.
fn is_mp4(bytes: &[u8]) -> bool {
    let Some((head, _)) = bytes.split_first_chunk::<12>() else {
        return false;
    };
    let [a, b, c, d, kind @ .., _, _, _, _] = *head;
    let Ok(size) = usize::try_from(u32::from_be_bytes([a, b, c, d])) else {
        return false;
    };
    if &kind != b"ftyp" || !size.is_multiple_of(4) {
        return false;
    }
    let Some(brands) = bytes.get(8..size) else {
        return false;
    };
    brands
        .chunks(4)
        .enumerate()
        .any(|(at, brand)| at != 1 && brand.starts_with(b"mp4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICTS: &[(&[u8], &str)] = &[
        (b"", TEXT),
        (b"hello\n", TEXT),
        (b"{\"json\": true}", TEXT),
        (b" \t\r\n\x0c<!doctype html>", HTML),
        (b"<HtMl >", HTML),
        (b"<html", TEXT),
        (b"<html\n>", TEXT),
        (b"<p>x", HTML),
        (b"<pre>x", TEXT),
        (b"<!-- x", HTML),
        (b"\n<?xml version='1.0'?>", "text/xml; charset=utf-8"),
        (b"<?XML", TEXT),
        (b"%PDF-1.7", "application/pdf"),
        (b" %PDF-1.7", TEXT),
        (b"%!PS-Adobe-3.0", "application/postscript"),
        (b"\xFE\xFF\x00a", "text/plain; charset=utf-16be"),
        (b"\xFF\xFEa\x00", "text/plain; charset=utf-16le"),
        (b"\xFE\xFF", TEXT),
        (b"\xEF\xBB\xBF\x01", TEXT),
        (b"\x00\x00\x01\x00", "image/x-icon"),
        (b"\x00\x00\x02\x00", "image/x-icon"),
        (b"BM", "image/bmp"),
        (b"GIF89a;", "image/gif"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
        (b"RIFF\x01\x02\x03\x04WEBP", UNKNOWN),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xFF\xD8\xFF\xE0", "image/jpeg"),
        (b"FORM\x00\x00\x00\x00AIFF", "audio/aiff"),
        (b"ID3\x04", "audio/mpeg"),
        (b"OggS\x00", "application/ogg"),
        (b"MThd\x00\x00\x00\x06", "audio/midi"),
        (b"RIFF\x00\x00\x00\x00AVI ", "video/avi"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wave"),
        (b"\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00isom", "video/mp4"),
        (b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp41", "video/mp4"),
        (b"\x00\x00\x00\x14ftypisommp41isom", UNKNOWN),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isom", UNKNOWN),
        (b"\x00\x00\x00\x00ftypmp42\x00\x00\x00\x00", UNKNOWN),
        (b"\x1A\x45\xDF\xA3", "video/webm"),
        (
            b"0123456789012345678901234567890123LP",
            "application/vnd.ms-fontobject",
        ),
        (b"\x00\x01\x00\x00", "font/ttf"),
        (b"OTTO", "font/otf"),
        (b"ttcf", "font/collection"),
        (b"wOFF", "font/woff"),
        (b"wOF2", "font/woff2"),
        (b"\x1F\x8B\x08", "application/x-gzip"),
        (b"PK\x03\x04", "application/zip"),
        (b"Rar!\x1A\x07\x00", "application/x-rar-compressed"),
        (b"Rar!\x1A\x07\x01\x00", "application/x-rar-compressed"),
        (b"\x00asm", "application/wasm"),
        (b"\x1bcolour", TEXT),
        (b"a\x00b", UNKNOWN),
        (b"\x80\xFF", TEXT),
        (b"\x0b", UNKNOWN),
    ];

    #[test]
    fn verdicts() {
        for (bytes, kind) in VERDICTS {
            assert_eq!(content_type(bytes), *kind, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn looks_no_further_than_its_window() {
        let mut bytes = vec![b'a'; WINDOW];
        bytes.push(0);
        assert_eq!(content_type(&bytes), TEXT);
        let last = WINDOW - 1;
        bytes[last] = 0;
        assert_eq!(content_type(&bytes), UNKNOWN);
    }
}
