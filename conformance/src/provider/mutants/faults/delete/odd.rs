//! Chapter 5: removals of nothing, and of functions that are busy or not well.
//! It knows what is answered, and what goes in place of nothing.
//! It refuses to remove what no case has made.

use super::super::prelude::*;
use super::super::tools::{FUNCTIONS, both, good, is_object, put, text, turn};
use super::{HEIR, bury, called, grave};

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "delete/missing-accepted",
        &["PR-5.4"],
        "removing what is not there is a success",
        when_told(|told, asked, _| {
            if asked.is("DELETE", FUNCTIONS) && told.status == 404 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "delete/missing-is-an-error",
        &["PR-5.4"],
        "removing what is not there is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("DELETE", FUNCTIONS) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "delete/empty-name-removes",
        &["PR-5.5"],
        "an empty name is one that all functions match, and the newest goes",
        both(
            |asked, memory| {
                let nameless = is_object(asked) && text(&asked.json(), "functionName").is_empty();
                if let Some(newest) = memory.get(HEIR).filter(|_| nameless)
                    && asked.is("DELETE", FUNCTIONS)
                {
                    put(asked, "functionName", newest);
                    asked.set_header(NAMELESS, "yes");
                }
            },
            |told, asked, memory| {
                if asked.is("POST", FUNCTIONS) && good(told) {
                    memory.set(HEIR, asked.name());
                }
                if asked.header(NAMELESS).is_some() {
                    turn(told, 202, 404);
                }
            },
        ),
    ),
    mutant(
        "delete/malformed-is-an-error",
        &["PR-5.5"],
        "what is no JSON is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("DELETE", FUNCTIONS) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "delete/no-body-accepted",
        &["PR-5.5"],
        "a removal without a body is accepted",
        when_asked(|asked, _| {
            if asked.is("DELETE", FUNCTIONS) && asked.body().is_empty() {
                asked.answer(202, "");
            }
        }),
    ),
    mutant(
        "delete/calls-cut",
        &["PR-5.9"],
        "a call that is under way ends without an answer when its function goes",
        when_told(|told, asked, memory| {
            bury(told, asked, memory);
            let here = called(asked);
            let gone = memory.get(&grave(&here.0, &here.1)).is_some();
            if asked.is_call() && gone && told.status == 200 {
                told.cut = true;
            }
        }),
    ),
    mutant(
        "delete/busy-refused",
        &["PR-5.9"],
        "a function with a call under way cannot be removed",
        both(
            |asked, memory| {
                let (begun, ended) = (
                    format!("begun {}", asked.name()),
                    format!("ended {}", asked.name()),
                );
                if asked.is_call() {
                    memory.count(&begun);
                } else if asked.is("DELETE", FUNCTIONS) && memory.get(&begun) != memory.get(&ended)
                {
                    asked.answer(202, "");
                }
            },
            |_, asked, memory| {
                if asked.is_call() {
                    memory.count(&format!("ended {}", asked.name()));
                }
            },
        ),
    ),
    mutant(
        "delete/dead-stay",
        &["PR-5.10"],
        "a function that does not answer cannot be removed",
        both(
            |asked, memory| {
                let dead = memory.get(&format!("dead {}", asked.name())).is_some();
                if asked.is("DELETE", FUNCTIONS) && dead {
                    asked.answer(500, "cannot delete: no task found");
                }
            },
            |told, asked, memory| {
                let key = format!("dead {}", asked.name());
                if asked.is_call() && told.status < 500 {
                    memory.remove(&key);
                }
                if asked.is("POST", FUNCTIONS) || (asked.is_call() && told.status >= 500) {
                    memory.set(&key, true);
                }
            },
        ),
    ),
];

/// Marks a removal that named nothing.
const NAMELESS: &str = "x-nameless";
