//! Chapter 4: updates that go wrong.
//! It knows what is kept, merged, lost or taken away too early.
//! It refuses to judge whether an update has a gap: a provider may have one.

pub(super) mod refused;

use serde_json::Map;

use super::prelude::*;
use super::seen;
use super::tools::{FUNCTIONS, both, describes, good, list, map, put, text, turn, without};

const ZERO: &str = "0001-01-01T00:00:00Z";

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "update/status-201",
        &["PR-4.1"],
        "an update is answered with 201",
        when_told(|told, asked, _| {
            if asked.is("PUT", FUNCTIONS) {
                turn(told, 202, 201);
            }
        }),
    ),
    mutant(
        "update/env-merged",
        &["PR-4.3"],
        "variables that an update does not name stay",
        both(|asked, memory| merge(asked, memory, "envVars"), seen::watch),
    ),
    mutant(
        "update/processes-kept",
        &["PR-4.3", "PR-4.5"],
        "an update changes what is told, and the processes stay as they are",
        Inside(Fault::UpdatesOnlyTold),
    ),
    mutant(
        "update/labels-merged",
        &["PR-4.4"],
        "labels that an update does not name stay",
        both(|asked, memory| merge(asked, memory, "labels"), seen::watch),
    ),
    mutant(
        "update/annotations-kept",
        &["PR-4.4"],
        "annotations are those of the first deployment",
        both(
            |asked, memory| keep(asked, memory, "annotations"),
            seen::watch,
        ),
    ),
    mutant(
        "update/annotations-merged",
        &["PR-4.4"],
        "annotations that an update does not name stay",
        both(
            |asked, memory| merge(asked, memory, "annotations"),
            seen::watch,
        ),
    ),
    mutant(
        "update/image-kept",
        &["PR-4.5"],
        "the image is that of the first deployment",
        both(|asked, memory| keep(asked, memory, "image"), seen::watch),
    ),
    mutant(
        "update/secrets-kept",
        &["PR-4.6"],
        "the secrets are those of the first deployment",
        both(|asked, memory| keep(asked, memory, "secrets"), seen::watch),
    ),
    mutant(
        "update/secrets-merged",
        &["PR-4.6"],
        "secrets that an update does not name stay",
        both(
            |asked, memory| {
                let old = old(asked, memory).unwrap_or_default();
                let mut all = list(&asked.json(), "secrets");
                all.extend(list(&old, "secrets"));
                all.sort_by_key(ToString::to_string);
                all.dedup();
                if !all.is_empty() && asked.is("PUT", FUNCTIONS) {
                    put(asked, "secrets", all);
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "update/again-refused",
        &["PR-4.10"],
        "an update that changes nothing is refused",
        both(
            |asked, memory| {
                if old(asked, memory).is_some_and(|old| old == asked.json()) {
                    asked.answer(409, "nothing to update");
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "update/listed-twice",
        &["PR-4.11"],
        "the old version of a function stays in the list, beside the new one",
        when_told(|told, asked, memory| {
            if asked.is("PUT", FUNCTIONS) {
                seen::watch(told, asked, memory);
            }
            if asked.is("GET", FUNCTIONS) {
                told.edit(|all| {
                    let all = all.as_array_mut();
                    if let Some(all) = all {
                        let old: Vec<Value> = all
                            .iter()
                            .filter(|one| is_seen(one, memory))
                            .cloned()
                            .collect();
                        all.extend(old);
                    }
                });
            }
        }),
    ),
    mutant(
        "update/time-lost",
        &["PR-4.11"],
        "an updated function has no time of creation (a zero time of Go)",
        when_told(|told, asked, memory| {
            if asked.is("PUT", FUNCTIONS) {
                seen::watch(told, asked, memory);
            }
            if describes(asked) {
                told.for_each(|one| {
                    if is_seen(one, memory)
                        && let Some(one) = one.as_object_mut()
                    {
                        one.insert("createdAt".to_owned(), json!(ZERO));
                    }
                });
            }
        }),
    ),
    mutant(
        "update/not-found-meanwhile",
        &["PR-4.12"],
        "while it is updated a function is not there",
        both(
            |asked, memory| {
                let key = stopped(asked);
                let left = memory.get(&key).and_then(|left| left.as_u64()).unwrap_or(0);
                if asked.is_call() && left > 0 {
                    memory.set(&key, left - 1);
                    asked.answer(404, "no such function");
                }
            },
            |told, asked, memory| {
                if asked.is("PUT", FUNCTIONS) && good(told) {
                    memory.set(&stopped(asked), 3);
                }
            },
        ),
    ),
    mutant(
        "update/replicas-forgotten",
        &["PR-4.14"],
        "after an update there is one replica (faasd)",
        Inside(Fault::UpdatesScale),
    ),
    mutant(
        "update/namespace-ignored",
        &["PR-4.15"],
        "an update is of the function in the default namespace",
        when_asked(|asked, _| {
            if asked.is("PUT", FUNCTIONS) {
                without(asked, "namespace");
                asked.without_query("namespace");
            }
        }),
    ),
];

/// What an update is to replace.
fn old(asked: &Asked, memory: &Memory) -> Option<Value> {
    seen::known(asked, memory).filter(|_| asked.is("PUT", FUNCTIONS))
}

/// The old map stays, below the new one.
fn merge(asked: &mut Asked, memory: &Memory, name: &str) {
    if let Some(old) = old(asked, memory) {
        let mut all: Map<String, Value> = map(&old, name);
        all.extend(map(&asked.json(), name));
        put(asked, name, all);
    }
}

/// The old value stays.
fn keep(asked: &mut Asked, memory: &Memory, name: &str) {
    if let Some(old) = old(asked, memory) {
        put(asked, name, old.get(name).cloned().unwrap_or_default());
    }
}

fn is_seen(one: &Value, memory: &Memory) -> bool {
    let key = seen::function(&text(one, "namespace"), &text(one, "name"));
    memory.get(&key).is_some()
}

fn stopped(asked: &Asked) -> String {
    let name = asked.name();
    format!("stopped {}", name.split('.').next().unwrap_or_default())
}
