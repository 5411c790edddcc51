//! Chapter 8: no replica, and back.
//! It knows functions that do not fall asleep, do not stay so, or do not wake up.
//! It refuses what a case could not see from outside.

use super::super::prelude::*;
use super::super::tools::{FUNCTION, FUNCTIONS, SCALE, both, field, good};
use super::about;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "scale/zero-is-one",
        &["PR-8.15"],
        "zero replicas are accepted, and there is one (the gateway, which brings a number between 1 and 5)",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                field(asked, "replicas", |count| {
                    if *count == json!(0) {
                        *count = json!(1);
                    }
                });
            }
        }),
    ),
    mutant(
        "scale/zero-unlisted",
        &["PR-8.15"],
        "a function without a replica is not listed (faas#238)",
        when_told(|told, asked, _| {
            if asked.is("GET", FUNCTIONS) {
                told.edit(|all| {
                    let all = all.as_array_mut();
                    if let Some(all) = all {
                        all.retain(|one| one.get("replicas").is_some());
                    }
                });
            }
        }),
    ),
    mutant(
        "scale/zero-toggles",
        &["PR-8.15"],
        "scaling to zero once more wakes the function (faasd 0.19)",
        both(
            |asked, memory| {
                if asked.is("POST", SCALE) && memory.get(&about("zero", asked)).is_some() {
                    field(asked, "replicas", |count| *count = json!(1));
                }
            },
            sleeps,
        ),
    ),
    mutant(
        "scale/zero-fades",
        &["PR-8.15"],
        "a controller that knows of a least number brings back a replica of a function that was scaled to zero (openfaas-operator#30)",
        when_told(|told, asked, memory| {
            sleeps(told, asked, memory);
            let asleep = memory.get(&about("zero", asked)).is_some();
            if asked.is("GET", FUNCTION) && asleep && memory.count(&about("looked", asked)) > 2 {
                told.edit(|one| one["replicas"] = json!(1));
            }
        }),
    ),
    mutant(
        "scale/from-zero-silent",
        &["PR-8.16"],
        "a function that is scaled up from zero does not answer",
        both(
            |asked, memory| {
                if asked.is_call() && memory.get(&about("slept", asked)).is_some() {
                    asked.answer(503, "no endpoints");
                }
            },
            |told, asked, memory| {
                if asked.is("POST", SCALE) && memory.get(&about("zero", asked)).is_some() {
                    memory.set(&about("slept", asked), true);
                }
                sleeps(told, asked, memory);
            },
        ),
    ),
    mutant(
        "scale/from-zero-bare",
        &["PR-8.16"],
        "a function that is scaled up from zero has lost its variables",
        Inside(Fault::SettingsLostAtZero),
    ),
    mutant(
        "scale/cold-refused",
        &["PR-8.17"],
        "a call of a function without a replica is 503",
        both(
            |asked, memory| {
                if asked.is_call() && memory.get(&about("zero", asked)).is_some() {
                    asked.answer(503, "no endpoints");
                }
            },
            sleeps,
        ),
    ),
    mutant(
        "scale/cold-call-lost",
        &["PR-8.17"],
        "the call that wakes a function fails (faas#685)",
        when_told(|told, asked, memory| {
            sleeps(told, asked, memory);
            if asked.is_call() && memory.remove(&about("zero", asked)).is_some() {
                told.status = 502;
            }
        }),
    ),
    mutant(
        "scale/cold-crowd-refused",
        &["PR-8.17"],
        "while one call wakes a function the others are refused",
        both(
            |asked, memory| {
                let asleep = memory.get(&about("zero", asked)).is_some();
                if asked.is_call() && asleep && memory.count(&about("waking", asked)) > 1 {
                    asked.answer(503, "no endpoints");
                }
            },
            |told, asked, memory| {
                sleeps(told, asked, memory);
                if asked.is_call() && good(told) {
                    memory.remove(&about("zero", asked));
                }
            },
        ),
    ),
    mutant(
        "scale/the-host-answers",
        &["PR-8.18"],
        "a call of a function that does not run comes to whatever listens on the port of the host (faasd)",
        Inside(Fault::TheHostAnswers),
    ),
];

/// Remembers which functions were scaled to zero.
fn sleeps(told: &mut Told, asked: &Asked, memory: &Memory) {
    if !asked.is("POST", SCALE) || !good(told) {
        return;
    }
    if asked.json().get("replicas") == Some(&json!(0)) {
        memory.set(&about("zero", asked), true);
        memory.remove(&about("looked", asked));
    } else {
        memory.remove(&about("zero", asked));
    }
}
