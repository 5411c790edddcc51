//! Chapter 11: stdout, stderr and their lines.
//! It knows the clauses of its chapter and what its parts share.
//! It refuses formats nobody reads by machine.

mod access;
pub(super) mod hostile;
mod ids;
mod json;
mod lines;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 11,
    name: "logs",
    title: "Logs",
    intro: "What functions and watchdog say arrives complete, on the right stream.",
    clauses: CLAUSES,
    cases: &[
        lines::CASES,
        access::CASES,
        ids::CASES,
        json::CASES,
        hostile::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-11.1",
        "Lines that a function writes to stderr appear on the watchdog's stderr, every one, in order.",
    ),
    Clause::must(
        "WD-11.2",
        "A log line of any length passes and never stops the function.",
    ),
    Clause::must(
        "WD-11.3",
        "In http mode the child's stdout appears on the watchdog's stdout.",
    ),
    Clause::must(
        "WD-11.4",
        "A function's line starts with date, time and the name of its stream; with `prefix_logs=false` it is passed as it is.",
    ),
    Clause::must(
        "WD-11.5",
        "A last line without a newline is passed with one.",
    ),
    Clause::must(
        "WD-11.6",
        "Empty lines stay, a carriage return before a newline goes, any other byte passes.",
    ),
    Clause::must(
        "WD-11.7",
        "No value of `log_buffer_size` loses a byte or stops a function.",
    ),
    Clause::must(
        "WD-11.8",
        "A finished request is one access line, in the mode's shape, with the status that the client saw.",
    ),
    Clause::must(
        "WD-11.9",
        "In the of-watchdog's modes requests of a user agent that begins with `kube-probe` have no access line.",
    ),
    Clause::must(
        "WD-11.10",
        "With `log_callid` an access line ends with the call id in brackets, or `[none]`.",
    ),
    Clause::must(
        "WD-11.11",
        "An `X-Call-Id` reaches the function; one is made where there is none, and the answer carries it.",
    ),
    Clause::must("WD-11.12", "Trace headers reach the function as they came."),
    Clause::must(
        "WD-11.13",
        "With `log_format=json` every line on stderr is a JSON object with `time` and `message`, the watchdog's own with `level`.",
    ),
    Clause::must(
        "WD-11.14",
        "A reader of stderr that is slow does not hold up requests.",
    ),
    Clause::must(
        "WD-11.15",
        "The watchdog's own lines start with date and time, on stderr, and no setting of prefixes changes that.",
    ),
    Clause::must(
        "WD-11.16",
        "Tokens in headers or in the query are not in the log, unless a debug setting asks for them.",
    ),
    Clause::must(
        "WD-11.17",
        "Nothing that a caller, an upstream or an issuer sends ends a line of the log, begins one or makes one of any length.",
    ),
];

/// A function that writes to stderr what is percent-encoded in `text`, and where to ask for it.
fn saying(rig: &Rig, text: &str) -> (Setup, String) {
    let script = rig.fixture("script", &[&format!("err:{text}"), "out:said"]);
    (quiet(rig, &script), format!("/say?err={text}"))
}

/// A function of any mode whose stderr is logged, not answered with.
fn quiet(rig: &Rig, fork: &str) -> Setup {
    let setup = rig.function(fork);
    if rig.mode() == Classic {
        return setup.env("combine_output", "false");
    }
    setup
}

/// Without date and time, where the line has them.
fn undated(line: &str) -> Option<&str> {
    let digits = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.chars().zip(shape.chars()).all(|(c, s)| match s {
                '0' => c.is_ascii_digit(),
                _ => c == s,
            })
    };
    let (stamp, rest) = line.split_at_checked(20)?;
    digits(stamp, "0000/00/00 00:00:00 ").then_some(rest)
}
