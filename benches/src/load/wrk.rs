//! Closed-loop load by wrk: each connection sends the next request when the last is answered.
//! It knows the script that wrk is given and the one line that it prints at the end.
//! It refuses a count with any error in it, or with too few bytes for the answers counted.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Ask, Latency};
use crate::children::Proc;
use crate::fault::{During as _, Fault};

const MARK: &str = "benches:";
const OVERTIME: Duration = Duration::from_secs(30);
/// How far an answer may be shorter than the one looked at before: fields such as a duration vary.
const SLACK: u64 = 16;

/// What wrk saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub requests: u64,
    pub bytes: u64,
    pub seconds: f64,
    pub errors: u64,
    pub latency: Latency,
}

impl Summary {
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// A summary with errors or short bodies is no measurement.
    fn sound(self, answer: u64) -> Result<Self, Fault> {
        if self.errors > 0 {
            return Err(Fault::new(format!("wrk counted {} errors", self.errors)));
        }
        if self.requests == 0 {
            return Err(Fault::new("wrk counted no request"));
        }
        let least = self.requests * answer.saturating_sub(SLACK);
        if self.bytes < least {
            return Err(Fault::new(format!(
                "short answers: {} bytes for {} requests",
                self.bytes, self.requests
            )));
        }
        Ok(self)
    }
}

/// What to send, from how many connections, for how long.
pub struct Load<'a> {
    /// wrk, without arguments.
    pub wrk: Command,
    pub scratch: &'a Path,
    pub ask: &'a Ask,
    pub conns: usize,
    pub time: Duration,
    /// Bytes of one answer on the wire.
    pub answer: u64,
}

impl Load<'_> {
    pub fn run(mut self, port: u16) -> Result<Summary, Fault> {
        let script = self.scratch.join("load.lua");
        fs::write(&script, script_for(self.ask)).during("write the script of wrk")?;
        self.wrk
            .args(["--threads", "1", "--latency", "--timeout", "30s"])
            .args(["--connections", &self.conns.to_string()])
            .args(["--duration", &format!("{}s", self.time.as_secs().max(1))])
            .arg("--script")
            .arg(&script)
            .arg(format!("http://127.0.0.1:{port}{}", self.ask.path))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut running = Proc::spawn(&mut self.wrk)?;
        running.wait(self.time + OVERTIME).during("wrk")?;
        let mut text = String::new();
        if let Some(out) = &mut running.child().stdout {
            out.read_to_string(&mut text)?;
        }
        parse(&text)
            .ok_or_else(|| Fault::new(format!("wrk said: {}", text.trim())))?
            .sound(self.answer)
    }
}

fn script_for(ask: &Ask) -> String {
    let mut script = format!("wrk.method = \"{}\"\n", ask.method);
    for (name, value) in &ask.headers {
        let _ = writeln!(script, "wrk.headers[\"{name}\"] = \"{value}\"");
    }
    if !ask.body.is_empty() {
        let _ = writeln!(script, "wrk.body = \"{}\"", escaped(&ask.body));
    }
    script
        + "done = function(summary, latency, requests)\n"
        + "  local e = summary.errors\n"
        + &format!("  io.write(string.format(\"{MARK} %d %d %d %d %d %d %d %d\\n\",\n")
        + "    summary.requests, summary.bytes, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,\n"
        + "    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9)))\n"
        + "end\n"
}

/// A body as a string of Lua.
fn escaped(body: &[u8]) -> String {
    body.iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' => char::from(*byte).to_string(),
            other => format!("\\{other:03}"),
        })
        .collect()
}

fn parse(text: &str) -> Option<Summary> {
    let line = text.lines().find_map(|line| line.strip_prefix(MARK))?;
    let values: Option<Vec<u64>> = line
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect();
    let [requests, bytes, micros, errors, p50, p90, p99, p999] = values?.try_into().ok()?;
    Some(Summary {
        requests,
        bytes,
        seconds: Duration::from_micros(micros).as_secs_f64(),
        errors,
        latency: Latency {
            p50: p50 as f64,
            p90: p90 as f64,
            p99: p99 as f64,
            p999: p999 as f64,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Ask, parse, script_for};

    const OUTPUT: &str = "Running 2s test @ http://127.0.0.1:1/\n  1 threads and 2 connections\n\
        Requests/sec: 1\nbenches: 4000 400000 2000000 0 120 150 900 1200\n";

    #[test]
    fn the_marked_line_is_read() {
        let summary = parse(OUTPUT).unwrap();
        assert_eq!(
            (summary.requests, summary.bytes, summary.errors),
            (4000, 400_000, 0)
        );
        assert_eq!(summary.rate().to_bits(), 2000.0_f64.to_bits());
        assert_eq!(summary.latency.p999.to_bits(), 1200.0_f64.to_bits());
        assert_eq!(parse("unable to connect\n"), None);
        assert_eq!(parse("benches: 1 2 3\n"), None);
    }

    #[test]
    fn errors_and_short_answers_make_it_void() {
        let summary = parse(OUTPUT).unwrap();
        assert!(summary.sound(100).is_ok());
        assert!(summary.sound(200).is_err());
        let failed = super::Summary {
            errors: 1,
            ..summary
        };
        assert!(failed.sound(100).is_err());
        let none = super::Summary {
            requests: 0,
            ..summary
        };
        assert!(none.sound(0).is_err());
    }

    #[test]
    fn a_body_of_any_bytes_goes_into_the_script() {
        let ask = Ask::post("/", b"a\n\"1".to_vec(), 4).with("X-A", "b");
        let script = script_for(&ask);
        assert!(script.contains("wrk.body = \"a\\010\\0341\""));
        assert!(script.contains("wrk.headers[\"X-A\"] = \"b\""));
        assert!(script.contains("wrk.method = \"POST\""));
    }
}
