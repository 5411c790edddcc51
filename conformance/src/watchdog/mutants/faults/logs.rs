//! Chapter 11: logs.
//! It knows the lines that operators read.
//! It refuses to know what was asked.

use std::io::Write as _;

use super::prelude::*;

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
];
