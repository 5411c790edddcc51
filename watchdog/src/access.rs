//! The access line.
//!
//! Owns its three shapes: the classic watchdog's, the of-watchdog's and JSON. May know a finished request's figures. Refuses to log anything else.

use std::fmt::{self, Write as _};
use std::time::Duration;

use chrono::Local;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

use crate::config::LogFormat;
use crate::journal::{self, Sink};
use crate::said;
use crate::target::{Target, escaped};

/// How long a trace's id is.
const TRACE_ID: usize = 32;

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `Wrote 5 Bytes - Duration: 0.001234s`
    Classic,
    /// `POST / - 200 - ContentLength: 5B (0.0012s)`
    Code,
    /// `POST / - 200 OK - ContentLength: 5B (0.0012s)`
    Reason,
    /// An event of `tracing`, for whoever listens in this process.
    Event,
}

#[derive(Debug)]
pub struct Access {
    /// `None` where access is not logged.
    pub sink: Option<Sink>,
    pub shape: Shape,
    pub format: LogFormat,
    pub mode: &'static str,
    /// End lines with the call id.
    pub show_call_id: bool,
    /// The orchestrator's probes are left out.
    pub skip_probes: bool,
}

/// A finished request.
#[derive(Debug)]
pub struct Entry<'a> {
    pub method: &'a Method,
    pub target: Target<'a>,
    pub status: StatusCode,
    pub sent: u64,
    pub duration: Duration,
    pub call_id: Option<&'a HeaderValue>,
    pub trace: Option<&'a HeaderValue>,
    pub probe: bool,
}

impl Access {
    /// Whether a request's trace is of any use.
    pub fn shows_trace(&self) -> bool {
        self.format == LogFormat::Json
    }

    pub fn write(&self, entry: &Entry<'_>) {
        if entry.probe && self.skip_probes {
            return;
        }
        if self.shape == Shape::Event {
            return event(entry);
        }
        let Some(sink) = &self.sink else { return };
        let mut line = String::with_capacity(128);
        // Writing to a string cannot fail.
        let _ = match (self.format, self.shape) {
            (LogFormat::Json, _) => self.json(&mut line, entry),
            (LogFormat::Text, Shape::Classic) if entry.status == StatusCode::OK => {
                journal::timestamp(&mut line);
                writeln!(
                    line,
                    " Wrote {} Bytes - Duration: {}s",
                    entry.sent,
                    Seconds::<6>(entry.duration)
                )
            }
            (LogFormat::Text, _) => self.text(&mut line, entry),
        };
        sink.line(line.as_bytes());
    }

    fn text(&self, line: &mut String, entry: &Entry<'_>) -> fmt::Result {
        journal::timestamp(line);
        line.push(' ');
        said::word(line, entry.method.as_str());
        line.push(' ');
        target(line, entry.target);
        line.push_str(" - ");
        line.push_str(entry.status.as_str());
        if self.shape == Shape::Reason {
            line.push(' ');
            line.push_str(reason(entry.status));
        }
        write!(
            line,
            " - ContentLength: {} ({}s)",
            Size(entry.sent),
            Seconds::<4>(entry.duration)
        )?;
        if self.show_call_id {
            line.push_str(" [");
            said::word(line, text(entry.call_id).unwrap_or("none"));
            line.push(']');
        }
        line.push('\n');
        Ok(())
    }

    fn json(&self, line: &mut String, entry: &Entry<'_>) -> fmt::Result {
        // `traceparent` is version-traceid-parent-flags.
        let trace_id = text(entry.trace).and_then(|t| t.split('-').nth(1));
        let trace_id = trace_id.filter(|id| id.len() <= TRACE_ID);
        let mut path = String::new();
        target(&mut path, entry.target);
        let object = json!({
            "time": journal::rfc3339(Local::now()),
            "level": "info",
            "message": "request",
            "mode": self.mode,
            "method": word(entry.method.as_str()),
            "path": path,
            "status": entry.status.as_u16(),
            "bytes": entry.sent,
            "duration": entry.duration.as_secs_f64(),
            "call_id": text(entry.call_id).map(word),
            "trace_id": trace_id,
        });
        writeln!(line, "{object}")
    }
}

