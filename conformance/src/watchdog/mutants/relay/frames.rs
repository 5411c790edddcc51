//! Frames of HTTP/2, taken apart as they come.
//! It knows their nine bytes of head, and the preface before the first of a client.
//! It refuses to know what a payload means.

/// How a connection with prior knowledge begins.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

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
    pub(super) fn take(buf: &mut Vec<u8>) -> Option<Self> {
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

    pub(super) fn write(&self, out: &mut Vec<u8>) {
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
}
