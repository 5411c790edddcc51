//! Lines on their way to stdout and stderr.
//!
//! Owns one buffer and one thread per stream, so that a slow log consumer never holds up a request, and the shape of a line. May know the time and the
//! log format. Refuses to drop a function's line: its writers wait for room instead.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Local, SecondsFormat};
use nix::sys::signal::SigSet;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tracing::level_filters::LevelFilter;
use tracing::span;

use crate::config::LogFormat;
use crate::event;
use crate::said;

/// Writers of function lines wait above this many unwritten bytes.
const ROOM: usize = 256 << 10;
/// The watchdog's own lines, which cannot wait, are counted rather than kept above this many.
const FULL: usize = 8 << 20;
/// Lines that come within this time of the last write leave in one. Each write wakes a thread, which costs as much as a short request.
const GATHER: Duration = Duration::from_millis(20);
/// How long the last lines may take to be read.
const PATIENCE: Duration = Duration::from_secs(2);

/// One output stream. Clones share it.
#[derive(Debug, Clone)]
pub struct Sink(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    /// What there is cannot wait for more.
    urgent: Condvar,
    /// There is room again, or a line has ended.
    changed: Notify,
    pens: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
    /// Whose line has begun and not ended.
    open: Option<u64>,
    /// Lines of ours that wait for its end.
    held: Vec<u8>,
    lost: usize,
    /// The thread has nothing to do, and is to be told when it has.
    idle: bool,
    closed: bool,
}

/// The thread behind a [`Sink`]. Dropping it writes out what is left.
#[derive(Debug)]
pub struct Writer {
    sink: Sink,
    /// Disconnected when the thread has ended.
    ended: mpsc::Receiver<Infallible>,
}

impl Sink {
    /// A sink and the thread that empties it into `out`.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn new(name: &str, out: impl Write + Send + 'static) -> io::Result<(Self, Writer)> {
        let shared = Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            urgent: Condvar::new(),
            changed: Notify::new(),
            pens: AtomicU64::new(0),
        };
        let sink = Self(Arc::new(shared));
        let own = sink.clone();
        let (running, ended) = mpsc::channel();
        thread::Builder::new()
            .name(format!("log-{name}"))
            .stack_size(128 << 10)
            .spawn(move || {
                // Signals are for the threads that wait for them; each would wake this one for nothing.
                let _ = SigSet::all().thread_block();
                own.0.empty_into(out);
                drop(running);
            })?;
        Ok((sink.clone(), Writer { sink, ended }))
    }

    /// Adds a whole line of the watchdog's own. It waits behind a function's line that is being written in pieces.
    pub fn line(&self, line: &[u8]) {
        let mut state = self.0.lock();
        if state.buffer.len() + state.held.len() > FULL {
            state.lost += 1;
        } else if state.open.is_some() {
            state.held.extend_from_slice(line);
        } else {
            state.buffer.extend_from_slice(line);
            self.0.tell(state);
        }
    }

    /// Adds all of a text, as soon as there is room.
    pub async fn write(&self, bytes: &[u8]) {
        self.pen().write(bytes, true).await;
    }

    /// For a writer whose lines come in pieces.
    pub fn pen(&self) -> Pen {
        let sink = self.clone();
        let number = sink.0.pens.fetch_add(1, Ordering::Relaxed);
        Pen { sink, number }
    }
}

/// A writer of its own on a sink. Nobody else's bytes come between the pieces of its line.
#[derive(Debug)]
pub struct Pen {
    sink: Sink,
    number: u64,
}

impl Pen {
    /// Adds bytes as soon as there is room and no other line is open; `ends` where the last of them ends a line.
    pub async fn write(&self, bytes: &[u8], ends: bool) {
        let shared = &self.sink.0;
        loop {
            let changed = shared.changed.notified();
            {
                let mut state = shared.lock();
                let free = state.open.is_none_or(|pen| pen == self.number);
                if state.closed || (free && state.buffer.len() < ROOM) {
                    state.buffer.extend_from_slice(bytes);
                    let freed = state.set_open((!ends).then_some(self.number));
                    shared.tell(state);
                    if freed {
                        shared.changed.notify_waiters();
                    }
                    return;
                }
            }
            changed.await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread where it has to be, once it can have the lines.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let (idle, urgent) = (mem::take(&mut state.idle), state.is_urgent());
        drop(state);
        if idle {
            self.filled.notify_one();
        } else if urgent {
            self.urgent.notify_one();
        }
    }

    fn empty_into(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut state = self.lock();
            while state.buffer.is_empty() && !state.closed {
                state.idle = true;
                state = self
                    .filled
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                let held = mem::take(&mut state.held);
                state.buffer.extend_from_slice(&held);
            }
            if state.buffer.is_empty() {
                return;
            }
            mem::swap(&mut state.buffer, &mut batch);
            let lost = mem::take(&mut state.lost);
            let closed = state.closed;
            drop(state);
            self.changed.notify_waiters();
            if lost > 0 {
                batch.extend_from_slice(
                    format!("{lost} log lines were lost: stderr is not being read\n").as_bytes(),
                );
            }
            // Nobody is left to tell when the log itself cannot be written.
            let _ = out.write_all(&batch).and_then(|()| out.flush());
            batch.clear();
            batch.shrink_to(ROOM);
            if !closed {
                let more = |state: &mut State| !state.is_urgent();
                drop(self.urgent.wait_timeout_while(self.lock(), GATHER, more));
            }
        }
    }
}

