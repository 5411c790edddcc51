//! Files on their way to a socket, past this process.
//!
//! Owns the bytes that stand in for a file's on the way to its connection, and the list of what they stand for: the connection sends that in their place.
//! May know one connection. Refuses what would change the length of a stand-in: chunks, HTTP/2 frames.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;

/// The longest stand-in.
const LARGEST: usize = 256 << 10;

/// As much is sent at once, if the socket takes it: one call for a MiB costs less than four.
const MOST: usize = 4 << 20;

/// Only its place counts. The allocator writes its zeros, so it is made when a file first needs it, not when somebody asks about bytes.
static STAND_IN: LazyLock<Bytes> = LazyLock::new(|| vec![0; LARGEST].into());

/// What of files is due on a connection, in order.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<VecDeque<Parcel>>);

#[derive(Debug)]
struct Parcel {
    file: Arc<File>,
    at: u64,
    /// Bytes that have not been sent.
    left: u64,
    /// Bytes that have been sent before their stand-in came.
    ahead: usize,
}

impl Outbox {
    /// Takes `len` bytes of a file from `at`. Their stand-ins must follow, as many bytes in all.
    pub fn put(&self, file: Arc<File>, at: u64, len: u64) {
        let parcel = Parcel {
            file,
            at,
            left: len,
            ahead: 0,
        };
        self.lock().push_back(parcel);
    }

    /// Bytes that stand in for a part of a file: `len`, or as many as there can be at once.
    pub fn stand_in(len: u64) -> Bytes {
        STAND_IN.slice(..usize::try_from(len).map_or(LARGEST, |len| len.min(LARGEST)))
    }

    /// How much of the next stand-in, which is `limit` bytes, has been sent before it came.
    pub fn settle(&self, limit: usize) -> usize {
        settle(&mut self.lock(), limit)
    }

    /// Sends what the next stand-in is for, and more of the same part where the socket takes it. Says how much of the stand-in that settles.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::UnexpectedEof`] where the file has become shorter.
    pub fn send(&self, socket: impl AsFd, limit: usize) -> io::Result<usize> {
        let mut parcels = self.lock();
        let Some(parcel) = parcels.front_mut() else {
            return Err(io::Error::other("a stand-in for nothing"));
        };
        let asked = usize::try_from(parcel.left).map_or(MOST, |left| left.min(MOST));
        let sent = rustix::fs::sendfile(socket, &*parcel.file, Some(&mut parcel.at), asked)?;
        if sent == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        parcel.left -= sent as u64;
        parcel.ahead = sent;
        Ok(settle(&mut parcels, limit))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Parcel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settle(parcels: &mut VecDeque<Parcel>, limit: usize) -> usize {
    let Some(parcel) = parcels.front_mut() else {
        return 0;
    };
    let settled = parcel.ahead.min(limit);
    parcel.ahead -= settled;
    if parcel.ahead == 0 && parcel.left == 0 {
        parcels.pop_front();
    }
    settled
}

/// Whether these bytes stand in for a file's.
pub fn stands_in(bytes: &[u8]) -> bool {
    let made = LazyLock::get(&STAND_IN);
    made.is_some_and(|all| !bytes.is_empty() && all.as_ptr_range().contains(&bytes.as_ptr()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_file_arrives_in_place_of_its_stand_in() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let (outbox, file) = (Outbox::default(), Arc::new(file));
        outbox.put(Arc::clone(&file), 2, 5);
        outbox.put(file, 9, 1);
        let stand_in = Outbox::stand_in(5);
        assert!(stands_in(&stand_in) && stands_in(&stand_in[4..]));
        assert!(!stands_in(b"01234") && !stands_in(&[]));
        let (here, mut there) = UnixStream::pair().unwrap();
        // What has gone out is settled by what comes later.
        assert_eq!(outbox.settle(3), 0);
        assert_eq!(outbox.send(&here, 3).unwrap(), 3);
        assert_eq!(outbox.settle(5), 2);
        assert_eq!(outbox.settle(1), 0);
        assert_eq!(outbox.send(&here, 1).unwrap(), 1);
        assert!(outbox.send(&here, 1).is_err());
        drop(here);
        let mut got = String::new();
        there.read_to_string(&mut got).unwrap();
        assert_eq!(got, "234569");
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let outbox = Outbox::default();
        outbox.put(Arc::new(tempfile::tempfile().unwrap()), 0, 1);
        let (here, _there) = UnixStream::pair().unwrap();
        let error = outbox.send(&here, 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
