//! What went over the wires of a case, for the reader of a failure.
//! It knows connections, directions and times.
//! It refuses to grow: of a long run of bytes it keeps the two ends.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

const HEAD: usize = 1024;
const TAIL: usize = 256;
const ENTRIES: usize = 200;

/// Who sent the bytes, or that something else happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Sent,
    Received,
    Note,
}

#[derive(Debug)]
struct Entry {
    at_ms: u128,
    connection: u64,
    direction: Direction,
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
}

#[derive(Debug)]
struct Log {
    start: Instant,
    connections: u64,
    entries: Vec<Entry>,
    dropped: u64,
    /// How many ask for silence.
    paused: u32,
}

/// A shared record; clones write to the same one.
#[derive(Clone, Debug)]
pub struct Transcript(Arc<Mutex<Log>>);

impl Default for Transcript {
    fn default() -> Self {
        let log = Log {
            start: Instant::now(),
            connections: 0,
            entries: Vec::new(),
            dropped: 0,
            paused: 0,
        };
        Self(Arc::new(Mutex::new(log)))
    }
}

impl Transcript {
    pub fn open(&self) -> u64 {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.connections += 1;
        log.connections
    }

    /// Nothing is recorded while the answer is held: for polling, of which only the end is worth reading.
    pub fn pause(&self) -> Pause {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.paused += 1;
        Pause(self.clone())
    }

    pub fn is_paused(&self) -> bool {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.paused > 0
    }

    pub fn record(&self, connection: u64, direction: Direction, bytes: &[u8]) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.paused > 0 {
            return;
        }
        if let Some(last) = log.entries.last_mut()
            && last.connection == connection
            && last.direction == direction
            && direction != Direction::Note
        {
            last.extend(bytes);
            return;
        }
        if log.entries.len() >= ENTRIES {
            log.dropped += 1;
            return;
        }
        let at_ms = log.start.elapsed().as_millis();
        let mut entry = Entry {
            at_ms,
            connection,
            direction,
            head: Vec::new(),
            tail: Vec::new(),
            total: 0,
        };
        entry.extend(bytes);
        log.entries.push(entry);
    }

    pub fn note(&self, connection: u64, text: &str) {
        self.record(connection, Direction::Note, text.as_bytes());
    }

    /// The record as text, bytes escaped.
    pub fn text(&self) -> String {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        for entry in &log.entries {
            entry.show(&mut out);
        }
        if log.dropped > 0 {
            let _ = writeln!(out, "... {} more exchanges not kept", log.dropped);
        }
        out
    }
}

/// See `Transcript::pause`.
#[derive(Debug)]
pub struct Pause(Transcript);

impl Drop for Pause {
    fn drop(&mut self) {
        let mut log = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.paused = log.paused.saturating_sub(1);
    }
}

impl Entry {
    fn extend(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail
            .extend_from_slice(rest.get(rest.len().saturating_sub(TAIL)..).unwrap_or(rest));
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    fn show(&self, out: &mut String) {
        let arrow = match self.direction {
            Direction::Sent => ">",
            Direction::Received => "<",
            Direction::Note => "*",
        };
        let _ = write!(out, "{:>6} ms #{} {arrow} ", self.at_ms, self.connection);
        out.push_str(&escape(&self.head));
        let kept = (self.head.len() + self.tail.len()) as u64;
        if self.total > kept {
            let _ = write!(out, "[... {} bytes ...]", self.total - kept);
        }
        out.push_str(&escape(&self.tail));
        out.push('\n');
    }
}

/// Bytes as readable text: line ends stay visible and break the line.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n\n            "),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    let kept = out.trim_end_matches(' ').trim_end_matches('\n').len();
    out.truncate(kept);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_silent_until_it_is_over() {
        let transcript = Transcript::default();
        let pause = transcript.pause();
        transcript.record(1, Direction::Sent, b"unheard");
        drop(pause);
        transcript.record(1, Direction::Sent, b"heard");
        assert!(transcript.text().ends_with("> heard\n"));
    }

    #[test]
    fn a_long_run_keeps_both_ends() {
        let transcript = Transcript::default();
        let id = transcript.open();
        transcript.record(id, Direction::Sent, &vec![b'a'; 10_000]);
        transcript.record(id, Direction::Sent, b"end");
        let text = transcript.text();
        assert!(text.contains("bytes ...]"));
        assert!(text.trim_end().ends_with("end"));
    }
}