impl State {
    fn is_urgent(&self) -> bool {
        self.closed || self.buffer.len() >= ROOM
    }

    /// Says whether a line that others wait for has ended.
    fn set_open(&mut self, open: Option<u64>) -> bool {
        let ended = mem::replace(&mut self.open, open).is_some() && open.is_none();
        if ended {
            self.buffer.append(&mut self.held);
        }
        ended
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let shared = &self.sink.0;
        let mut state = shared.lock();
        state.closed = true;
        shared.tell(state);
        // A reader that has stopped reading must not keep us from exiting.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

thread_local! {
    /// The second that was written last: finding out the local time costs as much as the rest of a line.
    static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Adds date and time as both watchdogs have always written them.
pub fn timestamp(line: &mut String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    LAST.with_borrow_mut(|(second, text)| {
        if *second != now {
            *second = now;
            text.clear();
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", Local::now().format("%Y/%m/%d %H:%M:%S"));
        }
        line.push_str(text);
    });
}

/// Date and time for machines.
pub fn rfc3339(now: DateTime<Local>) -> String {
    now.to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// Sends `tracing` events to a sink, one line each.
#[derive(Debug)]
pub struct Journal {
    sink: Sink,
    format: LogFormat,
    /// As a subscriber it writes our own lines alone.
    own: bool,
}

impl Journal {
    pub const fn new(sink: Sink, format: LogFormat) -> Self {
        let own = true;
        Self { sink, format, own }
    }

    /// One that writes the lines of everybody in this process.
    pub const fn of_all(sink: Sink, format: LogFormat) -> Self {
        let own = false;
        Self { sink, format, own }
    }

    /// Writes an event, whoever's it is.
    pub fn write(&self, event: &tracing::Event<'_>) {
        let fields = event::fields(event);
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let line = match self.format {
            LogFormat::Text => Self::text(&event::shown(&fields, target), level),
            LogFormat::Json => Self::json(fields, level),
        };
        self.sink.line(line.as_bytes());
    }

    fn text(message: &str, level: tracing::Level) -> String {
        let mut line = String::with_capacity(message.len() + 32);
        let warning = if level <= tracing::Level::WARN && !message.starts_with("Warning") {
            "Warning: "
        } else {
            ""
        };
        timestamp(&mut line);
        line.push(' ');
        line.push_str(warning);
        said::message(&mut line, message);
        line.push('\n');
        line
    }

    fn json(fields: Map<String, Value>, level: tracing::Level) -> String {
        let mut object = Map::new();
        object.insert("time".into(), rfc3339(Local::now()).into());
        object.insert("level".into(), level.as_str().to_ascii_lowercase().into());
        object.extend(fields);
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        line
    }
}

impl tracing::Subscriber for Journal {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        let ours = !self.own || event::is_own(metadata.target());
        ours && *metadata.level() <= tracing::Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        self.write(event);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a sink was given, once its thread has ended.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_in_pieces_is_not_broken_into() {
        let page = Page::default();
        let (sink, writer) = Sink::new("test", page.clone()).unwrap();
        let (pen, other) = (sink.pen(), sink.pen());
        pen.write(b"one ", false).await;
        sink.line(b"own\n");
        let waiting = other.write(b"other\n", true);
        let rest = async {
            pen.write(b"line\n", true).await;
        };
        tokio::join!(waiting, rest);
        drop(writer);
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "one line\nown\nother\n");
    }

    #[tokio::test]
    async fn the_end_writes_what_was_held() {
        let page = Page::default();
        let (sink, writer) = Sink::new("test", page.clone()).unwrap();
        sink.pen().write(b"open", false).await;
        sink.line(b"own\n");
        drop(writer);
        assert_eq!(*page.0.lock().unwrap(), b"openown\n");
    }
}
