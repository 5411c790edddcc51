//! A body on its way in.
//!
//! Owns how far the body has come, whichever way it is framed. May know what has been read. Refuses to read.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use httparse::Status;
use memchr::memchr_iter;

use super::chunk::{self, MAX_EXTENSIONS};

/// All trailers of a body.
const MAX_TRAILERS: usize = 16 << 10;
const MAX_TRAILER_FIELDS: usize = 64;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// With its connection.
    Close,
}

/// What is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inbound {
    Length(u64),
    /// The line that says how long the next chunk is.
    Size(Left),
    Chunk(u64, Left),
    /// The end of line after a chunk.
    ChunkEnd(Left),
    Trailers,
    /// Whatever comes before the connection's end.
    Close,
    Over,
}

/// How many bytes of chunk extensions may still come.
type Left = u16;

/// What could be had of a body without reading on.
#[derive(Debug)]
pub(super) enum Taken {
    Frame(Frame<Bytes>),
    Nothing,
    End,
}

impl Inbound {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(0) => Self::Over,
            Framing::Length(len) => Self::Length(len),
            Framing::Chunked => Self::Size(MAX_EXTENSIONS),
            Framing::Close => Self::Close,
        }
    }

    /// How many bytes are sure to come.
    pub(super) fn announced(self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunk(left, _) => left,
            _ => 0,
        }
    }

    /// How much there is, where that is known.
    pub(super) fn length(self) -> Option<u64> {
        match self {
            Self::Over => Some(0),
            Self::Length(left) => Some(left),
            _ => None,
        }
    }

    /// The next piece of the body that is in `read`.
    pub(super) fn take(&mut self, read: &mut BytesMut) -> Result<Taken, String> {
        loop {
            match *self {
                Self::Over => return Ok(Taken::End),
                _ if read.is_empty() => return Ok(Taken::Nothing),
                Self::Length(left) => {
                    let piece = piece(read, left);
                    *self = match left - piece.len() as u64 {
                        0 => Self::Over,
                        left => Self::Length(left),
                    };
                    return Ok(Taken::Frame(Frame::data(piece)));
                }
                Self::Chunk(left, extensions) => {
                    let piece = piece(read, left);
                    *self = match left - piece.len() as u64 {
                        0 => Self::ChunkEnd(extensions),
                        left => Self::Chunk(left, extensions),
                    };
                    return Ok(Taken::Frame(Frame::data(piece)));
                }
                Self::Close => return Ok(Taken::Frame(Frame::data(read.split().freeze()))),
                Self::Size(extensions) => match size(read, extensions)? {
                    Some(next) => *self = next,
                    None => return Ok(Taken::Nothing),
                },
                Self::ChunkEnd(extensions) => match &read[..] {
                    [b'\r', b'\n', ..] => {
                        read.advance(2);
                        *self = Self::Size(extensions);
                    }
                    [b'\r'] => return Ok(Taken::Nothing),
                    _ => return Err("a chunk is longer than it says".to_owned()),
                },
                Self::Trailers => {
                    let Some(trailers) = trailers(read)? else {
                        return Ok(Taken::Nothing);
                    };
                    *self = Self::Over;
                    if !trailers.is_empty() {
                        return Ok(Taken::Frame(Frame::trailers(trailers)));
                    }
                }
            }
        }
    }
}

fn piece(read: &mut BytesMut, left: u64) -> Bytes {
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(read.len());
    read.split_to(most).freeze()
}

/// What a chunk's size says is to come.
fn size(read: &mut BytesMut, left: Left) -> Result<Option<Inbound>, String> {
    let Some(line) = chunk::line(read, left.into())? else {
        return Ok(None);
    };
    read.advance(line.len);
    let used = Left::try_from(line.extensions).unwrap_or(Left::MAX);
    Ok(Some(match line.size {
        0 => Inbound::Trailers,
        size => Inbound::Chunk(size, left.saturating_sub(used)),
    }))
}

