//! Chapters 11 and 12: logs and metrics.
//! It knows the lines that operators read, and the figures that they add up.
//! It refuses to know what was asked.

use std::io::Write as _;

use super::prelude::*;

/// Changes a text in a page of metrics to another one of its length.
fn figures(data: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8_lossy(data).replace(from, to);
    *data = text.into_bytes();
}

/// Changes every line of a family, byte by byte.
fn lines(data: &mut Vec<u8>, has: &str, edit: impl Fn(&str) -> String) {
    let text = String::from_utf8_lossy(data);
    let lines = text.split_inclusive('\n').map(|line| {
        if line.contains(has) {
            edit(line)
        } else {
            line.to_owned()
        }
    });
    *data = lines.collect::<String>().into_bytes();
}

/// The value of a line, with every digit a zero.
fn zeros(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((name, value)) => {
            let value: String = value
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            format!("{name} {value}")
        }
        None => line.to_owned(),
    }
}

/// A line about a request, as it came.
fn tell(talk: &mut Talk) {
    if talk.probe() {
        return;
    }
    let text = talk
        .request
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value} "));
    let text: String = text.collect();
    let _ = writeln!(
        std::io::stderr(),
        "{} {} {text}",
        talk.method(),
        talk.target()
    );
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "every-fiftieth-line-lost",
        &["WD-11.1"],
        "a line in fifty is lost",
        Stderr(|line| {
            if line.n % 50 == 49 {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "lines-out-of-order",
        &["WD-11.1"],
        "two lines change places",
        Stderr(|line| {
            if line.n % 2 == 0 && line.has("stderr: ") {
                line.held.append(&mut line.bytes);
            } else {
                let held = std::mem::take(&mut line.held);
                line.bytes.extend(held);
            }
        }),
    ),
    mutant(
        "long-lines-cut",
        &["WD-11.2"],
        "a line of more than 64 KiB loses its end (BUG-03)",
        Below(|launch| {
            launch.stderr = Some(|from, to| {
                let mut source = std::io::BufReader::new(from);
                let mut line = Vec::new();
                while std::io::BufRead::read_until(&mut source, b'\n', &mut line)? > 0 {
                    if line.len() > 65_536 {
                        line.truncate(65_535);
                        line.push(b'\n');
                    }
                    to.write_all(&line)?;
                    line.clear();
                }
                Ok(())
            });
        }),
    ),
    mutant(
        "stdout-unheard",
        &["WD-11.3"],
        "what a child writes to stdout is lost",
        Stdout(Line::drop_it),
    ),
    mutant(
        "no-prefix",
        &["WD-11.4"],
        "no prefix is written",
        Around(|start| start.set("prefix_logs", "false")),
    ),
    mutant(
        "prefix-always",
        &["WD-11.4"],
        "`prefix_logs=false` is not read",
        Around(|start| start.unset("prefix_logs")),
    ),
    mutant(
        "unended-line-lost",
        &["WD-11.5"],
        "a last line without a newline is lost",
        Below(|launch| {
            launch.stderr = Some(|from, to| {
                let mut source = std::io::BufReader::new(from);
                let mut line = Vec::new();
                while std::io::BufRead::read_until(&mut source, b'\n', &mut line)? > 0 {
                    if line.ends_with(b"\n") {
                        to.write_all(&line)?;
                    }
                    line.clear();
                }
                Ok(())
            });
        }),
    ),
    mutant(
        "empty-lines-dropped",
        &["WD-11.6"],
        "empty lines are dropped",
        Stderr(|line| {
            let text = line.text();
            if text.trim().is_empty() || text.trim_end().ends_with("stderr:") {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "bytes-made-text",
        &["WD-11.6"],
        "bytes that are no text are replaced",
        Stderr(|line| line.replace("\u{fffd}", "?")),
    ),
    mutant(
        "rest-of-long-lines-dropped",
        &["WD-11.7"],
        "what is longer than `log_buffer_size` is dropped (BUG-03)",
        Below(|launch| {
            if launch.get("log_buffer_size").is_some() {
                launch.stderr = Some(|from, to| {
                    edit(from, to, |piece, at| {
                        if at == 0 {
                            piece.truncate(10);
                        } else {
                            piece.clear();
                        }
                    })
                });
            }
        }),
    ),
    mutant(
        "access-lines-twice",
        &["WD-11.8"],
        "an access line comes twice",
        Stderr(|line| {
            if line.has(" - 200 ") {
                line.bytes.extend_from_within(..);
            }
        }),
    ),
    mutant(
        "probers-logged",
        &["WD-11.9"],
        "a prober is logged like anybody else",
        Front(Relay::new().request(|head, _| {
            head.change("user-agent", |agent| agent.replace("kube-probe", "prober"));
        })),
    ),
    mutant(
        "call-ids-unlogged",
        &["WD-11.10"],
        "`log_callid` is not read",
        Around(|start| {
            start.unset("log_callid");
            start.unset("log_call_id");
        }),
    ),
    mutant(
        "call-id-not-answered",
        &["WD-11.11"],
        "an answer carries no X-Call-Id",
        Front(Relay::new().answer(|head, _| head.remove("x-call-id"))),
    ),
    mutant(
        "call-id-made-anew",
        &["WD-11.11"],
        "a call id is made although there is one",
        Front(Relay::new().request(|head, _| head.remove("x-call-id"))),
    ),
    mutant(
        "trace-lost",
        &["WD-11.12"],
        "trace fields are lost",
        Front(Relay::new().request(|head, _| {
            head.remove("traceparent");
            head.remove("tracestate");
        })),
    ),
    mutant(
        "json-without-level",
        &["WD-11.13"],
        "a line in JSON has no level",
        Stderr(|line| line.replace("\"level\"", "\"lvl\"")),
    ),
    mutant(
        "json-in-part",
        &["WD-11.13"],
        "lines of functions are no JSON",
        Stderr(|line| {
            if line.has("\"stream\"") {
                line.replace("{", "");
            }
        }),
    ),
    mutant(
        "requests-wait-for-the-log",
        &["WD-11.14"],
        "a request waits for its line in the log",
        Over(Over::new().relay(Relay::new().request(|_, talk| {
            if !talk.probe() {
                let _ = writeln!(std::io::stderr(), "{}", "x".repeat(8000));
            }
        }))),
    ),
    mutant(
        "own-lines-without-date",
        &["WD-11.15"],
        "without prefixes the watchdog's own lines have no date either",
        Stderr(|line| {
            let off = std::env::var("prefix_logs").is_ok_and(|value| value == "false");
            if off && line.bytes.len() > 20 {
                line.bytes.drain(..20);
            }
        }),
    ),
    mutant(
        "requests-logged-whole",
        &["WD-11.16"],
        "every request is logged with its fields",
        Over(Over::new().relay(Relay::new().request(|_, talk| tell(talk)))),
    ),
    mutant(
        "long-lines-of-requests",
        &["WD-11.17"],
        "what callers send makes a line of any length",
        Over(Over::new().relay(Relay::new().request(|_, talk| tell(talk)))),
    ),
    mutant(
        "methods-in-upper-case",
        &["WD-12.1"],
        "methods are counted in upper case",
        Metrics(Relay::new().body(|data, _| figures(data, "method=\"get\"", "method=\"GET\""))),
    ),
    mutant(
        "gauge-never-empty",
        &["WD-12.2", "WD-12.11"],
        "a request stays in flight for good",
        Metrics(Relay::new().body(|data, _| {
            figures(
                data,
                "http_requests_in_flight 0",
                "http_requests_in_flight 1",
            );
        })),
    ),
    mutant(
        "other-buckets",
        &["WD-12.3"],
        "a bucket has another bound",
        Metrics(Relay::new().body(|data, _| figures(data, "le=\"0.025\"", "le=\"0.020\""))),
    ),
    mutant(
        "bad-requests-counted",
        &["WD-12.4"],
        "malformed requests are counted",
        Front(Relay::new().answer(|_, talk| {
            if talk.status() == 400 {
                super::running::aside("/malformed");
            }
        })),
    ),
    mutant(
        "no-help",
        &["WD-12.5"],
        "families have no HELP",
        Metrics(Relay::new().body(|data, _| figures(data, "# HELP", "# HEPL"))),
    ),
    mutant(
        "metrics-everywhere",
        &["WD-12.6"],
        "any path of the metrics port shows them",
        Metrics(Relay::new().request(|head, _| head.set_target("/metrics"))),
    ),
    mutant(
        "metrics-port-fixed",
        &["WD-12.7"],
        "`metrics_port` is not read (BUG-28)",
        Around(|start| start.unset("metrics_port")),
    ),
    mutant(
        "metrics-port-not-off",
        &["WD-12.7"],
        "`metrics_port=0` is any port",
        Around(|start| {
            if start.get("metrics_port") == Some("0") {
                let port = start.port("port", 8080);
                start.set("metrics_port", &(port + 1).to_string());
            }
        }),
    ),
    mutant(
        "failures-counted-as-200",
        &["WD-12.8", "WD-12.10"],
        "failures are counted as 200",
        Metrics(Relay::new().body(|data, _| {
            for code in [405, 408, 429, 500, 502, 503, 504] {
                figures(data, &format!("code=\"{code}\""), "code=\"200\"");
            }
        })),
    ),
    mutant(
        "the-gone-counted-as-200",
        &["WD-12.9"],
        "a client that left is counted as 200",
        Metrics(Relay::new().body(|data, _| figures(data, "code=\"499\"", "code=\"200\""))),
    ),
    mutant(
        "duration-of-the-head",
        &["WD-12.12"],
        "the duration is another one",
        Metrics(Relay::new().body(|data, _| lines(data, "duration_seconds_sum", zeros))),
    ),
    mutant(
        "unknown-methods-named",
        &["WD-12.13"],
        "each unknown method has a label",
        Metrics(
            Relay::new().body(|data, _| figures(data, "method=\"unknown\"", "method=\"brewing\"")),
        ),
    ),
    mutant(
        "upgrades-counted-as-200",
        &["WD-12.14"],
        "an upgraded connection is counted as 200 (BUG-33)",
        Metrics(Relay::new().body(|data, _| figures(data, "code=\"101\"", "code=\"200\""))),
    ),
    mutant(
        "metrics-wait",
        &["WD-12.17"],
        "metrics cannot be read while a request is in flight",
        Metrics(Relay::new().body(|data, talk| {
            let busy = String::from_utf8_lossy(data).lines().any(|line| {
                line.strip_prefix("http_requests_in_flight ")
                    .is_some_and(|count| count != "0")
            });
            if busy {
                talk.fate = Fate::Cut;
            }
        })),
    ),
];
