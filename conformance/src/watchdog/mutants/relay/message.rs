//! Messages of HTTP/1.1, taken apart as they come.
//! It knows heads, lengths and chunks, and keeps the bytes that it took for what they were.
//! It refuses to judge: what it cannot read passes as it is.

use std::fmt::Write as _;

/// The first line and the fields of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub start: String,
    pub fields: Vec<(String, String)>,
}

impl Head {
    pub(super) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw);
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines.map(|line| match line.split_once(':') {
            Some((name, value)) => (name.to_owned(), value.trim().to_owned()),
            None => (line.to_owned(), String::new()),
        });
        Self {
            start,
            fields: fields.collect(),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\r\n", self.start);
        for (name, value) in &self.fields {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        out.push_str("\r\n");
        out.into_bytes()
    }

    /// A word of the first line.
    pub fn word(&self, index: usize) -> &str {
        self.start.split(' ').nth(index).unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    pub fn set_status(&mut self, line: &str) {
        self.start = format!("{} {line}", self.word(0));
    }

    pub fn set_method(&mut self, method: &str) {
        self.start = format!("{method} {} {}", self.word(1), self.word(2));
    }

    pub fn set_target(&mut self, target: &str) {
        self.start = format!("{} {target} {}", self.word(0), self.word(2));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub fn remove(&mut self, name: &str) {
        self.fields
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Sets it, whether or not it was there.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.add(name, value);
    }

    /// Sets it where it is there.
    pub fn change(&mut self, name: &str, edit: impl Fn(&str) -> String) {
        for (key, value) in &mut self.fields {
            if key.eq_ignore_ascii_case(name) {
                *value = edit(value);
            }
        }
    }

    fn lists(&self, name: &str, token: &str) -> bool {
        let named = self
            .fields
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let mut items = named.flat_map(|(_, value)| value.split(','));
        items.any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    fn length(&self) -> Option<Framing> {
        if self.lists("transfer-encoding", "chunked") {
            return Some(Framing::Chunked);
        }
        let length = self.get("content-length")?.parse().ok()?;
        Some(Framing::Length(length))
    }

    pub(super) fn request_framing(&self) -> Framing {
        self.length().unwrap_or(Framing::Length(0))
    }

    pub(super) fn answer_framing(&self, method: &str) -> Framing {
        let status = self.status();
        if status == 101 || (method == "CONNECT" && status / 100 == 2) {
            return Framing::Raw;
        }
        if method == "HEAD" || status / 100 == 1 || status == 204 || status == 304 {
            return Framing::Length(0);
        }
        self.length().unwrap_or(Framing::Close)
    }
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// With the connection.
    Close,
    /// Never: what follows is no HTTP.
    Raw,
}

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
    pub(super) fn rest(&mut self) -> Piece {
        Piece::Raw(self.take(usize::MAX))
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

    #[test]
    fn a_head_is_written_as_it_was_read() {
        let raw = b"GET /a HTTP/1.1\r\nHost: b\r\nX-Y: \r\n\r\n";
        let head = Head::parse(raw);
        assert_eq!((head.word(1), head.get("x-y")), ("/a", Some("")));
        assert_eq!(head.bytes(), raw);
    }
}
