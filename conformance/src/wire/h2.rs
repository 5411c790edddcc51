//! HTTP/2 without TLS, by hand: frames, windows and header blocks, for either end of a connection.
//! It knows RFC 9113 as far as a judge needs it; Huffman codes and the dynamic table are a library's.
//! It refuses to send what it was not told to, except acknowledgements and the windows it opens.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use httlib_hpack::Decoder;

use super::Headers;

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const WINDOW: i64 = 65_535;
const LARGEST: usize = 16_384;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// Of DATA and HEADERS; of SETTINGS and PING.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;

const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// What came on one stream so far.
#[derive(Debug, Default)]
pub struct Stream {
    /// Header blocks in order: interim ones, the head, the trailers.
    pub blocks: Vec<Headers>,
    pub data: Vec<u8>,
    /// The peer has said all.
    pub ended: bool,
    /// The code of a reset.
    pub reset: Option<u32>,
    /// What may still be sent.
    window: i64,
}

impl Stream {
    /// The value of a field of the head.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.blocks.first().and_then(|block| block.get(name))
    }

    /// The value of a field behind the body.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        self.blocks.get(1).and_then(|block| block.get(name))
    }

    pub fn over(&self) -> bool {
        self.ended || self.reset.is_some()
    }
}

/// One end of a connection.
#[derive(Debug)]
pub struct Connection<S> {
    io: S,
    decoder: Decoder<'static>,
    pub streams: BTreeMap<u32, Stream>,
    /// The peer takes no new streams.
    pub going_away: bool,
    window: i64,
    initial: i64,
    /// Received bytes are granted anew by themselves.
    generous: bool,
    /// But for those of these streams.
    held: BTreeSet<u32>,
    next: u32,
}

impl<S: Read + Write> Connection<S> {
    fn new(io: S) -> Self {
        Self {
            io,
            decoder: Decoder::with_dynamic_size(4096),
            streams: BTreeMap::new(),
            going_away: false,
            window: WINDOW,
            initial: WINDOW,
            generous: true,
            held: BTreeSet::new(),
            next: 1,
        }
    }

    /// A client that knows beforehand that HTTP/2 is spoken. With `window`, streams may send that much, and
    /// more only when granted.
    pub fn client(io: S, window: Option<u32>) -> io::Result<Self> {
        let mut connection = Self::new(io);
        connection.generous = window.is_none();
        connection.io.write_all(PREFACE)?;
        let mut settings = Vec::new();
        if let Some(window) = window {
            settings.extend(INITIAL_WINDOW_SIZE.to_be_bytes());
            settings.extend(window.to_be_bytes());
        }
        connection.send(SETTINGS, 0, 0, &settings)?;
        Ok(connection)
    }

    /// A server that takes so many streams at once, or any number.
    pub fn server(mut io: S, most: Option<u32>) -> io::Result<Self> {
        let mut preface = [0; PREFACE.len()];
        io.read_exact(&mut preface)?;
        if preface != *PREFACE {
            return Err(io::Error::other("not an HTTP/2 preface"));
        }
        let mut connection = Self::new(io);
        let mut settings = Vec::new();
        if let Some(most) = most {
            settings.extend(MAX_CONCURRENT_STREAMS.to_be_bytes());
            settings.extend(most.to_be_bytes());
        }
        connection.send(SETTINGS, 0, 0, &settings)?;
        Ok(connection)
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut bytes = length.to_be_bytes().get(1..).unwrap_or_default().to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        self.io.write_all(&bytes)?;
        self.io.flush()
    }

