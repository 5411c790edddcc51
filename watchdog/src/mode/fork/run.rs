//! A function that answers while it runs.
//!
//! Owns the child, its upload and its output for as long as the response body lives. May know how the child ended. Refuses to end cleanly unless the
//! child did.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use super::pipes::{Broken, Buffer, Feeding, Input};
use crate::body::BodyError;
use crate::failure::Failure;
use crate::process::{self, Child, Output, Spawned, Stdin};

#[derive(Debug)]
pub struct Run {
    /// First, so that on a drop the child is told to stop before its stdin closes.
    child: Child,
    stdout: Option<Output>,
    upload: Option<Feeding>,
    /// Output that came before the head was settled.
    first: Bytes,
    buffer: Buffer,
    /// A broken upload's pipe, which closes after the child was told to stop.
    stdin: Option<Stdin>,
}

impl Run {
    pub fn new(spawned: Spawned, input: Input) -> Result<Self, Failure> {
        let Spawned {
            child,
            stdin,
            mut stdout,
            ..
        } = spawned;
        // Its first bytes are to pass at once.
        stdout.watch().map_err(|e| process::system(&e))?;
        let upload = Feeding::start(input, stdin);
        Ok(Self {
            child,
            stdout: Some(stdout),
            upload: Some(upload),
            first: Bytes::new(),
            buffer: Buffer::default(),
            stdin: None,
        })
    }

    /// The next output; `None` once the child has ended well.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        if let Some(upload) = &mut self.upload
            && let Poll::Ready(fed) = Pin::new(upload).poll(cx)
        {
            self.upload = None;
            if let Err(broken) = fed {
                let Broken { failure, stdin } = *broken;
                self.stdin = Some(stdin);
                return Poll::Ready(Err(failure));
            }
        }
        if let Some(stdout) = &mut self.stdout {
            if ready!(self.buffer.poll_fill(stdout, cx))? > 0 {
                return Poll::Ready(Ok(Some(self.buffer.bytes.split().freeze())));
            }
            self.stdout = None;
            self.child.look();
        }
        let exit = ready!(self.child.poll_wait(cx));
        self.child.release();
        Poll::Ready(if exit.is_success() {
            Ok(None)
        } else {
            Err(Failure::Exit {
                status: exit.to_string(),
                output: None,
            })
        })
    }

    /// Waits for more output; the settled part of the answer depends on it.
    pub async fn more(&mut self) -> Result<Option<Bytes>, Failure> {
        std::future::poll_fn(|cx| self.poll_output(cx)).await
    }

    /// Puts output back before what is still to come.
    pub fn unread(&mut self, bytes: Bytes) {
        self.first = bytes;
    }

    /// Lets the function finish although nobody listens any more.
    pub async fn finish(mut self) {
        while let Ok(Some(_)) = self.more().await {}
    }
}

impl http_body::Body for Run {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match ready!(self.poll_output(cx)) {
            Ok(output) => Poll::Ready(output.map(|bytes| Ok(Frame::data(bytes)))),
            Err(failure) => Poll::Ready(Some(Err(failure.into()))),
        }
    }
}

/// A running function that may be left to finish when its client is gone.
pub struct Left {
    pub run: Option<Run>,
    pub rest: Option<Rest>,
}

/// Who reads a function to its end when its client does not, and until when.
pub struct Rest {
    pub pumps: TaskTracker,
    pub until: Option<Instant>,
}

impl http_body::Body for Left {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        let frame = ready!(http_body::Body::poll_frame(Pin::new(run), cx));
        if !matches!(frame, Some(Ok(_))) {
            self.run = None;
        }
        Poll::Ready(frame)
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        if let (Some(run), Some(rest)) = (self.run.take(), self.rest.take()) {
            rest.pumps.spawn(async move {
                match rest.until {
                    // Too late: the drop stops it.
                    Some(until) => drop(timeout_at(until, run.finish()).await),
                    None => run.finish().await,
                }
            });
        }
    }
}
