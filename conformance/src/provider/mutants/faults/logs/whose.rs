//! Chapter 10, whose lines a log has.
//! It knows names that are missing, alike, or used twice.
//! It refuses to change what a line says.

use super::super::calls::both;
use super::super::prelude::*;
use super::{ends, reads, stored};

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "logs/nobody-is-somebody",
        &["PR-10.21"],
        "without a name the log of the last function is given",
        when_asked(|asked, memory| {
            if !reads(asked) {
                return;
            }
            let name = asked.query("name").filter(|name| !name.is_empty());
            match (name, memory.get("name")) {
                (Some(name), _) => memory.set("name", name),
                (None, Some(Value::String(name))) => asked.set_query("name", &name),
                (None, _) => {}
            }
        }),
    ),
    mutant(
        "logs/missing-is-followed",
        &["PR-10.22"],
        "the log of a function that is not there is waited for",
        when_told(|told, asked, _| {
            if reads(asked) && told.status == 404 {
                told.delay = FOR_GOOD;
            }
        }),
    ),
    mutant(
        "logs/missing-is-the-last",
        &["PR-10.22"],
        "the log of a function that is not there is that of another",
        when_told(|told, asked, memory| {
            if ends(asked) && told.status == 200 {
                memory.set("log", told.text());
            } else if ends(asked)
                && told.status == 404
                && let Some(Value::String(log)) = memory.get("log")
            {
                told.status = 200;
                told.set_body(log);
            }
        }),
    ),
    mutant(
        "logs/names-that-begin-alike",
        &["PR-10.23"],
        "a log is found by the beginning of a name",
        Inside(Fault::LogsByPrefix),
    ),
    mutant(
        "logs/namespaces-alike",
        &["PR-10.23"],
        "the namespace of a log is not looked at",
        when_asked(|asked, _| {
            if reads(asked) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "logs/half-of-yesterday",
        &["PR-10.24"],
        "a log begins with half of that of an earlier function of its name",
        both(
            |asked, memory| {
                if asked.is("DELETE", "/system/functions")
                    && let Some(log) = memory.get(&stored(&asked.name()))
                {
                    memory.set(&format!("earlier {}", asked.name()), log);
                }
            },
            |told, asked, memory| {
                let Some(own) = asked.query("name").filter(|_| ends(asked)) else {
                    return;
                };
                memory.set(&stored(&own), told.text());
                if let Some(Value::String(earlier)) = memory.get(&format!("earlier {own}")) {
                    let all: Vec<&str> = earlier.lines().collect();
                    let half = all.get(all.len() / 2..).unwrap_or_default().join("\n");
                    told.set_body(format!("{half}\n{}", told.text()));
                }
            },
        ),
    ),
];
