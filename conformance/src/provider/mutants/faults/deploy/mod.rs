//! Chapter 3: deployments that go wrong.
//! It knows how they are answered, and which are lost or come back.
//! It refuses what functions are given, names and refusals: those are in files of their own.

pub(super) mod given;
pub(super) mod missing;
pub(super) mod names;
pub(super) mod refused;

use super::prelude::*;
use super::seen;
use super::tools::{
    FUNCTION, FUNCTIONS, both, deploys, good, is_object, list, namespace, text, turn,
};

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "deploy/status-201",
        &["PR-3.1"],
        "a deployment is answered with 201, which faas-cli takes for a failure",
        when_told(|told, asked, _| {
            if asked.is("POST", FUNCTIONS) {
                turn(told, 202, 201);
            }
        }),
    ),
    mutant(
        "deploy/minimal-refused",
        &["PR-3.1"],
        "a deployment without settings is refused",
        when_asked(|asked, _| {
            let fields = asked.json().as_object().map_or(0, serde_json::Map::len);
            if asked.is("POST", FUNCTIONS) && fields == 2 {
                asked.answer(400, "labels: expected some");
            }
        }),
    ),
    mutant(
        "deploy/unlisted-until-updated",
        &["PR-3.2"],
        "a function is listed from its first update on (faas-netes#469)",
        when_told(|told, asked, memory| {
            if asked.is("PUT", FUNCTIONS) {
                seen::watch(told, asked, memory);
            }
            leave_out(told, asked, |place| memory.get(place).is_none());
        }),
    ),
    mutant(
        "deploy/undescribed-until-called",
        &["PR-3.2"],
        "a function that nobody has called is not described",
        when_told(|told, asked, memory| {
            if asked.is_call() {
                memory.set(&called(asked), true);
            } else if asked.is("GET", FUNCTION) && memory.get(&called(asked)).is_none() {
                told.become_status(404);
            }
        }),
    ),
    mutant(
        "deploy/media-type-demanded",
        &["PR-3.21"],
        "a body that does not say that it is JSON is 415",
        when_asked(|asked, _| {
            let json = asked.header("content-type") == Some("application/json");
            if deploys(asked) && !json {
                asked.answer(415, "expected application/json");
            }
        }),
    ),
    mutant(
        "deploy/chunks-unread",
        &["PR-3.21"],
        "a body without Content-Length is taken for none",
        when_asked(|asked, _| {
            if deploys(asked) && asked.header("content-length").is_none() {
                asked.set_body("");
            }
        }),
    ),
    mutant(
        "deploy/old-settings-come-back",
        &["PR-3.23"],
        "a name gets the settings of the function that had it before",
        when_asked(|asked, memory| {
            if asked.is("POST", FUNCTIONS) && is_object(asked) {
                let key = seen::function(&namespace(asked), &asked.name());
                let first = memory.first(&key, asked.json());
                asked.set_json(&first);
            }
        }),
    ),
    mutant(
        "deploy/names-stay-taken",
        &["PR-3.23"],
        "the name of a removed function stays taken",
        both(
            |asked, memory| {
                if asked.is("POST", FUNCTIONS) && memory.get(&asked.name()).is_some() {
                    asked.answer(409, "the function is still there");
                }
            },
            |told, asked, memory| {
                if asked.is("DELETE", FUNCTIONS) && good(told) {
                    memory.set(&asked.name(), true);
                }
            },
        ),
    ),
    mutant(
        "deploy/answer-is-a-page",
        &["PR-3.24"],
        "what accepts a deployment is a page of HTML",
        when_told(|told, asked, _| {
            if deploys(asked) && good(told) {
                told.set_body("<!doctype html><title>Accepted</title>");
                told.set_header("content-type", "text/html");
            }
        }),
    ),
    mutant(
        "deploy/no-constraints-refused",
        &["PR-3.22"],
        "a list of constraints that is empty is refused",
        when_asked(|asked, _| {
            if deploys(asked) && asked.json().get("constraints").is_some_and(is_empty) {
                asked.answer(400, "constraints: expected some");
            }
        }),
    ),
    mutant(
        "deploy/constraints-break-it",
        &["PR-3.22"],
        "a constraint that nobody knows is an error of the provider",
        when_asked(|asked, _| {
            if deploys(asked) && !list(&asked.json(), "constraints").is_empty() {
                asked.answer(500, "no node fits");
            }
        }),
    ),
];

/// Leaves functions out of the list.
fn leave_out(told: &mut Told, asked: &Asked, is_out: impl Fn(&str) -> bool) {
    if asked.is("GET", FUNCTIONS) {
        told.edit(|all| {
            let all = all.as_array_mut();
            if let Some(all) = all {
                all.retain(|one| {
                    !is_out(&seen::function(&text(one, "namespace"), &text(one, "name")))
                });
            }
        });
    }
}

fn called(asked: &Asked) -> String {
    let name = asked.name();
    let name = name.split('.').next().unwrap_or_default();
    format!("called {name}")
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}
