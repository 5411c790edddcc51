//! Chapter 10, what a function writes: whether it comes out, in order, and as it was.
//! It knows lines that are lost, doubled and changed.
//! It refuses to ask for a part of a log.

use super::super::prelude::*;
use super::{ends, field, lines};

fn text_of(line: &Value) -> &str {
    line.get("text").and_then(Value::as_str).unwrap_or_default()
}

/// Changes the text of each line.
fn texts(told: &mut Told, asked: &Asked, change: impl Fn(&str) -> String) {
    field(told, asked, "text", |text| change(text).into());
}

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "logs/stdout-lost",
        &["PR-10.7"],
        "what goes to stdout is not in the log",
        Inside(Fault::StdoutLost),
    ),
    mutant(
        "logs/stderr-lost",
        &["PR-10.7"],
        "what goes to stderr is not in the log",
        Inside(Fault::StderrLost),
    ),
    mutant(
        "logs/one-in-a-hundred-lost",
        &["PR-10.8"],
        "one line in a hundred is lost",
        when_told(|told, asked, _| {
            lines(told, asked, |all| {
                let mut number = 0;
                all.retain(|_| {
                    number += 1;
                    number % 100 != 0
                });
            });
        }),
    ),
    mutant(
        "logs/one-in-a-hundred-doubled",
        &["PR-10.8"],
        "one line in a hundred is there twice",
        when_told(|told, asked, _| {
            lines(told, asked, |all| {
                let again = all.get(99).cloned();
                all.splice(99..99, again);
            });
        }),
    ),
    mutant(
        "logs/in-order-of-text",
        &["PR-10.8"],
        "lines are in the order of their texts",
        when_told(|told, asked, _| {
            lines(told, asked, |all| {
                all.sort_by(|one, other| text_of(one).cmp(text_of(other)));
            });
        }),
    ),
    mutant(
        "logs/newline-kept",
        &["PR-10.9"],
        "the text of a line has its newline",
        when_told(|told, asked, _| texts(told, asked, |text| format!("{text}\n"))),
    ),
    mutant(
        "logs/trimmed",
        &["PR-10.9"],
        "the text of a line has no space at its ends, as at faas-swarm",
        when_told(|told, asked, _| texts(told, asked, |text| text.trim().to_owned())),
    ),
    mutant(
        "logs/html",
        &["PR-10.9"],
        "the text of a line is made fit for a page",
        when_told(|told, asked, _| {
            texts(told, asked, |text| {
                text.replace('&', "&amp;").replace('<', "&lt;")
            });
        }),
    ),
    mutant(
        "logs/latin",
        &["PR-10.9"],
        "letters beyond the basic plane are lost",
        when_told(|told, asked, _| {
            texts(told, asked, |text| {
                text.chars()
                    .filter(|one| u32::from(*one) < 0x1_0000)
                    .collect()
            });
        }),
    ),
    mutant(
        "logs/bytes-as-they-came",
        &["PR-10.10"],
        "bytes that are no UTF-8 are told as they came",
        when_told(|told, asked, _| {
            if ends(asked) {
                let body = told.text().replace('\u{fffd}', "\u{1}");
                let body = body.bytes().map(|byte| if byte == 1 { 0xff } else { byte });
                let body: Vec<u8> = body.collect();
                told.set_body(body);
            }
        }),
    ),
    mutant(
        "logs/long-line-ends-it",
        &["PR-10.10"],
        "after a line of 64 KiB nothing is collected any more, as at faasd",
        Inside(Fault::LongLineEnds),
    ),
];