fn trailers(read: &mut BytesMut) -> Result<Option<HeaderMap>, String> {
    // What most bodies end with.
    if read.starts_with(b"\r\n") {
        read.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_TRAILER_FIELDS];
    let (len, fields) = match httparse::parse_headers(read, &mut fields) {
        Ok(Status::Complete(parsed)) => parsed,
        Ok(Status::Partial) if read.len() < MAX_TRAILERS => return Ok(None),
        Ok(Status::Partial) => {
            return Err(format!("trailers are longer than {MAX_TRAILERS} bytes"));
        }
        Err(error) => return Err(format!("bad trailers: {error}")),
    };
    let mut trailers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|e| e.to_string())?;
        let value = HeaderValue::from_bytes(field.value).map_err(|e| e.to_string())?;
        trailers.append(name, value);
    }
    if read.get(..len).is_some_and(has_bare_feed) {
        return Err("bad trailers: a line feed alone ends a line".to_owned());
    }
    read.advance(len);
    Ok(Some(trailers))
}

/// Within a body, lines end as the rest of its frame does: whoever waits for both bytes would read on.
fn has_bare_feed(lines: &[u8]) -> bool {
    let before = |at: usize| at.checked_sub(1).and_then(|at| lines.get(at));
    memchr_iter(b'\n', lines).any(|at| before(at) != Some(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole body, read `step` bytes at a time: its data, its trailers, and what is left over.
    fn body(framing: Framing, text: &str, step: usize) -> Result<(String, HeaderMap), String> {
        let mut inbound = Inbound::new(framing);
        let (mut read, mut data, mut fields) = (BytesMut::new(), Vec::new(), HeaderMap::new());
        let mut pieces = text.as_bytes().chunks(step);
        loop {
            match inbound.take(&mut read)? {
                Taken::Frame(frame) => match frame.into_data() {
                    Ok(piece) => data.extend_from_slice(&piece),
                    Err(frame) => fields = frame.into_trailers().unwrap_or_default(),
                },
                Taken::Nothing => match pieces.next() {
                    Some(piece) => read.extend_from_slice(piece),
                    None => return Err("more is to come".to_owned()),
                },
                Taken::End => break,
            }
        }
        Ok((String::from_utf8(data).unwrap(), fields))
    }

    #[test]
    fn chunks_in_any_pieces() {
        let text = "5;a=b\r\nhello\r\n1 \r\n \r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";
        for step in 1..text.len() {
            let (data, fields) = body(Framing::Chunked, text, step).unwrap();
            assert_eq!(data, "hello 0123456789", "{step}");
            assert_eq!(fields["x-sum"], "1");
        }
        let (data, fields) = body(Framing::Chunked, "1\r\na\r\n0\r\n\r\n", 3).unwrap();
        assert_eq!((data.as_str(), fields.len()), ("a", 0));
    }

    #[test]
    fn lengths_end_where_they_say() {
        for step in 1..5 {
            let (data, _) = body(Framing::Length(3), "abcd", step).unwrap();
            assert_eq!(data, "abc");
        }
        assert_eq!(body(Framing::Length(0), "abcd", 1).unwrap().0, "");
    }

    #[test]
    fn broken_chunks_are_errors() {
        let long = format!("1;{}", "a".repeat(MAX_EXTENSIONS.into()));
        let many = "1;aaaaaaa\r\na\r\n".repeat(usize::from(MAX_EXTENSIONS) / 8 + 1);
        for text in [
            "x\r\n",
            "-1\r\n",
            "\r\n",
            "11111111111111111\r\n",
            "1\r\nab\r\n",
            "1;\nxx\r\n35\r\n0\r\n\r\n",
            "0\r\nno colon\r\n\r\n",
            "0\r\na: 1\n\r\n",
            "0\r\n\n",
            &long,
            &many,
        ] {
            let error = body(Framing::Chunked, text, 4).unwrap_err();
            assert_ne!(error, "more is to come", "{text}");
        }
        let most = "1;aaaaaaa\r\na\r\n".repeat(usize::from(MAX_EXTENSIONS) / 8) + "0\r\n\r\n";
        assert!(body(Framing::Chunked, &most, 1000).is_ok());
    }
}
