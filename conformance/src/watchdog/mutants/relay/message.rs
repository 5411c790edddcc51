//! Messages of HTTP/1.1, taken apart as they come.
//! It knows heads from bodies, lengths and chunks, and keeps the bytes that it took for what they were.
//! It refuses to judge: what it cannot read passes as it is.

use super::head::Framing;

/// A part of a stream of messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Whoever takes it has to say what framing follows.
    Head(Vec<u8>),
    Data(Vec<u8>),
    /// Bytes of the framing, of no meaning to a body.
    Frame(Vec<u8>),
    /// The end of a body, with the trailers behind its last chunk.
    End(Vec<u8>),
    Raw(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Length(u64),
    Close,
    Size,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    Raw,
}

/// Takes a stream apart.
#[derive(Debug)]
pub(super) struct Parser {
    buf: Vec<u8>,
    state: State,
}

impl Parser {
    pub(super) fn new() -> Self {
        Self {
            buf: Vec::new(),
            state: State::Head,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// What follows the head that was just given out.
    pub(super) fn expect(&mut self, framing: Framing) {
        self.state = match framing {
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size,
            Framing::Close => State::Close,
            Framing::Raw => State::Raw,
        };
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.buf.len());
        self.buf.drain(..count).collect()
    }

    fn take_data(&mut self, left: u64) -> Vec<u8> {
        self.take(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// A line with its end, where it is all there.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.buf.iter().position(|&byte| byte == b'\n')?;
        Some(self.take(end + 1))
    }

    /// The stream has ended: what is left of it.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.take(usize::MAX)
    }

    /// What would make the message whole.
    pub(super) fn missing(&self) -> Vec<u8> {
        match self.state {
            State::Length(left) => vec![0; usize::try_from(left).unwrap_or(0)],
            State::Size => b"0\r\n\r\n".to_vec(),
            State::Chunk(left) => {
                let mut rest = vec![0; usize::try_from(left).unwrap_or(0)];
                rest.extend(b"\r\n0\r\n\r\n");
                rest
            }
            State::ChunkEnd => b"\r\n0\r\n\r\n".to_vec(),
            State::Trailers => b"\r\n".to_vec(),
            State::Head | State::Close | State::Raw => Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Piece> {
        match self.state {
            State::Head => {
                let end = self.buf.windows(4).position(|four| four == b"\r\n\r\n")?;
                Some(Piece::Head(self.take(end + 4)))
            }
            State::Length(0) => {
                self.state = State::Head;
                Some(Piece::End(Vec::new()))
            }
            State::Length(left) => self.data(left, State::Length),
            State::Close => self.some().map(Piece::Data),
            State::Raw => self.some().map(Piece::Raw),
            State::Size => self.line().map(|line| self.size(line)),
            State::Chunk(0) => {
                self.state = State::ChunkEnd;
                self.next()
            }
            State::Chunk(left) => self.data(left, State::Chunk),
            State::ChunkEnd => self.line().map(|line| {
                self.state = State::Size;
                Piece::Frame(line)
            }),
            State::Trailers => self.trailers(),
        }
    }

    fn some(&mut self) -> Option<Vec<u8>> {
        (!self.buf.is_empty()).then(|| self.take(usize::MAX))
    }

    fn data(&mut self, left: u64, then: fn(u64) -> State) -> Option<Piece> {
        if self.buf.is_empty() {
            return None;
        }
        let data = self.take_data(left);
        self.state = then(left - data.len() as u64);
        Some(Piece::Data(data))
    }

    fn size(&mut self, line: Vec<u8>) -> Piece {
        let text = String::from_utf8_lossy(&line);
        let digits = text.split(';').next().unwrap_or_default().trim();
        match u64::from_str_radix(digits, 16) {
            Ok(0) => {
                self.state = State::Trailers;
                Piece::Frame(line)
            }
            Ok(size) => {
                self.state = State::Chunk(size);
                Piece::Frame(line)
            }
            Err(_) => {
                self.state = State::Raw;
                Piece::Raw(line)
            }
        }
    }

    fn trailers(&mut self) -> Option<Piece> {
        let end = if self.buf.starts_with(b"\r\n") {
            2
        } else {
            self.buf.windows(4).position(|four| four == b"\r\n\r\n")? + 4
        };
        self.state = State::Head;
        Some(Piece::End(self.take(end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::mutants::relay::Head;

    #[test]
    fn chunks_are_taken_apart_and_no_byte_is_lost() {
        let sent = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
        let mut parser = Parser::new();
        let (mut seen, mut body, mut heads) = (Vec::new(), Vec::new(), 0);
        for byte in sent {
            parser.push(&[*byte]);
            while let Some(piece) = parser.next() {
                match piece {
                    Piece::Head(raw) => {
                        heads += 1;
                        parser.expect(Head::parse(&raw).answer_framing("GET"));
                        seen.extend(raw);
                    }
                    Piece::Data(data) => {
                        body.extend(&data);
                        seen.extend(data);
                    }
                    Piece::Frame(raw) | Piece::End(raw) | Piece::Raw(raw) => seen.extend(raw),
                }
            }
        }
        assert_eq!((heads, body.as_slice()), (2, b"abc".as_slice()));
        assert_eq!(seen, sent);
    }
}