    /// Opens a stream with a request: the pseudo-fields, then `fields`.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        end: bool,
    ) -> io::Result<u32> {
        let id = self.next;
        self.next += 2;
        let mut all = vec![
            (":method", method),
            (":scheme", "http"),
            (":authority", "fn.example"),
            (":path", path),
        ];
        all.extend(fields);
        self.headers(id, &all, end)?;
        Ok(id)
    }

    /// A header block of a stream.
    pub fn headers(&mut self, id: u32, fields: &[(&str, &str)], end: bool) -> io::Result<()> {
        self.stream(id);
        let flags = END_HEADERS | if end { END_STREAM } else { 0 };
        self.send(HEADERS, flags, id, &block(fields))
    }

    /// Body bytes, as fast as the peer's windows let them pass; stops early on a stream that was reset.
    pub fn data(&mut self, id: u32, mut bytes: &[u8], end: bool) -> io::Result<()> {
        loop {
            if self.stream(id).reset.is_some() {
                return Ok(());
            }
            let room = self.room(id);
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            if now.is_empty() && !later.is_empty() {
                self.turn()?;
                continue;
            }
            let last = later.is_empty();
            let flags = if last && end { END_STREAM } else { 0 };
            let spent = i64::try_from(now.len()).unwrap_or(0);
            self.window -= spent;
            self.stream(id).window -= spent;
            self.send(DATA, flags, id, now)?;
            bytes = later;
            if last {
                return Ok(());
            }
        }
    }

    /// Body bytes, as many as may be sent without waiting for the peer, up to `most`.
    pub fn fill(&mut self, id: u32, most: usize) -> io::Result<usize> {
        let mut sent = 0;
        loop {
            let now = self.room(id).min(most - sent);
            if now == 0 {
                return Ok(sent);
            }
            self.data(id, &vec![0; now], false)?;
            sent += now;
        }
    }

    /// Bytes that need be no frame.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.io.write_all(bytes)?;
        self.io.flush()
    }

    pub fn reset(&mut self, id: u32, code: u32) -> io::Result<()> {
        self.send(RST_STREAM, 0, id, &code.to_be_bytes())
    }

    /// Takes no more streams, and has not looked at any after `last`.
    pub fn go_away(&mut self, last: u32) -> io::Result<()> {
        let mut payload = last.to_be_bytes().to_vec();
        payload.extend([0; 4]);
        self.send(GOAWAY, 0, 0, &payload)
    }

    /// Lets the peer send more: on a stream, or on the connection (0).
    pub fn grant(&mut self, id: u32, bytes: usize) -> io::Result<()> {
        let bytes = u32::try_from(bytes).map_err(io::Error::other)?;
        if bytes == 0 {
            return Ok(());
        }
        self.send(WINDOW_UPDATE, 0, id, &bytes.to_be_bytes())
    }

    /// What a stream has sent will not be granted anew.
    pub fn hold(&mut self, id: u32) {
        self.held.insert(id);
    }

    /// How much may be sent on a stream at once.
    pub fn room(&mut self, id: u32) -> usize {
        let room = self.stream(id).window.min(self.window).max(0);
        usize::try_from(room).unwrap_or(0).min(LARGEST)
    }

    pub fn stream(&mut self, id: u32) -> &mut Stream {
        let window = self.initial;
        self.streams.entry(id).or_insert_with(|| Stream {
            window,
            ..Stream::default()
        })
    }

    /// Reads until the stream is as wanted, and returns it.
    pub fn until(&mut self, id: u32, wanted: impl Fn(&Stream) -> bool) -> io::Result<&Stream> {
        while !wanted(self.stream(id)) {
            self.turn()?;
        }
        Ok(self.stream(id))
    }

    /// Reads one frame and does what it asks for; the end of the connection is an error.
    pub fn turn(&mut self) -> io::Result<()> {
        let frame = self.read()?;
        match frame.kind {
            DATA => self.take_data(&frame)?,
            HEADERS => self.take_headers(&frame)?,
            RST_STREAM => {
                let code = number(&frame.payload);
                self.stream(frame.stream).reset = Some(code);
            }
            SETTINGS if frame.flags & ACK == 0 => self.take_settings(&frame.payload)?,
            PING if frame.flags & ACK == 0 => self.send(PING, ACK, 0, &frame.payload)?,
            GOAWAY => self.going_away = true,
            WINDOW_UPDATE => {
                let more = i64::from(number(&frame.payload));
                if frame.stream == 0 {
                    self.window += more;
                } else {
                    self.stream(frame.stream).window += more;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<Frame> {
        let (mut length, mut marks, mut stream) = ([0; 4], [0; 2], [0; 4]);
        self.io
            .read_exact(length.get_mut(1..).unwrap_or_default())?;
        self.io.read_exact(&mut marks)?;
        self.io.read_exact(&mut stream)?;
        let length = u32::from_be_bytes(length);
        let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.io.read_exact(&mut payload)?;
        let [kind, flags] = marks;
        Ok(Frame {
            kind,
            flags,
            stream: number(&stream),
            payload,
        })
    }

    fn take_data(&mut self, frame: &Frame) -> io::Result<()> {
        let ended = frame.flags & END_STREAM != 0;
        let length = frame.payload.len();
        let bytes = unpadded(frame)?;
        let stream = self.stream(frame.stream);
        stream.data.extend_from_slice(bytes);
        stream.ended |= ended;
        if self.generous && !self.held.contains(&frame.stream) {
            self.grant(0, length)?;
            if !ended {
                self.grant(frame.stream, length)?;
            }
        }
        Ok(())
    }

    fn take_headers(&mut self, frame: &Frame) -> io::Result<()> {
        let mut bytes = unpadded(frame)?;
        if frame.flags & PRIORITY != 0 {
            bytes = bytes.get(5..).unwrap_or_default();
        }
        let mut bytes = bytes.to_vec();
        let mut flags = frame.flags;
        while flags & END_HEADERS == 0 {
            let more = self.read()?;
            if more.kind != CONTINUATION {
                return Err(io::Error::other("a header block is interrupted"));
            }
            bytes.extend(more.payload);
            flags = more.flags;
        }
        let mut fields = Vec::new();
        self.decoder
            .decode(&mut bytes, &mut fields)
            .map_err(|e| io::Error::other(format!("HPACK: {e:?}")))?;
        let mut block = Headers::new();
        for (name, value, _) in fields {
            block.push(
                &String::from_utf8_lossy(&name),
                &String::from_utf8_lossy(&value),
            );
        }
        let stream = self.stream(frame.stream);
        stream.blocks.push(block);
        stream.ended |= frame.flags & END_STREAM != 0;
        Ok(())
    }

    fn take_settings(&mut self, payload: &[u8]) -> io::Result<()> {
        for setting in payload.chunks_exact(6) {
            let (name, value) = setting.split_at_checked(2).unwrap_or_default();
            if name == INITIAL_WINDOW_SIZE.to_be_bytes() {
                let new = i64::from(number(value));
                for stream in self.streams.values_mut() {
                    stream.window += new - self.initial;
                }
                self.initial = new;
            }
        }
        self.send(SETTINGS, ACK, 0, &[])
    }
}

/// The first four bytes, big end first, without the reserved bit.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes) & 0x7fff_ffff)
}

fn unpadded(frame: &Frame) -> io::Result<&[u8]> {
    if frame.flags & PADDED == 0 {
        return Ok(&frame.payload);
    }
    let padded = || io::Error::other("padding longer than its frame");
    let (padding, rest) = frame.payload.split_first().ok_or_else(padded)?;
    let end = rest.len().checked_sub(usize::from(*padding));
    end.and_then(|end| rest.get(..end)).ok_or_else(padded)
}

/// Literal fields that enter no table.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            length(text.len(), &mut out);
            out.extend(text.as_bytes());
        }
    }
    out
}

