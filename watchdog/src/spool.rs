//! Bodies that are collected before they are used.
//!
//! Owns a buffer that moves to an unnamed file when it grows. May know the threshold and the directory. Refuses to hold more than the threshold in
//! memory, unless there is nowhere to write.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::body::{Body, BodyError};
use crate::descriptors;

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;

/// Where collected bodies go, and when.
#[derive(Debug, Clone)]
pub struct Place {
    pub threshold: u64,
    pub dir: PathBuf,
}

/// A body being collected.
#[derive(Debug)]
pub struct Spool {
    place: Place,
    memory: BytesMut,
    file: Option<File>,
    length: u64,
}

/// A collected body, read once from its start.
#[derive(Debug, Default)]
pub struct Spooled {
    memory: Bytes,
    file: Option<(File, u64)>,
    left: u64,
}

impl Place {
    pub fn open(&self) -> Spool {
        Spool {
            place: self.clone(),
            memory: BytesMut::new(),
            file: None,
            length: 0,
        }
    }
}

impl Spool {
    /// # Errors
    /// Where the file cannot take more: a full disk.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        if self.file.is_none() && self.length > self.place.threshold {
            self.file = unnamed(&self.place.dir);
            if let Some(file) = &mut self.file {
                file.write_all(&self.memory)?;
                self.memory = BytesMut::new();
            }
        }
        if let Some(file) = &mut self.file {
            return file.write_all(bytes);
        }
        self.memory.extend_from_slice(bytes);
        Ok(())
    }

    pub fn finish(self) -> Spooled {
        let file = self.file.map(|file| (file, 0));
        Spooled {
            memory: self.memory.freeze(),
            file,
            left: self.length,
        }
    }
}

/// `None` where no file can be had: memory is then the better of two evils.
fn unnamed(dir: &Path) -> Option<File> {
    static WARNED: Once = Once::new();
    match tempfile::tempfile_in(dir) {
        Ok(file) => Some(descriptors::settle(file.into()).into()),
        Err(error) => {
            WARNED.call_once(|| {
                tracing::warn!(
                    "large bodies stay in memory: no file can be made in {}: {error}",
                    dir.display()
                );
            });
            None
        }
    }
}

impl Spooled {
    /// Bytes not yet read.
    pub const fn len(&self) -> u64 {
        self.left
    }

    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Puts bytes before what is left.
    pub fn prepend(&mut self, head: &[u8]) {
        self.left += head.len() as u64;
        let mut memory = BytesMut::from(head);
        memory.extend_from_slice(&self.memory);
        self.memory = memory.freeze();
    }

    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    /// Where the file ends early or cannot be read.
    pub fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let piece = if !self.memory.is_empty() {
            self.memory.split_to(self.memory.len().min(CHUNK))
        } else if let Some((file, at)) = &mut self.file
            && self.left > 0
        {
            let size = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
            let mut buffer = BytesMut::zeroed(size);
            file.read_exact_at(&mut buffer, *at)?;
            *at += size as u64;
            buffer.freeze()
        } else {
            return Ok(None);
        };
        self.left -= piece.len() as u64;
        Ok(Some(piece))
    }

    /// The first bytes, for a look at what this is; at most `CHUNK`.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub fn peek(&mut self) -> io::Result<Bytes> {
        if self.memory.is_empty()
            && let Some(piece) = self.chunk()?
        {
            self.left += piece.len() as u64;
            self.memory = piece;
        }
        Ok(self.memory.clone())
    }

    /// Forgets the first `count` bytes of what [`Self::peek`] showed.
    pub fn skip(&mut self, count: usize) {
        let skipped = self.memory.split_to(count.min(self.memory.len()));
        self.left -= skipped.len() as u64;
    }

    /// The same bytes once more.
    ///
    /// # Errors
    /// Where no further descriptor can be had.
    pub fn again(&self) -> io::Result<Self> {
        let file = match &self.file {
            Some((file, at)) => Some((file.try_clone()?, *at)),
            None => None,
        };
        Ok(Self {
            memory: self.memory.clone(),
            file,
            left: self.left,
        })
    }

    pub fn into_body(mut self) -> Body {
        if self.file.is_none() {
            return self.memory.split_to(self.memory.len()).into();
        }
        Body::new(self)
    }
}

impl http_body::Body for Spooled {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.chunk() {
            Ok(piece) => Poll::Ready(piece.map(|p| Ok(Frame::data(p)))),
            Err(error) => Poll::Ready(Some(Err(error.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut spooled: Spooled) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = spooled.chunk().unwrap() {
            all.extend_from_slice(&piece);
        }
        all
    }

    #[test]
    fn either_side_of_the_threshold_comes_back_whole() {
        for size in [0_usize, 1, 99, 100, 101, 200_000] {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            let mut spool = Place {
                threshold: 100,
                dir: std::env::temp_dir(),
            }
            .open();
            for piece in bytes.chunks(7) {
                spool.push(piece).unwrap();
            }
            assert_eq!(spool.file.is_some(), size > 100, "{size}");
            let spooled = spool.finish();
            assert_eq!(spooled.len(), size as u64);
            assert_eq!(read(spooled), bytes);
        }
    }

    #[test]
    fn nowhere_to_write_keeps_it_in_memory() {
        let mut spool = Place {
            threshold: 1,
            dir: "/nonexistent".into(),
        }
        .open();
        spool.push(b"abc").unwrap();
        assert_eq!(read(spool.finish()), b"abc");
    }

    #[test]
    fn peek_skip_and_prepend_keep_count() {
        let mut spool = Place {
            threshold: 1,
            dir: std::env::temp_dir(),
        }
        .open();
        spool.push(b"head\nbody").unwrap();
        let mut spooled = spool.finish();
        assert_eq!(spooled.peek().unwrap(), "head\nbody");
        spooled.skip(5);
        spooled.prepend(b"a ");
        assert_eq!(spooled.len(), 6);
        assert_eq!(read(spooled), b"a body");
    }
}
