//! Chapter 9: secrets that go wrong at the API.
//! It knows what is told, changed and removed.
//! It refuses what functions get of them, and what should be refused: those are in files of their own.

pub(super) mod given;
pub(super) mod refused;

use hyper::Method;

use super::prelude::*;
use super::seen;
use super::tools::{FUNCTIONS, SECRETS, both, good, list, namespace, text, turn, without};

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "secrets/list-null",
        &["PR-9.1"],
        "where there are no secrets the list is null (an empty slice of Go)",
        when_told(|told, asked, _| {
            if asked.is("GET", SECRETS) {
                told.edit(|all| {
                    if *all == json!([]) {
                        *all = Value::Null;
                    }
                });
            }
        }),
    ),
    mutant(
        "secrets/list-wrapped",
        &["PR-9.1"],
        "the list is a field of an object",
        when_told(|told, asked, _| {
            if asked.is("GET", SECRETS) {
                told.edit(|all| *all = json!({ "secrets": all.take() }));
            }
        }),
    ),
    mutant(
        "secrets/list-of-texts",
        &["PR-9.1"],
        "the list has names alone",
        when_told(|told, asked, _| {
            if asked.is("GET", SECRETS) {
                told.for_each(|one| *one = one["name"].take());
            }
        }),
    ),
    mutant(
        "secrets/list-in-plain-text",
        &["PR-9.2"],
        "the list says that it is text (faasd)",
        when_told(|told, asked, _| {
            if asked.is("GET", SECRETS) {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "secrets/status-204",
        &["PR-9.3"],
        "a new secret is answered with 204",
        when_told(|told, asked, _| {
            if asked.is("POST", SECRETS) {
                turn(told, 201, 204);
            }
        }),
    ),
    mutant(
        "secrets/list-stale",
        &["PR-9.3"],
        "the list is made once, and told again and again",
        when_told(|told, asked, memory| {
            if asked.is("GET", SECRETS) {
                let first = memory.first(&namespace(asked), told.json());
                told.set_json(&first);
            }
        }),
    ),
    mutant(
        "secrets/values-listed",
        &["PR-9.4"],
        "the list has the values",
        when_told(|told, asked, memory| {
            seen::watch(told, asked, memory);
            if asked.is("GET", SECRETS) {
                told.for_each(|one| {
                    let key = seen::secret(&text(one, "namespace"), &text(one, "name"));
                    if let Some(body) = memory.get(&key) {
                        one["value"] = body["value"].clone();
                    }
                });
            }
        }),
    ),
    mutant(
        "secrets/values-echoed",
        &["PR-9.4"],
        "a new secret is answered with what was sent",
        when_told(|told, asked, _| {
            if asked.at(SECRETS) && good(told) && !asked.body().is_empty() {
                told.set_body(asked.body());
            }
        }),
    ),
    mutant(
        "secrets/values-in-refusals",
        &["PR-9.4"],
        "what is refused is quoted, with its value",
        when_told(|told, asked, _| {
            if asked.at(SECRETS) && told.status >= 400 {
                let quoted = String::from_utf8_lossy(asked.body()).into_owned();
                told.set_body(format!("{}in {quoted}\n", told.text()));
            }
        }),
    ),
    mutant(
        "secrets/taken-is-an-error",
        &["PR-9.9"],
        "creating a secret that is there is an error of the provider (faas-swarm)",
        when_told(|told, asked, _| {
            if asked.is("POST", SECRETS) {
                turn(told, 409, 500);
            }
        }),
    ),
    mutant(
        "secrets/taken-ignored",
        &["PR-9.9"],
        "creating a secret that is there is a success, and the old value stays",
        when_told(|told, asked, _| {
            if asked.is("POST", SECRETS) && told.status == 409 {
                told.become_status(201);
            }
        }),
    ),
    mutant(
        "secrets/removed-listed",
        &["PR-9.12"],
        "a removed secret stays in the list",
        when_told(|told, asked, memory| {
            let key = format!("gone {}", namespace(asked));
            if asked.is("DELETE", SECRETS) && good(told) {
                memory.set(
                    &key,
                    json!({ "name": asked.name(), "namespace": namespace(asked) }),
                );
            }
            if asked.is("GET", SECRETS) {
                told.edit(|all| {
                    if let Some(all) = all.as_array_mut() {
                        all.extend(memory.get(&key));
                    }
                });
            }
        }),
    ),
    mutant(
        "secrets/missing-is-an-error",
        &["PR-9.13"],
        "removing a secret that is not there is an error of the provider (faasd)",
        when_told(|told, asked, _| {
            if asked.is("DELETE", SECRETS) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "secrets/missing-created",
        &["PR-9.14"],
        "changing a secret that is not there creates it (faasd)",
        both(
            |asked, memory| {
                if asked.is("PUT", SECRETS) && seen::known(asked, memory).is_none() {
                    asked.method = Method::POST;
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "secrets/change-204",
        &["PR-9.15"],
        "a change is answered with 204",
        when_told(|told, asked, _| {
            if asked.is("PUT", SECRETS) {
                turn(told, 200, 204);
            }
        }),
    ),
    mutant(
        "secrets/change-ignored",
        &["PR-9.15"],
        "a change is accepted, and the value stays",
        both(
            |asked, memory| {
                if let Some(old) = seen::known(asked, memory)
                    && asked.is("PUT", SECRETS)
                {
                    asked.set_json(&old);
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "secrets/one-pool",
        &["PR-9.20"],
        "secrets of all namespaces are those of the default one",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                without(asked, "namespace");
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "secrets/removal-by-query-only",
        &["PR-9.21"],
        "the namespace in the body of a removal is ignored (faasd)",
        when_asked(|asked, _| {
            if asked.is("DELETE", SECRETS) {
                without(asked, "namespace");
            }
        }),
    ),
    mutant(
        "secrets/removal-by-body-only",
        &["PR-9.22"],
        "the namespace in the query of a removal is ignored",
        when_asked(|asked, _| {
            if asked.is("DELETE", SECRETS) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "secrets/used-removed",
        &["PR-9.23"],
        "a secret that is used is removed, and the function that uses it no longer answers",
        both(
            |asked, memory| {
                if asked.is_call() && memory.get(&format!("broken {}", plain(asked))).is_some() {
                    asked.answer(503, "no endpoints");
                }
            },
            |told, asked, memory| {
                if asked.is("POST", FUNCTIONS) && good(told) {
                    remember_users(asked, memory);
                }
                let user = memory.get(&format!("user of {}", asked.name()));
                if let Some(user) =
                    user.filter(|_| asked.is("DELETE", SECRETS) && told.status == 409)
                {
                    memory.set(
                        &format!("broken {}", user.as_str().unwrap_or_default()),
                        true,
                    );
                    told.become_status(200);
                }
            },
        ),
    ),
    mutant(
        "secrets/none-is-a-success",
        &["PR-9.25"],
        "where there are no secrets whatever is asked of them is a success",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                asked.answer(200, "");
            }
        }),
    ),
];

/// The name of the function that is called.
fn plain(asked: &Asked) -> String {
    let name = asked.name();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn remember_users(asked: &Asked, memory: &Memory) {
    for secret in list(&asked.json(), "secrets") {
        let secret = secret.as_str().unwrap_or_default().to_owned();
        memory.set(&format!("user of {secret}"), asked.name());
    }
}
