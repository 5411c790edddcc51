//! Frames of HTTP/2, taken apart as they come, through the hook of a fault.
//! It knows their nine bytes of head, and the preface before the first of a client.
//! It refuses to know what a payload means.

use super::Fate;
use super::gathered::Gathered;
use super::way::Way;

/// How a connection with prior knowledge begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether a client that begins like this speaks HTTP/2; a single letter may begin another method.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let first = bytes.get(..PREFACE.len()).unwrap_or(bytes);
    bytes.starts_with(b"PRI") && PREFACE.starts_with(first)
}

/// One way, as far as it has come.
#[derive(Debug)]
pub(super) struct Frames {
    hook: Option<fn(&mut Frame) -> Fate>,
    buf: Vec<u8>,
    /// How much of the preface is to come.
    preface: usize,
}

impl Frames {
    pub fn new(way: Way, hook: Option<fn(&mut Frame) -> Fate>) -> Self {
        Self {
            hook,
            buf: Vec::new(),
            preface: match way {
                Way::Up => PREFACE.len(),
                Way::Down => 0,
            },
        }
    }

    /// Takes what has come, which is all there will be where this is the end.
    pub fn pass(&mut self, bytes: Vec<u8>, end: bool) -> Gathered {
        let Some(hook) = self.hook else {
            return Gathered::whole(bytes);
        };
        self.buf.extend(bytes);
        let preface = self.preface.min(self.buf.len());
        self.preface -= preface;
        let mut gathered = Gathered::whole(self.buf.drain(..preface).collect());
        while gathered.goes_on()
            && let Some(mut frame) = Frame::take(&mut self.buf)
        {
            let fate = hook(&mut frame);
            let mut raw = Vec::new();
            frame.write(&mut raw);
            gathered.add(raw, fate);
        }
        if end {
            gathered.out.append(&mut self.buf);
        }
        gathered
    }
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const END_STREAM: u8 = 1;

    /// Takes one off the front of `buf`, where it is all there.
    fn take(buf: &mut Vec<u8>) -> Option<Self> {
        let &[a, b, c, kind, flags, s0, s1, s2, s3] = buf.first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        if buf.len() < 9 + length {
            return None;
        }
        let payload = buf.drain(..9 + length).skip(9).collect();
        let stream = u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]);
        Some(Self {
            kind,
            flags,
            stream,
            payload,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len()).unwrap_or(0);
        out.extend(length.to_be_bytes().iter().skip(1));
        out.extend([self.kind, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.extend(&self.payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_written_as_it_was_read() {
        let sent = [0, 0, 2, 6, 1, 0, 0, 0, 5, b'h', b'i', 0];
        let mut buf = sent.to_vec();
        let frame = Frame::take(&mut buf).unwrap();
        assert_eq!((frame.kind, frame.stream), (Frame::PING, 5));
        assert_eq!((Frame::take(&mut buf), buf.as_slice()), (None, &[0][..]));
        let mut out = Vec::new();
        frame.write(&mut out);
        assert_eq!(out, sent[..11]);
    }
    #[test]
    fn the_preface_is_no_frame_however_it_is_cut() {
        let mut frames = Frames::new(
            Way::Up,
            Some(|frame| {
                frame.payload.clear();
                Fate::Pass
            }),
        );
        let mut out = Vec::new();
        for byte in [PREFACE, &[0, 0, 1, 6, 0, 0, 0, 0, 0, b'x']].concat() {
            out.extend(frames.pass(vec![byte], false).out);
        }
        assert_eq!(out, [PREFACE, &[0, 0, 0, 6, 0, 0, 0, 0, 0]].concat());
    }
    #[test]
    fn a_letter_is_no_preface() {
        assert!(begins(PREFACE) && begins(b"PRI * HT"));
        assert!(!begins(b"P") && !begins(b"POST / HTTP/1.1\r\n"));
    }
}
