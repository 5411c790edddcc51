//! The reading end of a process's stdout or stderr.
//!
//! Owns the descriptor. May know what the pipe holds. Refuses to trouble the reactor before the pipe is empty: what most functions write is there when
//! they have ended.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::net::unix::pipe;
use tokio_util::io::poll_read_buf;

/// How much is read where the caller has no room for more.
const PIECE: usize = 4 << 10;

#[derive(Debug)]
pub struct Output {
    unwatched: Option<OwnedFd>,
    watched: Option<pipe::Receiver>,
}

impl Output {
    /// `end` must not block.
    pub(super) const fn new(end: OwnedFd) -> Self {
        Self {
            unwatched: Some(end),
            watched: None,
        }
    }

    /// Has the reactor watch it from now on.
    ///
    /// # Errors
    /// Where the system has no room for one more.
    pub fn watch(&mut self) -> io::Result<()> {
        if let Some(end) = self.unwatched.take() {
            self.watched = Some(pipe::Receiver::from_owned_fd_unchecked(end)?);
        }
        Ok(())
    }

    /// Nothing is left to read, and nobody is left to write.
    pub fn is_over(&self) -> bool {
        self.state() == PollFlags::HUP
    }

    /// Something waits to be read.
    pub fn holds_some(&self) -> bool {
        self.state().contains(PollFlags::IN)
    }

    /// Waits until there is something to read, or the end.
    ///
    /// # Errors
    /// Where the system has no room for one more pipe to watch.
    pub async fn ready(&mut self) -> io::Result<()> {
        if self.state().is_empty() {
            self.watch()?;
        }
        match &self.watched {
            Some(pipe) => pipe.readable().await,
            None => Ok(()),
        }
    }

    /// What the system says of a pipe that is not watched.
    fn state(&self) -> PollFlags {
        let Some(end) = &self.unwatched else {
            return PollFlags::empty();
        };
        let mut ends = [PollFd::new(end, PollFlags::IN)];
        // A pipe that cannot be asked is waited for as any other.
        let asked = poll(&mut ends, Some(&Timespec::default()));
        let [end] = ends;
        asked.map_or(PollFlags::empty(), |_| end.revents())
    }

    /// Adds what there is to `buffer`, into the room it has; 0 at the end.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        if let Some(read) = self.read(buffer)? {
            return Poll::Ready(Ok(read));
        }
        self.watch()?;
        match &mut self.watched {
            Some(pipe) => Poll::Ready(ready!(poll_read_buf(Pin::new(pipe), cx, buffer))),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// What can be had without waiting, as long as nobody has had to wait.
    fn read(&self, buffer: &mut BytesMut) -> io::Result<Option<usize>> {
        let Some(end) = &self.unwatched else {
            return Ok(None);
        };
        let filled = buffer.len();
        let room = buffer.capacity() - filled;
        buffer.resize(filled + if room == 0 { PIECE } else { room }, 0);
        let read = rustix::io::read(end, buffer.get_mut(filled..).unwrap_or_default());
        buffer.truncate(filled + read.unwrap_or(0));
        match read {
            Ok(count) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write as _;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;

    async fn read(output: &mut Output) -> Vec<u8> {
        let mut buffer = BytesMut::new();
        poll_fn(|cx| output.poll_read(cx, &mut buffer))
            .await
            .unwrap();
        buffer.to_vec()
    }

    #[tokio::test]
    async fn only_an_empty_pipe_is_watched() {
        let (end, write) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        let (mut output, mut write) = (Output::new(end), std::fs::File::from(write));
        assert_eq!((output.is_over(), output.holds_some()), (false, false));
        write.write_all(b"one").unwrap();
        assert_eq!((output.is_over(), output.holds_some()), (false, true));
        assert_eq!(read(&mut output).await, b"one");
        assert!(output.watched.is_none());
        let later = async {
            tokio::task::yield_now().await;
            write.write_all(b"two").unwrap();
            drop(write);
        };
        let (two, ()) = tokio::join!(read(&mut output), later);
        assert_eq!(two, b"two");
        assert!(output.watched.is_some());
        assert_eq!(read(&mut output).await, b"");
    }

    #[test]
    fn an_end_comes_after_what_was_written() {
        let (end, write) = pipe_with(PipeFlags::NONBLOCK).unwrap();
        let (output, mut write) = (Output::new(end), std::fs::File::from(write));
        write.write_all(b"last").unwrap();
        drop(write);
        assert!(!output.is_over());
        let mut buffer = BytesMut::new();
        assert_eq!(output.read(&mut buffer).unwrap(), Some(4));
        assert!(output.is_over());
    }
}
