//! The document as TAP, version 14.
//! It knows which verdict is `ok`, and which directive says why it does not count.
//! It refuses raw text: what could be read as a directive is escaped.

use std::fmt::Write as _;

use super::Document;
use super::document::CaseReport;
use crate::judge::Verdict;

pub(super) fn render(document: &Document) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", document.cases.len());
    let _ = writeln!(out, "# {}", line(&document.implementation.name));
    let _ = writeln!(out, "# {}", line(&document.reproduce));
    for (index, case) in document.cases.iter().enumerate() {
        point(&mut out, index + 1, case);
    }
    out
}

fn point(out: &mut String, number: usize, case: &CaseReport) {
    let (ok, directive) = match case.outcome {
        Verdict::Pass => ("ok", ""),
        Verdict::Skip => ("ok", " # SKIP"),
        Verdict::NotApplicable => ("ok", " # SKIP not applicable:"),
        Verdict::KnownDeviation => ("not ok", " # TODO"),
        Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass => ("not ok", ""),
    };
    let _ = write!(out, "{ok} {number} - {}", line(&case.id));
    if directive.is_empty() {
        out.push('\n');
    } else {
        let _ = writeln!(out, "{directive} {}", line(&case.message));
    }
    if case.outcome.wants_reading() {
        diagnosis(out, case);
    }
}

/// YAML, indented by two: what was expected and what happened.
fn diagnosis(out: &mut String, case: &CaseReport) {
    let _ = writeln!(out, "  ---\n  outcome: {}", case.outcome);
    let _ = writeln!(out, "  clause: {} {}", case.clause, case.level);
    for (name, text) in [
        ("expected", &case.title),
        ("message", &case.message),
        ("reproduce", &case.reproduce),
        ("wire", &case.wire),
        ("log", &case.log),
        ("commands", &case.commands),
    ] {
        if text.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  {name}: |");
        // The first line tells how far the block is indented: it begins with a letter.
        for line in text.trim().lines() {
            let _ = writeln!(out, "    {}", plain(line));
        }
    }
    out.push_str("  ...\n");
}

/// Text for one line outside of YAML.
fn line(text: &str) -> String {
    let text = plain(text.lines().next().unwrap_or_default());
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// Without what a terminal or YAML would stumble over.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
