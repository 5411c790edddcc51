//! One body, large, sent and received at the same time.
//! It knows a pattern that no shifted, lost or repeated byte keeps.
//! It refuses to hold more of it than a buffer.

use std::io::{self, Write};
use std::thread;

use super::client;
use crate::fault::{During as _, Fault};

/// A prime, so that no power of two hides a shift.
const PERIOD: usize = 251;
const BLOCK: usize = PERIOD * 256;

/// Sends this many bytes to an echo and checks each that comes back.
pub fn exchange(port: u16, path: &str, size: u64) -> Result<(), Fault> {
    let mut stream = client::connect(port)?;
    let mut upload = stream.get_ref().try_clone()?;
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {size}\r\n\r\n");
    let sender = thread::spawn(move || send(&mut upload, head.as_bytes(), size));
    let mut check = Check::new();
    let answer = client::receive(&mut stream, &mut check).during("the echo")?;
    sender
        .join()
        .map_err(|_| Fault::new("the sender fell"))?
        .during("send")?;
    if answer.status != 200 || answer.body != size {
        return Err(Fault::new(format!(
            "status {} with {} bytes in place of {size}",
            answer.status, answer.body
        )));
    }
    match check.wrong {
        None => Ok(()),
        Some(at) => Err(Fault::new(format!(
            "the piece at byte {at} came back another"
        ))),
    }
}

fn pattern() -> Vec<u8> {
    (0_u8..=250).cycle().take(BLOCK + PERIOD).collect()
}

fn send(upload: &mut impl Write, head: &[u8], size: u64) -> io::Result<()> {
    let pattern = pattern();
    let block = pattern.get(..BLOCK).unwrap_or_default();
    upload.write_all(head)?;
    let mut left = size;
    while left > 0 {
        let part = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        upload.write_all(block.get(..part).unwrap_or_default())?;
        left -= part as u64;
    }
    Ok(())
}

/// Compares what is written to it with the pattern.
struct Check {
    pattern: Vec<u8>,
    at: u64,
    wrong: Option<u64>,
}

impl Check {
    fn new() -> Self {
        Self {
            pattern: pattern(),
            at: 0,
            wrong: None,
        }
    }
}

impl Write for Check {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.chunks(BLOCK) {
            let phase = usize::try_from(self.at % PERIOD as u64).unwrap_or_default();
            let expected = self.pattern.get(phase..phase + piece.len());
            if self.wrong.is_none() && expected != Some(piece) {
                self.wrong = Some(self.at);
            }
            self.at += piece.len() as u64;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Check, send};

    #[test]
    fn the_pattern_is_recognised_however_it_is_cut() {
        let mut body = Vec::new();
        send(&mut body, b"", 200_000).unwrap();
        for cut in [1, 7, 251, 4096, 65_536] {
            let mut check = Check::new();
            body.chunks(cut)
                .for_each(|part| check.write_all(part).unwrap());
            assert_eq!((check.at, check.wrong), (200_000, None));
        }
    }

    #[test]
    fn a_lost_byte_is_seen() {
        let mut body = Vec::new();
        send(&mut body, b"", 200_000).unwrap();
        body.remove(123_456);
        let mut check = Check::new();
        check.write_all(&body).unwrap();
        assert!(check.wrong.is_some());
    }
}
