//! What a function said: lines, who said them and when.
//! It knows the newest lines of a function, over all its replicas.
//! It refuses to grow without end: the oldest lines go first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use tokio::sync::watch;

/// How much text is kept for one function.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The longest line that is kept in one piece.
pub const LONGEST: usize = 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Line {
    pub at: DateTime<Utc>,
    pub instance: Arc<str>,
    pub text: Arc<str>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Line>,
    /// The number of the first line kept.
    first: u64,
    bytes: usize,
}

/// The log of one function. Followers are told of each change.
#[derive(Debug)]
pub struct Log {
    kept: Mutex<Kept>,
    /// Whether more can come.
    open: watch::Sender<bool>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            open: watch::Sender::new(true),
        }
    }
}

impl Log {
    pub fn add(&self, instance: &Arc<str>, text: &[u8]) {
        let text: Arc<str> = String::from_utf8_lossy(text).into();
        let line = Line {
            at: Utc::now(),
            instance: Arc::clone(instance),
            text,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += line.text.len();
        kept.lines.push_back(line);
        while kept.bytes > MOST_BYTES {
            let Some(old) = kept.lines.pop_front() else {
                break;
            };
            kept.bytes -= old.text.len();
            kept.first += 1;
        }
        drop(kept);
        self.open.send_modify(|_| {});
    }

    /// Nobody will say anything any more.
    pub fn close(&self) {
        self.open.send_replace(false);
    }

    pub fn watch(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// The lines from number `from` on, and the number of the next one.
    pub fn since(&self, from: u64) -> (Vec<Line>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(from.saturating_sub(kept.first)).unwrap_or(usize::MAX);
        let lines = kept.lines.iter().skip(skip).cloned().collect();
        (lines, kept.first + kept.lines.len() as u64)
    }
}

/// What is asked of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub instance: String,
    /// So many of the newest; all where there is no number.
    pub tail: Option<usize>,
    pub since: Option<DateTime<Utc>>,
    pub follow: bool,
}

impl Query {
    /// From the last value of each parameter; `None` where one cannot be read.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |name: &str| value(name).filter(|text| !text.is_empty());
        let tail = match given("tail") {
            Some(text) => usize::try_from(text.parse::<i64>().ok()?)
                .ok()
                .filter(|&n| n > 0),
            None => None,
        };
        let since = match given("since") {
            Some(text) => Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc()),
            None => None,
        };
        Some(Self {
            instance: given("instance").unwrap_or_default(),
            tail,
            since,
            follow: given("follow").is_some_and(|text| is_true(&text)),
        })
    }

    fn wants(&self, line: &Line) -> bool {
        let here = self.instance.is_empty() || *self.instance == *line.instance;
        here && self.since.is_none_or(|since| line.at >= since)
    }

    /// Those of the lines there are that are asked for.
    pub fn existing(&self, lines: Vec<Line>) -> Vec<Line> {
        let mut wanted = self.newer(lines);
        let excess = self
            .tail
            .map_or(0, |tail| wanted.len().saturating_sub(tail));
        wanted.drain(..excess);
        wanted
    }

    /// Those of new lines that are asked for.
    pub fn newer(&self, mut lines: Vec<Line>) -> Vec<Line> {
        lines.retain(|line| self.wants(line));
        lines
    }
}

/// Go's words for true.
fn is_true(text: &str) -> bool {
    ["1", "t", "T", "true", "TRUE", "True"].contains(&text)
}

/// One line of the stream that clients read.
pub fn told(name: &str, namespace: &str, line: &Line) -> String {
    let object = json!({
        "name": name,
        "namespace": namespace,
        "instance": &*line.instance,
        "timestamp": line.at.to_rfc3339_opts(SecondsFormat::Nanos, true),
        "text": &*line.text,
    });
    format!("{object}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Option<Query> {
        Query::read(|name| {
            let found = pairs.iter().rev().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn parameters() {
        assert_eq!(query(&[]), Some(Query::default()));
        assert_eq!(query(&[("tail", "abc")]), None);
        assert_eq!(query(&[("since", "yesterday")]), None);
        assert_eq!(query(&[("tail", "-1")]).unwrap().tail, None);
        assert_eq!(query(&[("tail", "0")]).unwrap().tail, None);
        assert_eq!(
            query(&[("tail", "2"), ("tail", "5")]).unwrap().tail,
            Some(5)
        );
        assert!(
            query(&[("since", "2026-01-02T03:04:05.6+02:00")])
                .unwrap()
                .since
                .is_some()
        );
        assert!(!query(&[("follow", "maybe")]).unwrap().follow);
        assert!(query(&[("follow", "T")]).unwrap().follow);
    }

    #[test]
    fn the_newest_lines_are_the_tail() {
        let log = Log::default();
        let instance: Arc<str> = "i".into();
        for index in 0..9 {
            log.add(&instance, index.to_string().as_bytes());
        }
        let (lines, next) = log.since(0);
        assert_eq!(next, 9);
        let tail = query(&[("tail", "2")]).unwrap().existing(lines.clone());
        let texts: Vec<&str> = tail.iter().map(|line| &*line.text).collect();
        assert_eq!(texts, ["7", "8"]);
        assert!(
            query(&[("instance", "j")])
                .unwrap()
                .existing(lines)
                .is_empty()
        );
        assert_eq!(log.since(8).0.len(), 1);
    }
}
