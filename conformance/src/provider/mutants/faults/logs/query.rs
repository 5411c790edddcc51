//! Chapter 10, asking for a part of a log.
//! It knows parameters that are ignored, misread and refused.
//! It refuses to change what a line says.

use super::super::calls::both;
use super::super::prelude::*;
use super::{lines, reads};

/// A parameter that cannot be read is left out.
fn forgive(asked: &mut Asked, name: &str, good: fn(&str) -> bool) {
    if reads(asked) && asked.query(name).is_some_and(|value| !good(&value)) {
        asked.without_query(name);
    }
}

/// The number of lines that are asked for, where there is one.
fn tail(asked: &Asked) -> Option<i64> {
    asked.query("tail")?.parse().ok()
}

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "logs/oldest",
        &["PR-10.14"],
        "tail gives the oldest lines, as at faasd",
        both(
            |asked, _| {
                if reads(asked)
                    && let Some(tail) = tail(asked)
                {
                    asked.without_query("tail");
                    asked.set_query("oldest", &tail.to_string());
                }
            },
            |told, asked, _| {
                let most = asked.query("oldest").and_then(|text| text.parse().ok());
                if let Some(most) = most.filter(|&most: &usize| most > 0) {
                    lines(told, asked, |all| all.truncate(most));
                }
            },
        ),
    ),
    mutant(
        "logs/tail-ignored",
        &["PR-10.14"],
        "tail is not looked at",
        when_asked(|asked, _| {
            forgive(asked, "tail", |text| text.parse().is_ok_and(|n: i64| n < 1));
        }),
    ),
    mutant(
        "logs/tail-of-nothing",
        &["PR-10.15"],
        "a tail of 0 or less gives nothing",
        when_told(|told, asked, _| {
            if reads(asked) && tail(asked).is_some_and(|tail| tail < 1) {
                told.set_body("");
            }
        }),
    ),
    mutant(
        "logs/hundred-at-most",
        &["PR-10.15"],
        "without a number there are a hundred lines",
        when_told(|told, asked, _| {
            if tail(asked).is_none_or(|tail| tail < 1) {
                lines(told, asked, |all| {
                    let excess = all.len().saturating_sub(100);
                    all.drain(..excess);
                });
            }
        }),
    ),
    mutant(
        "logs/odd-tail-taken",
        &["PR-10.16"],
        "a tail that is no number means all",
        when_asked(|asked, _| forgive(asked, "tail", |text| text.parse::<i64>().is_ok())),
    ),
    mutant(
        "logs/odd-since-taken",
        &["PR-10.16"],
        "a since that is no time means all",
        when_asked(|asked, _| {
            forgive(asked, "since", |text| {
                chrono::DateTime::parse_from_rfc3339(text).is_ok()
            });
        }),
    ),
    mutant(
        "logs/since-ignored",
        &["PR-10.17"],
        "since is not looked at",
        when_asked(|asked, _| {
            forgive(asked, "since", |text| {
                chrono::DateTime::parse_from_rfc3339(text).is_err()
            });
        }),
    ),
    mutant(
        "logs/since-is-until",
        &["PR-10.17"],
        "since gives the lines that are older",
        both(
            |asked, _| {
                if reads(asked)
                    && let Some(since) = asked.query("since")
                {
                    asked.without_query("since");
                    asked.set_query("until", &since.replace('+', "%2B"));
                }
            },
            |told, asked, _| {
                let read = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
                if let Some(until) = asked.query("until").as_deref().and_then(read) {
                    lines(told, asked, |all| {
                        all.retain(|line| {
                            let at = line.get("timestamp").and_then(Value::as_str);
                            at.and_then(read).is_some_and(|at| at < until)
                        });
                    });
                }
            },
        ),
    ),
    mutant(
        "logs/offset-lost",
        &["PR-10.18"],
        "the offset of since is taken for UTC",
        when_asked(|asked, _| {
            if reads(asked)
                && let Some(since) = asked.query("since")
                && let Some(clock) = since.get(..since.len().saturating_sub(6))
                && !since.ends_with('Z')
            {
                let since = format!("{clock}Z");
                asked.set_query("since", &since);
            }
        }),
    ),
    mutant(
        "logs/fraction-refused",
        &["PR-10.18"],
        "a since with a fraction is 422",
        when_asked(|asked, _| {
            if reads(asked)
                && asked
                    .query("since")
                    .is_some_and(|since| since.contains('.'))
            {
                asked.answer(422, "");
            }
        }),
    ),
    mutant(
        "logs/odd-follow-followed",
        &["PR-10.19"],
        "a follow that is neither true nor false is true",
        when_asked(|asked, _| {
            if reads(asked) && asked.query("follow").is_some_and(|text| text.len() == 5) {
                asked.set_query("follow", "true");
            }
        }),
    ),
    mutant(
        "logs/instance-ignored",
        &["PR-10.20"],
        "instance is not looked at",
        when_asked(|asked, _| {
            if reads(asked) {
                asked.without_query("instance");
            }
        }),
    ),
];
