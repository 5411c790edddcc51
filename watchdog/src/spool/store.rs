//! Where the bytes of a collected body are.
//!
//! Owns an unnamed file, and memory in its place. May know how much of that there may be. Refuses to lose a byte that a file did not take.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};

/// How much of a file is read at once.
pub(super) const CHUNK: usize = 64 << 10;
/// What a piece in memory has room for. Two of them, and what the allocator adds to each, fit where the buffer of one read (128 KiB) was:
/// at 64 KiB the second would not, and half of all such places would stay empty.
const PIECE: usize = CHUNK - 64;
/// How much of all bodies together may be in memory for want of a file.
pub const BOUND: u64 = 64 << 20;

/// A file's bytes from `at` on.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) file: File,
    pub(super) at: u64,
    pub(super) end: u64,
}

impl Stored {
    pub(super) const fn new(file: File) -> Self {
        Self {
            file,
            at: 0,
            end: 0,
        }
    }

    /// How much was written, and why not more.
    pub(super) fn append(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match self.file.write_at(rest, self.end) {
                Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    written += count;
                    self.end += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (written, Err(error)),
            }
        }
        (written, Ok(()))
    }

    /// The next piece; `None` at the end.
    pub(super) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let size = usize::try_from(self.end - self.at).unwrap_or(CHUNK);
        if size == 0 {
            return Ok(None);
        }
        let mut buffer = BytesMut::zeroed(size.min(CHUNK));
        self.file.read_exact_at(&mut buffer, self.at)?;
        self.at += buffer.len() as u64;
        Ok(Some(buffer.freeze()))
    }
}

/// Bytes in memory that should be in a file, in pieces: one that grows would be there twice now and then.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) count: u64,
    pub(super) pieces: VecDeque<BytesMut>,
}

/// What [`Held`] has together.
static HELD: AtomicU64 = AtomicU64::new(0);

impl Held {
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let count = bytes.len() as u64;
        let grown = |held: u64| held.checked_add(count).filter(|held| *held <= BOUND);
        HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown)
            .map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
        self.count += count;
        while !bytes.is_empty() {
            let room = |piece: &&mut BytesMut| piece.len() < piece.capacity();
            let Some(piece) = self.pieces.back_mut().filter(room) else {
                self.pieces.push_back(BytesMut::with_capacity(PIECE));
                continue;
            };
            let fits = (piece.capacity() - piece.len()).min(bytes.len());
            let (now, later) = bytes.split_at(fits);
            piece.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Given back once it is free: others may take it at once.
        self.pieces.clear();
        HELD.fetch_sub(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_bound() {
        let mut held = Held::default();
        held.push(&[7; 100]).unwrap();
        let all = usize::try_from(BOUND).unwrap();
        assert!(held.push(&vec![0; all]).is_err());
        held.push(&vec![7; CHUNK]).unwrap();
        assert_eq!((held.count, held.pieces.len()), (100 + CHUNK as u64, 2));
    }
}
