//! Bytes into and out of a forked function.
//!
//! Owns the two pumps. May know an input and a pipe. Refuses to mistake a broken upload for its end: the function's stdin then stays open until the
//! function is gone.

use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;

use crate::failure::Failure;
use crate::spool::{Place, Spooled};
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

    /// All of it, spooled.
    pub async fn collect(self, place: &Place) -> Result<Spooled, Failure> {
        let mut upload = match self {
            Self::Whole(spooled) => return Ok(spooled),
            Self::Stream(upload) => upload,
        };
        let mut spool = place.open();
        while let Some(frame) = upload.frame().await {
            if let Ok(data) = frame?.into_data() {
                spool.push(&data).map_err(|e| disk(&e))?;
            }
        }
        Ok(spool.finish())
    }
}

/// A pump that failed, and the stdin that must not close before the function is stopped.
#[derive(Debug)]
pub struct Broken {
    pub failure: Failure,
    pub stdin: pipe::Sender,
}

/// Writes `input` to `stdin` and closes it. A function that does not want all of it is no failure.
pub async fn feed(input: Input, mut stdin: pipe::Sender) -> Result<(), Broken> {
    match input {
        Input::Stream(mut upload) => {
            while let Some(frame) = upload.frame().await {
                let data = match frame {
                    Ok(frame) => frame.into_data(),
                    Err(error) => {
                        return Err(Broken {
                            failure: error.into(),
                            stdin,
                        });
                    }
                };
                if let Ok(data) = data
                    && stdin.write_all(&data).await.is_err()
                {
                    break;
                }
            }
        }
        Input::Whole(mut spooled) => loop {
            match spooled.chunk() {
                Ok(Some(data)) => {
                    if stdin.write_all(&data).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    return Err(Broken {
                        failure: disk(&error),
                        stdin,
                    });
                }
            }
        },
    }
    Ok(())
}

/// Reads `pipe` to its end.
pub async fn drain(mut pipe: pipe::Receiver, place: &Place) -> Result<Spooled, Failure> {
    let mut spool = place.open();
    let mut buffer = BytesMut::with_capacity(READ);
    loop {
        buffer.clear();
        match pipe.read_buf(&mut buffer).await {
            Ok(0) => return Ok(spool.finish()),
            Ok(_) => spool.push(&buffer).map_err(|e| disk(&e))?,
            Err(error) => {
                return Err(Failure::Internal(format!(
                    "cannot read the function's output: {error}"
                )));
            }
        }
    }
}

/// A pipe holds this much unless told otherwise.
pub const READ: usize = 64 << 10;

pub fn disk(error: &std::io::Error) -> Failure {
    Failure::Internal(format!("cannot keep a body on disk: {error}"))
}
