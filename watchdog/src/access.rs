//! The access line.
//!
//! Owns its three shapes: the classic watchdog's, the of-watchdog's and JSON. May know a finished request's figures. Refuses to log anything else.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::Local;
use http::{HeaderValue, Method, StatusCode, Uri};
use serde_json::json;

use crate::config::LogFormat;
use crate::journal::{self, Sink};

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `Wrote 5 Bytes - Duration: 0.001234s`
    Classic,
    /// `POST / - 200 - ContentLength: 5B (0.0012s)`
    Code,
    /// `POST / - 200 OK - ContentLength: 5B (0.0012s)`
    Reason,
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
    pub uri: &'a Uri,
    pub status: StatusCode,
    pub sent: u64,
    pub duration: Duration,
    pub call_id: Option<&'a HeaderValue>,
    pub trace: Option<&'a HeaderValue>,
    pub probe: bool,
}

impl Access {
    pub fn write(&self, entry: &Entry<'_>) {
        let Some(sink) = &self.sink else { return };
        if entry.probe && self.skip_probes {
            return;
        }
        let mut line = String::with_capacity(128);
        // Writing to a string cannot fail.
        let _ = match (self.format, self.shape) {
            (LogFormat::Json, _) => self.json(&mut line, entry),
            (LogFormat::Text, Shape::Classic) if entry.status == StatusCode::OK => {
                let (time, secs) = (journal::timestamp(), entry.duration.as_secs_f64());
                writeln!(
                    line,
                    "{time} Wrote {} Bytes - Duration: {secs:.6}s",
                    entry.sent
                )
            }
            (LogFormat::Text, _) => self.text(&mut line, entry),
        };
        sink.line(line.as_bytes());
    }

    fn text(&self, line: &mut String, entry: &Entry<'_>) -> std::fmt::Result {
        write!(
            line,
            "{} {} {} - {}",
            journal::timestamp(),
            entry.method,
            entry.uri,
            entry.status.as_u16()
        )?;
        if self.shape == Shape::Reason {
            write!(line, " {}", reason(entry.status))?;
        }
        write!(
            line,
            " - ContentLength: {} ({:.4}s)",
            size(entry.sent),
            entry.duration.as_secs_f64()
        )?;
        if self.show_call_id {
            write!(line, " [{}]", text(entry.call_id).unwrap_or("none"))?;
        }
        line.push('\n');
        Ok(())
    }

    fn json(&self, line: &mut String, entry: &Entry<'_>) -> std::fmt::Result {
        // `traceparent` is version-traceid-parent-flags.
        let trace_id = text(entry.trace).and_then(|t| t.split('-').nth(1));
        let object = json!({
            "time": journal::rfc3339(Local::now()),
            "level": "info",
            "message": "request",
            "mode": self.mode,
            "method": entry.method.as_str(),
            "path": entry.uri.to_string(),
            "status": entry.status.as_u16(),
            "bytes": entry.sent,
            "duration": entry.duration.as_secs_f64(),
            "call_id": text(entry.call_id),
            "trace_id": trace_id,
        });
        writeln!(line, "{object}")
    }
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

/// Decimal units, four significant digits, no space: `622B`, `10kB`, `3.875MB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes as f64;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1000.0 {
        let Some(next) = units.next() else { break };
        value /= 1000.0;
        unit = Some(next);
    }
    let decimals = match value {
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    format!(
        "{}{}",
        text.trim_end_matches('0').trim_end_matches('.'),
        unit.unwrap_or(&"B")
    )
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
            assert_eq!(size(bytes), text);
        }
    }
}
