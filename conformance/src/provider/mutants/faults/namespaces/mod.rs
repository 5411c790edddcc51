//! Chapter 11: namespaces that go wrong.
//! It knows suffixes, lists, and what becomes of namespaces that are made, changed and removed.
//! It refuses what one kind of call does with its namespace: that is its own chapter's.

pub(super) mod change;

use super::prelude::*;
use super::seen;
use super::tools::{
    DEFAULT, FUNCTION, FUNCTIONS, LOGS, NAMESPACES, both, call_instead, good, namespace, turn,
};

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "namespaces/list-of-objects",
        &["PR-11.1"],
        "the list has objects in the place of names",
        when_told(|told, asked, _| {
            if asked.is("GET", NAMESPACES) {
                told.for_each(|one| *one = json!({ "name": one.take() }));
            }
        }),
    ),
    mutant(
        "namespaces/list-wrapped",
        &["PR-11.1"],
        "the list is a field of an object",
        when_told(|told, asked, _| {
            if asked.is("GET", NAMESPACES) {
                told.edit(|all| *all = json!({ "namespaces": all.take() }));
            }
        }),
    ),
    mutant(
        "namespaces/default-unlisted",
        &["PR-11.2"],
        "the default namespace is not listed",
        when_told(|told, asked, _| relist(told, asked, |all| all.retain(|one| one != DEFAULT))),
    ),
    mutant(
        "namespaces/default-renamed",
        &["PR-11.2"],
        "the default namespace is called `default`",
        when_told(|told, asked, _| {
            relist(told, asked, |all| {
                let old = all.iter_mut().filter(|one| **one == DEFAULT);
                old.for_each(|one| *one = json!("default"));
            });
        }),
    ),
    mutant(
        "namespaces/suffix-ignored",
        &["PR-11.3", "PR-11.6"],
        "a suffix is cut off a name, and the default namespace is called",
        when_asked(|asked, _| {
            if asked.is_call() {
                without_suffix(asked);
            }
        }),
    ),
    mutant(
        "namespaces/default-suffix-unknown",
        &["PR-11.3"],
        "the suffix of the default namespace is unknown",
        when_asked(|asked, _| {
            if asked.is_call() && asked.name().ends_with(&format!(".{DEFAULT}")) {
                asked.answer(404, "no such function");
            }
        }),
    ),
    mutant(
        "namespaces/suffix-needless",
        &["PR-11.3"],
        "a name without a suffix finds a function in any namespace",
        both(
            |asked, memory| {
                let full = memory.get(&format!("home of {}", asked.name()));
                if let Some(full) = full.filter(|_| asked.is_call()) {
                    call_instead(asked, full.as_str().unwrap_or_default());
                }
            },
            |told, asked, memory| {
                let (name, namespace) = (asked.name(), namespace(asked));
                if asked.is("POST", FUNCTIONS) && good(told) {
                    memory.set(&format!("home of {name}"), format!("{name}.{namespace}"));
                }
            },
        ),
    ),
    mutant(
        "namespaces/missing-is-the-default",
        &["PR-11.4"],
        "a suffix that is no namespace is cut off",
        both(
            |asked, memory| {
                if asked.is_call() && !seen::is_namespace(&namespace(asked), memory) {
                    without_suffix(asked);
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "namespaces/missing-is-an-error",
        &["PR-11.4"],
        "a call in a namespace that is not there is an error of the provider",
        when_told(|told, asked, memory| {
            seen::watch(told, asked, memory);
            if asked.is_call() && !seen::is_namespace(&namespace(asked), memory) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "namespaces/list-ignores-them",
        &["PR-11.5"],
        "the list of functions is that of the default namespace, whatever is asked for",
        when_asked(|asked, _| {
            if asked.is("GET", FUNCTIONS) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "namespaces/list-has-all",
        &["PR-11.5"],
        "the list of functions has those of all namespaces",
        Inside(Fault::ListsAll),
    ),
    mutant(
        "namespaces/names-shared",
        &["PR-11.6"],
        "a name that is taken in one namespace is taken in all (faas-netes#541)",
        both(
            |asked, memory| {
                let home = memory.get(&format!("home of {}", asked.name()));
                if asked.is("POST", FUNCTIONS) && home.is_some_and(|home| home != namespace(asked))
                {
                    asked.answer(409, "already exists");
                }
            },
            |told, asked, memory| {
                if asked.is("POST", FUNCTIONS) && good(told) {
                    memory.set(&format!("home of {}", asked.name()), namespace(asked));
                }
                if asked.is("DELETE", FUNCTIONS) && good(told) {
                    memory.remove(&format!("home of {}", asked.name()));
                }
            },
        ),
    ),
    mutant(
        "namespaces/description-ignores-them",
        &["PR-11.7"],
        "the description of a function is looked for in the default namespace",
        when_asked(|asked, _| {
            if asked.is("GET", FUNCTION) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "namespaces/logs-ignore-them",
        &["PR-11.7"],
        "the log of a function is looked for in the default namespace",
        when_asked(|asked, _| {
            if asked.is("GET", LOGS) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "namespaces/new-ones-unknown",
        &["PR-11.8"],
        "a new namespace can be used once the provider was started again",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) && namespace(asked) != DEFAULT {
                asked.answer(400, "namespace not valid");
            }
        }),
    ),
];

/// Changes the list of namespaces.
fn relist(told: &mut Told, asked: &Asked, change: impl FnOnce(&mut Vec<Value>)) {
    if asked.is("GET", NAMESPACES) {
        told.edit(|all| all.as_array_mut().map_or((), change));
    }
}

fn without_suffix(asked: &mut Asked) {
    let full = asked.name();
    if let Some((name, _)) = full.rsplit_once('.') {
        call_instead(asked, name);
    }
}
