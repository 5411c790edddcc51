//! Heads of HTTP/1.1: the first line, the fields, and what they say of the body behind them.
//! It knows how they are written, and how faults like to change them.
//! It refuses to judge: what it cannot read is kept as it is.

use std::fmt::Write as _;

/// The first line and the fields of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub start: String,
    pub fields: Vec<(String, String)>,
}

impl Head {
    pub(super) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw);
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines.map(|line| match line.split_once(':') {
            Some((name, value)) => (name.to_owned(), value.trim().to_owned()),
            None => (line.to_owned(), String::new()),
        });
        Self {
            start,
            fields: fields.collect(),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\r\n", self.start);
        for (name, value) in &self.fields {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        out.push_str("\r\n");
        out.into_bytes()
    }

    /// A word of the first line.
    pub fn word(&self, index: usize) -> &str {
        self.start.split(' ').nth(index).unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or(0)
    }

    pub fn set_status(&mut self, line: &str) {
        self.start = format!("{} {line}", self.word(0));
    }

    pub fn set_method(&mut self, method: &str) {
        self.start = format!("{method} {} {}", self.word(1), self.word(2));
    }

    pub fn set_target(&mut self, target: &str) {
        self.start = format!("{} {target} {}", self.word(0), self.word(2));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub fn remove(&mut self, name: &str) {
        self.fields
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Sets it, whether or not it was there.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.add(name, value);
    }

    /// Sets it where it is there.
    pub fn change(&mut self, name: &str, edit: impl Fn(&str) -> String) {
        for (key, value) in &mut self.fields {
            if key.eq_ignore_ascii_case(name) {
                *value = edit(value);
            }
        }
    }

    fn lists(&self, name: &str, token: &str) -> bool {
        let named = self
            .fields
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let mut items = named.flat_map(|(_, value)| value.split(','));
        items.any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    fn length(&self) -> Option<Framing> {
        if self.lists("transfer-encoding", "chunked") {
            return Some(Framing::Chunked);
        }
        let length = self.get("content-length")?.parse().ok()?;
        Some(Framing::Length(length))
    }

    /// Who asks for another protocol may speak it at once.
    pub(super) fn request_framing(&self) -> Framing {
        let upgrade = self.has("upgrade") || self.word(0) == "CONNECT";
        if upgrade && !self.has("content-length") {
            return Framing::Raw;
        }
        self.length().unwrap_or(Framing::Length(0))
    }

    pub(super) fn answer_framing(&self, method: &str) -> Framing {
        let status = self.status();
        if status == 101 || (method == "CONNECT" && status / 100 == 2) {
            return Framing::Raw;
        }
        if method == "HEAD" || status / 100 == 1 || status == 204 || status == 304 {
            return Framing::Length(0);
        }
        self.length().unwrap_or(Framing::Close)
    }
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// With the connection.
    Close,
    /// Never: what follows is no HTTP.
    Raw,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_as_it_was_read() {
        let raw = b"GET /a HTTP/1.1\r\nHost: b\r\nX-Y: \r\n\r\n";
        let head = Head::parse(raw);
        assert_eq!((head.word(1), head.get("x-y")), ("/a", Some("")));
        assert_eq!(head.bytes(), raw);
    }
}
