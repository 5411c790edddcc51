//! Chapter 5: removals that go wrong.
//! It knows what stays, what goes with it, and what is answered.
//! It refuses to remove what no case has made.

pub(super) mod odd;

use super::prelude::*;
use super::tools::{
    AT_HAND, FUNCTION, FUNCTIONS, both, call_instead, field, good, namespace, text, turn, without,
};

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "delete/status-204",
        &["PR-5.1"],
        "a removal is answered with 204",
        when_told(|told, asked, _| {
            if asked.is("DELETE", FUNCTIONS) {
                turn(told, 202, 204);
            }
        }),
    ),
    mutant(
        "delete/still-listed",
        &["PR-5.2"],
        "a removed function stays in the list",
        when_told(|told, asked, memory| {
            bury(told, asked, memory);
            if asked.is("GET", FUNCTIONS) {
                told.edit(|all| {
                    if let Some(all) = all.as_array_mut() {
                        all.extend(memory.get(&lately(&namespace(asked))));
                    }
                });
            }
        }),
    ),
    mutant(
        "delete/still-described",
        &["PR-5.2"],
        "a removed function is described as one without replicas",
        when_told(|told, asked, memory| {
            bury(told, asked, memory);
            let gone = memory.get(&grave(&namespace(asked), &asked.name()));
            if let Some(gone) = gone.filter(|_| asked.is("GET", FUNCTION) && told.status == 404) {
                told.status = 200;
                told.set_json(&gone);
            }
        }),
    ),
    mutant(
        "delete/description-is-an-error",
        &["PR-5.2"],
        "describing a removed function is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("GET", FUNCTION) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "delete/calls-answered",
        &["PR-5.3"],
        "a call of a removed function is 200 and empty",
        when_told(|told, asked, _| {
            if asked.is_call() && told.status == 404 && told.header("x-openfaas-internal").is_some()
            {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "delete/another-answers",
        &["PR-5.3"],
        "the address of a removed function goes to another one, which answers in its place",
        both(
            |asked, memory| {
                let here = called(asked);
                let gone = memory.get(&grave(&here.0, &here.1)).is_some();
                let alive = |name: &Value| *name != here.1;
                let heir = [HEIR, BEFORE]
                    .iter()
                    .find_map(|key| memory.get(key).filter(alive));
                if let Some(heir) = heir.filter(|_| asked.is_call() && gone) {
                    call_instead(asked, heir.as_str().unwrap_or_default());
                }
            },
            |told, asked, memory| {
                bury(told, asked, memory);
                // Whoever was called last and is still there.
                let here = called(asked);
                let alive = memory.get(&grave(&here.0, &here.1)).is_none();
                if asked.is_call() && alive && told.status == 200 {
                    let before = memory.get(HEIR).filter(|name| *name != here.1);
                    if let Some(name) = before {
                        memory.set(BEFORE, name);
                    }
                    memory.set(HEIR, here.1);
                }
            },
        ),
    ),
    mutant(
        "delete/what-begins-so",
        &["PR-5.6"],
        "with a function those go whose names begin with its own",
        both(
            |asked, memory| hide(asked, memory, |gone, name| name.starts_with(gone)),
            |told, asked, memory| {
                bury(told, asked, memory);
                hide_listed(told, asked, memory, |gone, name| name.starts_with(gone));
            },
        ),
    ),
    mutant(
        "delete/letters-folded",
        &["PR-5.6"],
        "capitals in the name of a removal are small letters",
        when_asked(|asked, _| {
            if asked.is("DELETE", FUNCTIONS) {
                field(asked, "functionName", |name| {
                    *name = name.as_str().unwrap_or_default().to_lowercase().into();
                });
            }
        }),
    ),
    mutant(
        "delete/namespace-in-query-only",
        &["PR-5.7"],
        "the namespace of a removal is taken from the query alone (faas-netes)",
        when_asked(|asked, _| {
            if asked.is("DELETE", FUNCTIONS) {
                without(asked, "namespace");
            }
        }),
    ),
    mutant(
        "delete/in-all-namespaces",
        &["PR-5.7"],
        "with a function those of the same name go in all namespaces",
        both(
            |asked, memory| hide(asked, memory, |gone, name| name == gone),
            |told, asked, memory| {
                bury(told, asked, memory);
                hide_listed(told, asked, memory, |gone, name| name == gone);
            },
        ),
    ),
    mutant(
        "delete/namespace-in-body-only",
        &["PR-5.8"],
        "the namespace in the query of a removal is ignored (faasd)",
        when_asked(|asked, _| {
            if asked.is("DELETE", FUNCTIONS) {
                asked.without_query("namespace");
            }
        }),
    ),
];

/// The function that was called last, or was deployed last.
const HEIR: &str = "heir";
/// The one before.
const BEFORE: &str = "before";
fn grave(namespace: &str, name: &str) -> String {
    format!("gone {namespace}/{name}")
}

fn lately(namespace: &str) -> String {
    format!("lately gone {namespace}")
}

/// Namespace and name of the function that is called.
fn called(asked: &Asked) -> (String, String) {
    let full = asked.name();
    let name = full
        .rsplit_once('.')
        .map_or(full.as_str(), |(name, _)| name);
    (namespace(asked), name.to_owned())
}

/// Remembers what was removed, until there is one of that name again.
fn bury(told: &Told, asked: &Asked, memory: &Memory) {
    let (namespace, name) = (namespace(asked), asked.name());
    if asked.is("DELETE", FUNCTIONS) && good(told) {
        let entry = json!({ "name": name, "image": AT_HAND, "namespace": namespace });
        memory.set(&grave(&namespace, &name), entry.clone());
        memory.set(&lately(&namespace), entry);
        memory.set("gone", name.clone());
    }
    if asked.is("POST", FUNCTIONS) && good(told) {
        memory.remove(&grave(&namespace, &name));
    }
}

/// Functions that are like the one that was removed last are gone, too.
fn hide(asked: &mut Asked, memory: &Memory, alike: fn(&str, &str) -> bool) {
    let (_, name) = called(asked);
    if (asked.is_call() || asked.at(FUNCTION)) && is_hidden(&name, memory, alike) {
        asked.answer(404, "no such function");
    }
}

fn hide_listed(told: &mut Told, asked: &Asked, memory: &Memory, alike: fn(&str, &str) -> bool) {
    if asked.is("GET", FUNCTIONS) {
        told.edit(|all| {
            let all = all.as_array_mut();
            if let Some(all) = all {
                all.retain(|one| !is_hidden(&text(one, "name"), memory, alike));
            }
        });
    }
}

fn is_hidden(name: &str, memory: &Memory, alike: fn(&str, &str) -> bool) -> bool {
    let gone = memory.get("gone");
    let gone = gone.as_ref().and_then(Value::as_str);
    gone.is_some_and(|gone| alike(gone, name))
}
