//! Bytes into and out of a forked function.
//!
//! Owns the two pumps. May know an input and a pipe. Refuses to mistake a broken upload for its end: the function's stdin then stays open until the
//! function is gone.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use crate::failure::Failure;
use crate::process::{Output, Stdin};
use crate::spool::{Place, Spooled};
use crate::task::{self, Owned};
use crate::upload::Upload;

/// What a function reads.
#[derive(Debug)]
pub enum Input {
    /// As it comes.
    Stream(Upload),
    /// Collected.
    Whole(Spooled),
}

impl Input {
    /// The length, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Stream(upload) => upload.exact_len(),
            Self::Whole(spooled) => Some(spooled.len()),
        }
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Stream(upload) => loop {
                let Some(frame) = upload.frame().await else {
                    return Ok(None);
                };
                if let Ok(data) = frame?.into_data() {
                    return Ok(Some(data));
                }
            },
            Self::Whole(spooled) => spooled.chunk().map_err(|e| disk(&e)),
        }
    }

    /// All of it, spooled.
    pub async fn collect(mut self, place: &Place) -> Result<Spooled, Failure> {
        if let Self::Whole(spooled) = self {
            return Ok(spooled);
        }
        let mut spool = place.open();
        while let Some(data) = self.next().await? {
            spool.push(&data).map_err(|e| Failure::unkept(&e))?;
        }
        Ok(spool.finish())
    }
}

/// A pump that failed, and the stdin that must not close before the function is stopped.
#[derive(Debug)]
pub struct Broken {
    pub failure: Failure,
    pub stdin: Stdin,
}

/// A function being fed. Dropping it ends that: what a function left unread is nobody's any more.
#[derive(Debug)]
pub enum Feeding {
    /// It was over at once; `None` once that has been told.
    Over(Option<Result<(), Box<Broken>>>),
    Going(Owned<Result<(), Box<Broken>>>),
}

impl Feeding {
    /// Writes what is there and fits into the pipe; a task of its own sees to the rest, whether or not the answer is being read.
    pub fn start(input: Input, stdin: Stdin) -> Self {
        let mut feed = Box::pin(feed(input, stdin));
        // Whoever is to be woken is not there yet; the task asks again.
        match feed.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(over) => Self::Over(Some(over)),
            Poll::Pending => Self::Going(task::spawn(feed)),
        }
    }

    /// All that is to be read has been handed over.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Over(_))
    }
}

impl Future for Feeding {
    type Output = Result<(), Box<Broken>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Over(result) => Poll::Ready(result.take().unwrap_or(Ok(()))),
            // Only the end of the runtime ends the task early.
            Self::Going(task) => Pin::new(task).poll(cx).map(|fed| fed.unwrap_or(Ok(()))),
        }
    }
}

/// Writes `input` to `stdin` and closes it. A function that does not want all of it is no failure.
async fn feed(mut input: Input, mut stdin: Stdin) -> Result<(), Box<Broken>> {
    loop {
        match input.next().await {
            Ok(Some(data)) => {
                if stdin.write_all(&data).await.is_err() {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(failure) => return Err(Box::new(Broken { failure, stdin })),
        }
    }
}

/// Reads `output` to its end.
pub async fn drain(mut output: Output, place: &Place) -> Result<Spooled, Failure> {
    let mut spool = place.open();
    let mut buffer = Buffer::default();
    while poll_fn(|cx| buffer.poll_fill(&mut output, cx)).await? > 0 {
        spool.push(&buffer.bytes).map_err(|e| disk(&e))?;
        buffer.bytes.clear();
    }
    Ok(spool.finish())
}

/// What was read of a function's output and not yet passed on.
#[derive(Debug)]
pub struct Buffer {
    pub bytes: BytesMut,
    /// How much is read at once: it grows with what the function writes at once.
    size: usize,
}

impl Default for Buffer {
    fn default() -> Self {
        Self {
            bytes: BytesMut::new(),
            size: 4 << 10,
        }
    }
}

impl Buffer {
    /// Waits for more; 0 at the end.
    pub fn poll_fill(
        &mut self,
        output: &mut Output,
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Failure>> {
        let room = |bytes: &BytesMut| bytes.capacity() - bytes.len();
        if room(&self.bytes) < self.size / 2 {
            self.bytes.reserve(self.size);
        }
        let read = ready!(output.poll_read(cx, &mut self.bytes));
        if room(&self.bytes) == 0 {
            self.size = (self.size * 2).min(READ);
        }
        let failure = |e| Failure::Internal(format!("cannot read the function's output: {e}"));
        Poll::Ready(read.map_err(failure))
    }
}

/// A pipe holds this much unless told otherwise.
const READ: usize = 64 << 10;

pub fn disk(error: &std::io::Error) -> Failure {
    Failure::Internal(format!("cannot keep a body: {error}"))
}