/// The target of such an event.
pub const EVENT: &str = "fwatchdog::access";

fn event(entry: &Entry<'_>) {
    if !tracing::event_enabled!(target: EVENT, tracing::Level::INFO) {
        return;
    }
    let mut path = String::new();
    target(&mut path, entry.target);
    tracing::info!(
        target: EVENT,
        method = entry.method.as_str(),
        path,
        status = entry.status.as_u16(),
        bytes = entry.sent,
        duration = entry.duration.as_secs_f64(),
        call_id = text(entry.call_id),
        "request"
    );
}

/// Such an event, from its fields, as the line that it would have been.
pub fn event_as_text(fields: &serde_json::Map<String, serde_json::Value>) -> String {
    let text = |name| {
        fields
            .get(name)
            .and_then(|v| v.as_str())
            .unwrap_or_default()
    };
    let number = |name| fields.get(name).and_then(serde_json::Value::as_u64);
    let duration = fields.get("duration").and_then(serde_json::Value::as_f64);
    format!(
        "{} {} - {} - ContentLength: {} ({:.4}s)",
        text("method"),
        text("path"),
        number("status").unwrap_or_default(),
        Size(number("bytes").unwrap_or_default()),
        duration.unwrap_or_default()
    )
}

/// The path and the query: whose they are is not told, as there may be a password in it.
fn target(line: &mut String, target: Target<'_>) {
    let sent = target.as_bytes();
    match str::from_utf8(sent) {
        Ok(text) => said::target(line, text),
        Err(_) => said::target(line, &escaped(sent)),
    }
}

fn word(text: &str) -> String {
    let mut word = String::new();
    said::word(&mut word, text);
    word
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|v| v.to_str().ok())
}

fn reason(status: StatusCode) -> &'static str {
    if status.as_u16() == 499 {
        "Client Closed Request"
    } else {
        status.canonical_reason().unwrap_or("")
    }
}

/// A number of bytes in decimal units, four significant digits, no space: `622B`, `10kB`, `3.875MB`.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 1000 {
            return write!(f, "{}B", self.0);
        }
        let mut value = self.0 as f64;
        let mut unit = "B";
        for next in UNITS {
            if value < 1000.0 {
                break;
            }
            value /= 1000.0;
            unit = next;
        }
        let decimals = match value {
            v if v >= 100.0 => 1,
            v if v >= 10.0 => 2,
            _ => 3,
        };
        let text = format!("{value:.decimals$}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{text}{unit}")
    }
}

/// A duration in seconds with so many decimals, at most 9, rounded. Every request shows two, so digits go the short way.
pub struct Seconds<const DECIMALS: u32>(pub Duration);

impl<const DECIMALS: u32> fmt::Display for Seconds<DECIMALS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u32.pow(9 - DECIMALS);
        let scale = 10_u32.pow(DECIMALS);
        let rounded = (self.0.subsec_nanos() + unit / 2) / unit;
        let seconds = self.0.as_secs() + u64::from(rounded / scale);
        write!(f, "{seconds}.")?;
        let mut digits = [b'0'; 9];
        let digits = digits.get_mut(..DECIMALS as usize).unwrap_or_default();
        let mut rest = rounded % scale;
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        f.write_str(str::from_utf8(digits).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_they_always_have() {
        for (bytes, text) in [
            (0, "0B"),
            (622, "622B"),
            (10_000, "10kB"),
            (1_234, "1.234kB"),
            (3_875_000, "3.875MB"),
            (999_999, "1000kB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }

    #[test]
    fn seconds_are_rounded() {
        let four = |nanos| Seconds::<4>(Duration::from_nanos(nanos)).to_string();
        assert_eq!(four(0), "0.0000");
        assert_eq!(four(49_999), "0.0000");
        assert_eq!(four(50_001), "0.0001");
        assert_eq!(four(1_999_960_000), "2.0000");
        let six = Seconds::<6>(Duration::from_micros(12_000_034));
        assert_eq!(six.to_string(), "12.000034");
    }
}
