//! Bodies of any size that are never held in memory: every byte follows from its offset.
//! It knows how to make, send and compare them.
//! It refuses to collect: a mismatch is told by its offset.

use std::io::{self, Read, Write};

/// A deterministic stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub seed: u64,
    pub len: u64,
}

impl Pattern {
    pub const fn new(seed: u64, len: u64) -> Self {
        Self { seed, len }
    }

    /// Eight bytes by their index: an xorshift-multiply mix of seed and offset.
    fn word(&self, index: u64) -> [u8; 8] {
        let mut x = self
            .seed
            .wrapping_add(1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ index;
        x ^= x >> 30;
        x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x ^= x >> 27;
        x = x.wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        x.to_le_bytes()
    }

    pub fn byte(&self, offset: u64) -> u8 {
        let at = usize::try_from(offset % 8).unwrap_or(0);
        self.word(offset / 8).get(at).copied().unwrap_or(0)
    }

    /// Fills `out` from `offset` on.
    pub fn fill(&self, offset: u64, out: &mut [u8]) {
        let mut at = offset;
        for slot in out
            .iter_mut()
            .take(usize::try_from((8 - offset % 8) % 8).unwrap_or(0))
        {
            *slot = self.byte(at);
            at += 1;
        }
        let done = usize::try_from(at - offset).unwrap_or(0);
        for chunk in out.get_mut(done..).unwrap_or_default().chunks_mut(8) {
            let word = self.word(at / 8);
            for (slot, byte) in chunk.iter_mut().zip(word) {
                *slot = byte;
            }
            at += 8;
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0; usize::try_from(self.len).unwrap_or(0)];
        self.fill(0, &mut out);
        out
    }

    /// Writes the whole stream, as it is or as chunks with the last one.
    pub fn write_to(&self, out: &mut impl Write, chunked: bool) -> io::Result<()> {
        let mut offset = 0;
        let mut piece = vec![0; 64 * 1024];
        while offset < self.len {
            let n = usize::try_from(self.len - offset)
                .unwrap_or(usize::MAX)
                .min(piece.len());
            let part = piece.get_mut(..n).unwrap_or_default();
            self.fill(offset, part);
            if chunked {
                write!(out, "{n:x}\r\n")?;
                out.write_all(part)?;
                out.write_all(b"\r\n")?;
            } else {
                out.write_all(part)?;
            }
            offset += n as u64;
        }
        if chunked {
            out.write_all(b"0\r\n\r\n")
        } else {
            Ok(())
        }
    }

    /// Compares `got`, which starts at `offset`; the offset of the first wrong byte, if any.
    pub fn mismatch(&self, offset: u64, got: &[u8]) -> Option<u64> {
        let mut want = vec![0; got.len()];
        self.fill(offset, &mut want);
        if offset + got.len() as u64 <= self.len && want == got {
            return None;
        }
        let wrong = want.iter().zip(got).position(|(want, got)| want != got);
        Some(
            wrong
                .map_or(self.len, |at| offset + at as u64)
                .min(self.len),
        )
    }
}

impl Pattern {
    /// A reader over the stream.
    pub fn reader(self) -> impl Read {
        PatternReader {
            pattern: self,
            offset: 0,
        }
    }
}

struct PatternReader {
    pattern: Pattern,
    offset: u64,
}

impl Read for PatternReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.pattern.len - self.offset).unwrap_or(usize::MAX);
        let n = left.min(out.len());
        self.pattern
            .fill(self.offset, out.get_mut(..n).unwrap_or_default());
        self.offset += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_at_any_offset_agrees_with_single_bytes() {
        let pattern = Pattern::new(7, 1000);
        let whole = pattern.bytes();
        for offset in [0_u64, 1, 7, 8, 13, 900] {
            let mut part = [0; 50];
            pattern.fill(offset, &mut part);
            let start = usize::try_from(offset).unwrap();
            assert_eq!(&whole[start..start + 50], &part);
        }
    }

    #[test]
    fn a_wrong_or_surplus_byte_is_found() {
        let pattern = Pattern::new(1, 10);
        let mut got = pattern.bytes();
        assert_eq!(pattern.mismatch(0, &got), None);
        got[4] ^= 1;
        assert_eq!(pattern.mismatch(0, &got), Some(4));
        got[4] ^= 1;
        got.push(0);
        assert_eq!(pattern.mismatch(0, &got), Some(10));
    }
}
