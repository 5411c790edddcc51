//! Where a body ends, and what of a buffer belongs to it.
//! It knows the three framings of HTTP/1.1 and their order of precedence.
//! It refuses sloppy chunk syntax, repeated lengths and lengths beside chunks.

use super::Headers;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    Length(u64),
    Chunked,
    /// Until the connection closes.
    Close,
}

impl Framing {
    fn declared(headers: &Headers) -> Result<Option<Self>, String> {
        let lengths = headers.all("content-length");
        if headers.has("transfer-encoding") {
            if !headers.lists("transfer-encoding", "chunked") {
                return Err("a transfer coding that is not chunked".to_owned());
            }
            if !lengths.is_empty() {
                return Err("both Transfer-Encoding and Content-Length".to_owned());
            }
            return Ok(Some(Self::Chunked));
        }
        match lengths.as_slice() {
            [] => Ok(None),
            [one] if !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_digit()) => one
                .parse()
                .map(|length| Some(Self::Length(length)))
                .map_err(|e| e.to_string()),
            other => Err(format!("bad Content-Length {other:?}")),
        }
    }

    /// The framing of the answer `status` to `method`.
    pub fn of_response(method: &str, status: u16, headers: &Headers) -> Result<Self, String> {
        if method == "HEAD" || (100..200).contains(&status) || status == 204 || status == 304 {
            return Ok(Self::None);
        }
        Ok(Self::declared(headers)?.unwrap_or(Self::Close))
    }

    pub fn of_request(headers: &Headers) -> Result<Self, String> {
        Ok(Self::declared(headers)?.unwrap_or(Self::None))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Data(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    Done,
}

/// Takes body bytes off a buffer, as far as they are there.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    pub trailers: Headers,
    /// How many chunks carried data.
    pub chunks: u64,
}

impl Decoder {
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Data(length),
            Framing::Chunked => State::ChunkSize,
            Framing::Close => State::UntilClose,
        };
        Self {
            state,
            trailers: Headers::new(),
            chunks: 0,
        }
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// What the end of the stream means here: the clean end, or why it is a cut.
    pub fn at_eof(&self) -> Result<(), String> {
        match self.state {
            State::Done | State::UntilClose => Ok(()),
            State::Data(left) => Err(format!("closed with {left} bytes of the length missing")),
            State::ChunkData(left) => Err(format!("closed with {left} bytes of a chunk missing")),
            _ => Err("closed before the last chunk".to_owned()),
        }
    }

    /// Moves what `buf` holds of the body into `out`; true at the end of the body.
    pub fn decode(&mut self, buf: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<bool, String> {
        loop {
            match self.state {
                State::Done => return Ok(true),
                State::UntilClose => {
                    out.append(buf);
                    return Ok(false);
                }
                State::Data(left) => match take(buf, out, left) {
                    0 => self.state = State::Done,
                    still => {
                        self.state = State::Data(still);
                        return Ok(false);
                    }
                },
                State::ChunkData(left) => match take(buf, out, left) {
                    0 => self.state = State::ChunkEnd,
                    still => {
                        self.state = State::ChunkData(still);
                        return Ok(false);
                    }
                },
                State::ChunkSize | State::ChunkEnd | State::Trailers => {
                    let Some(line) = take_line(buf)? else {
                        return Ok(false);
                    };
                    self.line(&line)?;
                }
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        match self.state {
            State::ChunkEnd if line.is_empty() => self.state = State::ChunkSize,
            State::ChunkEnd => return Err("a chunk longer than its size".to_owned()),
            State::Trailers if line.is_empty() => self.state = State::Done,
            State::Trailers => self.trailers.parse_line(line)?,
            _ => {
                let size = chunk_size(line)?;
                self.chunks += u64::from(size > 0);
                self.state = if size == 0 {
                    State::Trailers
                } else {
                    State::ChunkData(size)
                };
            }
        }
        Ok(())
    }
}

/// Moves up to `left` bytes; returns how many are still missing.
fn take(buf: &mut Vec<u8>, out: &mut Vec<u8>, left: u64) -> u64 {
    let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
    out.extend(buf.drain(..n));
    left - n as u64
}

fn take_line(buf: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
    let Some(end) = buf.iter().position(|&byte| byte == b'\n') else {
        return if buf.len() > 64 * 1024 {
            Err("an endless line".to_owned())
        } else {
            Ok(None)
        };
    };
    let line: Vec<u8> = buf.drain(..=end).collect();
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(Some(line.to_vec())),
        None => Err("a chunk line ends without a carriage return".to_owned()),
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, String> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("bad chunk size {text:?}"));
    }
    u64::from_str_radix(digits, 16).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(framing: Framing, bytes: &[u8]) -> Result<(Vec<u8>, Decoder, Vec<u8>), String> {
        let mut decoder = Decoder::new(framing);
        let (mut buf, mut out) = (Vec::new(), Vec::new());
        for &byte in bytes {
            buf.push(byte);
            decoder.decode(&mut buf, &mut out)?;
        }
        Ok((out, decoder, buf))
    }

    #[test]
    fn chunks_and_trailers_are_read_byte_by_byte() {
        let (out, decoder, rest) = whole(
            Framing::Chunked,
            b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\nGET",
        )
        .unwrap();
        assert_eq!(out, b"abc0123456789");
        assert!(decoder.is_done());
        assert_eq!(decoder.trailers.get("t"), Some("1"));
        assert_eq!(decoder.chunks, 2);
        assert_eq!(rest, b"GET");
    }

    #[test]
    fn a_cut_is_told_from_an_end() {
        let (_, decoder, _) = whole(Framing::Length(5), b"abc").unwrap();
        assert!(decoder.at_eof().is_err());
        let (_, decoder, _) = whole(Framing::Chunked, b"3\r\nabc\r\n").unwrap();
        assert!(decoder.at_eof().is_err());
        let (_, decoder, _) = whole(Framing::Close, b"abc").unwrap();
        assert!(decoder.at_eof().is_ok());
    }

    #[test]
    fn sloppy_chunks_are_refused() {
        assert!(whole(Framing::Chunked, b" 3\r\n").is_err());
        assert!(whole(Framing::Chunked, b"3\nabc").is_err());
        assert!(whole(Framing::Chunked, b"2\r\nabc\r\n").is_err());
    }

    #[test]
    fn two_lengths_are_refused() {
        let mut headers = Headers::new();
        headers.push("Content-Length", "3");
        assert_eq!(
            Framing::of_response("GET", 200, &headers),
            Ok(Framing::Length(3))
        );
        assert_eq!(
            Framing::of_response("HEAD", 200, &headers),
            Ok(Framing::None)
        );
        headers.push("content-length", "3");
        assert!(Framing::of_response("GET", 200, &headers).is_err());
    }
}
