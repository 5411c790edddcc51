//! A function's output on its way to our log.
//!
//! Owns the splitting into lines and their prefix. May know one pipe and one sink. Refuses to stop reading: a line of any length passes, in pieces where
//! it is longer than `log_buffer_size`, and the last one needs no newline.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::time::Duration;

use bytes::BytesMut;
use chrono::Local;
use serde_json::json;
use tokio::time::timeout;

use crate::config::{Log, LogFormat};
use crate::journal::{self, Sink};
use crate::process::Output;

/// Which of a function's streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    const fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// How long a line that is being written in pieces may keep others waiting for its next piece.
const STALL: Duration = Duration::from_secs(1);

/// Copies `output` to `sink`, line by line, until it ends.
pub async fn copy(mut output: Output, sink: Sink, stream: Stream, log: Log) {
    let pen = sink.pen();
    let mut lines = Lines::new(stream, log);
    // Most functions have nothing to say, and need no buffer.
    if let Err(error) = output.ready().await {
        tracing::warn!("cannot read the function's {}: {error}", stream.name());
        return;
    }
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(4 << 10);
        let read = poll_fn(|cx| output.poll_read(cx, &mut buffer));
        let read = if lines.open {
            let Ok(read) = timeout(STALL, read).await else {
                pen.write(&lines.end(), true).await;
                continue;
            };
            read
        } else {
            read.await
        };
        // A pipe that fails to read has nothing more to say.
        let read = read.unwrap_or(0);
        let out = if read == 0 {
            lines.finish(&mut buffer)
        } else {
            lines.split(&mut buffer)
        };
        if !out.is_empty() {
            pen.write(&out, !lines.open).await;
        }
        if read == 0 {
            return;
        }
    }
}

struct Lines {
    stream: Stream,
    log: Log,
    /// The start of a line is out, its end is not.
    open: bool,
    /// Bytes known to hold no newline, so that a long line is not searched again and again.
    searched: usize,
}

impl Lines {
    const fn new(stream: Stream, log: Log) -> Self {
        Self {
            stream,
            log,
            open: false,
            searched: 0,
        }
    }

    /// Takes what can be written from `buffer`.
    fn split(&mut self, buffer: &mut BytesMut) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(end) = buffer.iter().skip(self.searched).position(|b| *b == b'\n') {
            let line = buffer.split_to(self.searched + end + 1);
            self.searched = 0;
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            self.write(&mut out, line.strip_suffix(b"\r").unwrap_or(line), true);
        }
        if self
            .log
            .line_limit
            .is_some_and(|limit| buffer.len() >= limit.max(1))
        {
            let piece = buffer.split();
            self.write(&mut out, &piece, false);
        }
        self.searched = buffer.len();
        out
    }

    /// Ends a line that is open.
    fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out, b"", true);
        out
    }

    /// Takes the rest: a last line without its newline.
    fn finish(&mut self, buffer: &mut BytesMut) -> Vec<u8> {
        let mut out = Vec::new();
        let rest = buffer.split();
        if !rest.is_empty() || self.open {
            self.write(&mut out, &rest, true);
        }
        out
    }

    fn write(&mut self, out: &mut Vec<u8>, text: &[u8], ends: bool) {
        match (self.log.prefix, self.log.format) {
            (true, LogFormat::Json) => {
                let mut object = json!({
                    "time": journal::rfc3339(Local::now()),
                    "stream": self.stream.name(),
                    "message": String::from_utf8_lossy(text),
                });
                if let (false, Some(map)) = (ends, object.as_object_mut()) {
                    map.insert("partial".to_owned(), true.into());
                }
                out.extend_from_slice(object.to_string().as_bytes());
                out.push(b'\n');
            }
            (prefix, _) => {
                if prefix && !self.open {
                    let mut head = String::new();
                    journal::timestamp(&mut head);
                    // Writing to a string cannot fail.
                    let _ = write!(head, " {}: ", self.stream.name());
                    out.extend_from_slice(head.as_bytes());
                }
                out.extend_from_slice(text);
                if ends {
                    out.push(b'\n');
                }
            }
        }
        self.open = !ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(limit: Option<usize>, pieces: &[&str]) -> String {
        let log = Log {
            format: LogFormat::Text,
            prefix: false,
            line_limit: limit,
            call_id: false,
        };
        let mut lines = Lines::new(Stream::Stderr, log);
        let mut buffer = BytesMut::new();
        let mut out = Vec::new();
        for piece in pieces {
            buffer.extend_from_slice(piece.as_bytes());
            out.extend(lines.split(&mut buffer));
        }
        out.extend(lines.finish(&mut buffer));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_split_over_reads_is_one_line() {
        assert_eq!(run(Some(64), &["ab", "c\nd"]), "abc\nd\n");
    }

    #[test]
    fn a_line_over_the_limit_passes_whole() {
        assert_eq!(run(Some(4), &["abcdef", "gh", "\nij\n"]), "abcdefgh\nij\n");
        assert_eq!(run(Some(0), &["abc", "def\n"]), "abcdef\n");
    }

    #[test]
    fn carriage_returns_go_and_empty_lines_stay() {
        assert_eq!(run(None, &["a\r\n\n", "b"]), "a\n\nb\n");
    }

    #[test]
    fn json_marks_pieces() {
        let log = Log {
            format: LogFormat::Json,
            prefix: true,
            line_limit: Some(2),
            call_id: false,
        };
        let mut lines = Lines::new(Stream::Stdout, log);
        let out = lines.split(&mut BytesMut::from("abc"));
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(object["message"], "abc");
        assert_eq!(object["partial"], true);
    }
}
