//! A body on its way in.
//!
//! Owns how far the body has come, whichever way it is framed. May know what has been read. Refuses to read.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use httparse::Status;

/// The line of a chunk's size, with its extensions; and all trailers.
const MAX_LINES: usize = 16 << 10;
const MAX_TRAILERS: usize = 64;

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
    Size,
    Chunk(u64),
    /// The end of line after a chunk.
    ChunkEnd,
    Trailers,
    /// Whatever comes before the connection's end.
    Close,
    Over,
}

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
            Framing::Chunked => Self::Size,
            Framing::Close => Self::Close,
        }
    }

    /// How many bytes are sure to come.
    pub(super) fn announced(self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunk(left) => left,
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
                Self::Chunk(left) => {
                    let piece = piece(read, left);
                    *self = match left - piece.len() as u64 {
                        0 => Self::ChunkEnd,
                        left => Self::Chunk(left),
                    };
                    return Ok(Taken::Frame(Frame::data(piece)));
                }
                Self::Close => return Ok(Taken::Frame(Frame::data(read.split().freeze()))),
                Self::Size => match size(read)? {
                    Some(0) => *self = Self::Trailers,
                    Some(size) => *self = Self::Chunk(size),
                    None => return Ok(Taken::Nothing),
                },
                Self::ChunkEnd => match &read[..] {
                    [b'\r', b'\n', ..] => {
                        read.advance(2);
                        *self = Self::Size;
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

fn size(read: &mut BytesMut) -> Result<Option<u64>, String> {
    // Without a digit httparse takes it for zero.
    let digit = read.first().is_some_and(u8::is_ascii_hexdigit);
    match httparse::parse_chunk_size(read) {
        Ok(Status::Complete((len, size))) if digit => {
            read.advance(len);
            Ok(Some(size))
        }
        Ok(Status::Partial) if read.len() < MAX_LINES => Ok(None),
        _ => Err("a chunk has no proper size".to_owned()),
    }
}

fn trailers(read: &mut BytesMut) -> Result<Option<HeaderMap>, String> {
    // What most bodies end with.
    if read.starts_with(b"\r\n") {
        read.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_TRAILERS];
    let (len, fields) = match httparse::parse_headers(read, &mut fields) {
        Ok(Status::Complete(parsed)) => parsed,
        Ok(Status::Partial) if read.len() < MAX_LINES => return Ok(None),
        Ok(Status::Partial) => {
            return Err(format!("trailers are longer than {MAX_LINES} bytes"));
        }
        Err(error) => return Err(format!("bad trailers: {error}")),
    };
    let mut trailers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|e| e.to_string())?;
        let value = HeaderValue::from_bytes(field.value).map_err(|e| e.to_string())?;
        trailers.append(name, value);
    }
    read.advance(len);
    Ok(Some(trailers))
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
        let long = format!("1;{}", "a".repeat(MAX_LINES));
        for text in [
            "x\r\n",
            "-1\r\n",
            "\r\n",
            "11111111111111111\r\n",
            "1\r\nab\r\n",
            "0\r\nno colon\r\n\r\n",
            &long,
        ] {
            let error = body(Framing::Chunked, text, 4).unwrap_err();
            assert_ne!(error, "more is to come", "{text}");
        }
    }
}
