//! What is sent at a subject, and what counts as an answer.
//! It knows requests, the answers they must get, and the ways to send many.
//! It refuses to take a wrong or short answer for a fast one.

pub mod client;
pub mod echo;
pub mod paced;
pub mod streams;
pub mod wrk;

use std::fmt::Write as _;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::fault::{During as _, Fault};

/// A request and the one right answer to it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub status: u16,
    pub answer: u64,
}

impl Ask {
    pub fn get(path: impl Into<String>, answer: u64) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            status: 200,
            answer,
        }
    }

    pub fn post(path: impl Into<String>, body: Vec<u8>, answer: u64) -> Self {
        Self {
            method: "POST",
            body,
            ..Self::get(path, answer)
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The bytes of the request.
    pub fn wire(&self, port: u16) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut wire = head.into_bytes();
        wire.extend_from_slice(&self.body);
        wire
    }
}

/// Latencies in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
}

/// A histogram of nanoseconds up to a minute, to three digits.
pub fn histogram() -> Result<Histogram<u64>, Fault> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).during("a histogram")
}

pub fn record(histogram: &mut Histogram<u64>, took: Duration) {
    histogram.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
        }
    }
}