/// An integer with a prefix of seven bits (RFC 7541, 5.1).
fn length(length: usize, out: &mut Vec<u8>) {
    if length < 127 {
        out.extend(u8::try_from(length));
        return;
    }
    out.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        out.extend(u8::try_from(rest % 128 + 128));
        rest /= 128;
    }
    out.extend(u8::try_from(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ends_understand_each_other() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let server = std::thread::spawn(move || {
            let mut server = Connection::server(theirs, None).unwrap();
            let size = server.until(1, Stream::over).unwrap().data.len();
            server.headers(1, &[(":status", "200")], false).unwrap();
            server.data(1, &vec![b'x'; size], false).unwrap();
            server
                .headers(1, &[("sum", &"s".repeat(300))], true)
                .unwrap();
            // The other end may still grant windows: the connection has to outlive this thread.
            server
        });
        let mut client = Connection::client(ours, None).unwrap();
        let id = client.request("POST", "/", &[], false).unwrap();
        client.data(id, &vec![b'a'; 200_000], true).unwrap();
        let stream = client.until(id, Stream::over).unwrap();
        assert_eq!(stream.field(":status"), Some("200"));
        assert_eq!(stream.data.len(), 200_000);
        assert_eq!(stream.trailer("sum").map(str::len), Some(300));
        drop(server.join().unwrap());
    }
}
