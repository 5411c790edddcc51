//! Bodies that are collected before they are used.
//!
//! Owns a buffer that moves to an unnamed file when it grows. May know the threshold and the directory. Refuses to hold more than the threshold in
//! memory, unless there is nowhere to write, and then to hold more than a bound for all such bodies together.

mod store;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use self::store::{BOUND, CHUNK, Held, Stored};
use crate::body::{Body, BodyError};
use crate::descriptors;

/// How often that is told.
const TOLD: Duration = Duration::from_mins(1);

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
    file: Option<Stored>,
    /// No file took what came, or could be made.
    held: Option<Held>,
    length: u64,
}

/// A collected body, read once from its start.
#[derive(Debug, Default)]
pub struct Spooled {
    memory: Bytes,
    left: u64,
    beyond: Option<Box<Beyond>>,
}

/// What is rare: a file, and what did not fit there.
#[derive(Debug)]
struct Beyond {
    file: Option<Stored>,
    /// What comes after it. A copy shares them, so that they count once.
    pieces: VecDeque<Bytes>,
    /// Their part of the bound, until the last copy is gone.
    held: Arc<Held>,
}

impl Place {
    pub fn open(&self) -> Spool {
        Spool {
            place: self.clone(),
            memory: BytesMut::new(),
            file: None,
            held: None,
            length: 0,
        }
    }
}

impl Spool {
    /// # Errors
    /// `StorageFull` where neither a file nor memory takes more.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        if self.length <= self.place.threshold {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        if self.held.is_some() {
            return self.hold(bytes);
        }
        if self.file.is_none() {
            match unnamed(&self.place.dir) {
                Ok(file) => self.file = Some(Stored::new(file)),
                Err(error) => return self.give_up(bytes, &error),
            }
            let memory = std::mem::take(&mut self.memory);
            self.store(&memory)?;
        }
        self.store(bytes)
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stored = self.file.as_mut().filter(|_| self.held.is_none());
        let Some(file) = stored else {
            return self.hold(bytes);
        };
        match file.append(bytes) {
            (_, Ok(())) => Ok(()),
            (written, Err(error)) => self.give_up(bytes.get(written..).unwrap_or_default(), &error),
        }
    }

    /// From now on memory is the better of two evils.
    fn give_up(&mut self, bytes: &[u8], error: &io::Error) -> io::Result<()> {
        tell(&self.place.dir, error);
        self.hold(bytes)
    }

    fn hold(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.held.get_or_insert_default().push(bytes)
    }

    pub fn finish(self) -> Spooled {
        let rare = self.file.is_some() || self.held.is_some();
        let mut held = self.held.unwrap_or_default();
        let pieces = std::mem::take(&mut held.pieces);
        let beyond = Beyond {
            file: self.file,
            pieces: pieces.into_iter().map(BytesMut::freeze).collect(),
            held: Arc::new(held),
        };
        Spooled {
            memory: self.memory.freeze(),
            left: self.length,
            beyond: rare.then(|| Box::new(beyond)),
        }
    }
}

/// Pieces are as long as what a file or memory happened to take.
fn joined(first: &[u8], then: Bytes) -> Bytes {
    if first.is_empty() {
        return then;
    }
    [first, &then].concat().into()
}

fn unnamed(dir: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(dir)?;
    Ok(descriptors::settle(file.into()).into())
}

/// The same words, whether no file can be made or one takes no more: now and then, since it may pass and come back.
fn tell(dir: &Path, error: &io::Error) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_none_or(|last| last.elapsed() >= TOLD) {
        *last = Some(Instant::now());
        tracing::warn!(
            "large bodies stay in memory, {} MiB of them at most: cannot write to {}: {error}",
            BOUND >> 20,
            dir.display()
        );
    }
}

impl Beyond {
    /// The next piece; empty at the end.
    fn chunk(&mut self) -> io::Result<Bytes> {
        if let Some(file) = &mut self.file
            && let Some(piece) = file.read()?
        {
            return Ok(piece);
        }
        Ok(self.pieces.pop_front().unwrap_or_default())
    }

    fn again(&self) -> io::Result<Self> {
        let file = match &self.file {
            Some(Stored { file, at, end }) => Some(Stored {
                file: file.try_clone()?,
                at: *at,
                end: *end,
            }),
            None => None,
        };
        Ok(Self {
            file,
            pieces: self.pieces.clone(),
            held: Arc::clone(&self.held),
        })
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
        let mut piece = self.memory.split_to(self.memory.len().min(CHUNK));
        if piece.is_empty()
            && let Some(beyond) = &mut self.beyond
        {
            piece = beyond.chunk()?;
        }
        if piece.is_empty() {
            return Ok(None);
        }
        self.left -= piece.len() as u64;
        Ok(Some(piece))
    }

    /// The first bytes, for a look at what this is: `CHUNK` or more, unless there are no more.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub fn peek(&mut self) -> io::Result<Bytes> {
        while self.memory.len() < CHUNK
            && let Some(beyond) = &mut self.beyond
        {
            let piece = beyond.chunk()?;
            if piece.is_empty() {
                break;
            }
            self.memory = joined(&self.memory, piece);
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
        let beyond = match &self.beyond {
            Some(beyond) => Some(Box::new(beyond.again()?)),
            None => None,
        };
        Ok(Self {
            memory: self.memory.clone(),
            left: self.left,
            beyond,
        })
    }

    pub fn into_body(mut self) -> Body {
        if self.beyond.is_none() {
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
        let mut spool = nowhere().open();
        spool.push(b"abc").unwrap();
        assert_eq!(read(spool.finish()), b"abc");
    }

    #[test]
    fn a_look_does_not_end_where_a_place_did() {
        let mut spool = nowhere().open();
        for piece in ["a", "b", "c"] {
            spool.push(piece.as_bytes()).unwrap();
        }
        let mut spooled = spool.finish();
        assert_eq!(spooled.peek().unwrap(), "abc");
        spooled.skip(2);
        assert_eq!(spooled.len(), 1);
        assert_eq!(read(spooled), b"c");
    }

    fn nowhere() -> Place {
        Place {
            threshold: 1,
            dir: "/nonexistent".into(),
        }
    }

    /// A body of which the file took the beginning alone.
    #[test]
    fn a_full_disk_keeps_the_rest_in_memory() {
        let bytes: Vec<u8> = (0..=250).cycle().take(300_000).collect();
        let mut spool = nowhere().open();
        let (file, rest) = bytes.split_at(100_000);
        let mut stored = Stored::new(tempfile::tempfile().unwrap());
        stored.append(file).1.unwrap();
        spool.file = Some(stored);
        spool.length = file.len() as u64;
        let full = io::ErrorKind::StorageFull.into();
        spool.length += 50_000;
        spool.give_up(&rest[..50_000], &full).unwrap();
        spool.push(&rest[50_000..]).unwrap();
        let mut spooled = spool.finish();
        assert_eq!(spooled.len(), bytes.len() as u64);
        let copy = spooled.again().unwrap();
        let first = |spooled: &Spooled| spooled.beyond.as_ref().unwrap().pieces[0].as_ptr();
        assert_eq!(first(&copy), first(&spooled));
        let counted = |spooled: &Spooled| spooled.beyond.as_ref().unwrap().held.count;
        assert_eq!(counted(&copy), 200_000);
        assert_eq!(read(copy), bytes);
        let start = spooled.peek().unwrap();
        assert!(bytes.starts_with(&start) && start.len() >= CHUNK);
        spooled.prepend(b"x");
        assert_eq!(read(spooled)[1..], bytes);
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
