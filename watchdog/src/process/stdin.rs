//! The writing end of a process's stdin.
//!
//! Owns the descriptor. May know how much the pipe takes. Refuses to trouble the reactor before the pipe is full: most bodies fit into it.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;

/// Dropping it ends the process's input.
#[derive(Debug)]
pub struct Stdin {
    unwatched: Option<OwnedFd>,
    watched: Option<pipe::Sender>,
}

impl Stdin {
    /// `end` must not block.
    pub(super) const fn new(end: OwnedFd) -> Self {
        Self {
            unwatched: Some(end),
            watched: None,
        }
    }

    /// # Errors
    /// Where nobody reads the pipe any more.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let rest = bytes.get(self.write(bytes)?..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        if let Some(end) = self.unwatched.take() {
            self.watched = Some(pipe::Sender::from_owned_fd_unchecked(end)?);
        }
        match &mut self.watched {
            Some(sender) => sender.write_all(rest).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// How much went in without waiting, as long as nobody has had to wait.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let Some(end) = &self.unwatched else {
            return Ok(0);
        };
        match rustix::io::write(end, bytes) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn more_than_the_pipe_takes_arrives_whole() {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
        let mut reader = pipe::Receiver::from_owned_fd(read).unwrap();
        let mut stdin = Stdin::new(write);
        let bytes: Vec<u8> = (0..=250).cycle().take(300_000).collect();
        let writing = async {
            stdin.write_all(&bytes[..10]).await.unwrap();
            assert!(stdin.watched.is_none());
            stdin.write_all(&bytes[10..]).await.unwrap();
            drop(stdin);
        };
        let mut all = Vec::new();
        let ((), read) = tokio::join!(writing, reader.read_to_end(&mut all));
        assert_eq!((read.unwrap(), all == bytes), (300_000, true));
    }
}
