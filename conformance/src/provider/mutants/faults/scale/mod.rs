//! Chapter 8: replicas that go wrong.
//! It knows numbers that are bent, replicas that are lost, and calls that come to none.
//! It refuses what happens to a number of replicas in an update: that is chapter 4.

pub(super) mod labels;
pub(super) mod zero;

use super::prelude::*;
use super::seen;
use super::tools::{
    FUNCTION, FUNCTIONS, SCALE, both, describes, field, good, is_object, text, turn, without,
};

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "scale/status-201",
        &["PR-8.1"],
        "scaling is answered with 201",
        when_told(|told, asked, _| {
            if asked.is("POST", SCALE) {
                turn(told, 202, 201);
            }
        }),
    ),
    mutant(
        "scale/stops-calls",
        &["PR-8.1"],
        "a function that was scaled no longer answers",
        both(
            |asked, memory| {
                if asked.is_call() && memory.get(&about("scaled", asked)).is_some() {
                    asked.answer(502, "no route to the container");
                }
            },
            |told, asked, memory| {
                if asked.is("POST", SCALE) && good(told) {
                    memory.set(&about("scaled", asked), true);
                }
            },
        ),
    ),
    mutant(
        "scale/missing-accepted",
        &["PR-8.2"],
        "scaling a function that is not there is a success",
        when_told(|told, asked, _| {
            if asked.is("POST", SCALE) {
                turn(told, 404, 202);
            }
        }),
    ),
    mutant(
        "scale/missing-is-an-error",
        &["PR-8.3"],
        "scaling a function that is not there is an error of the provider (faas-netes, faas-swarm)",
        when_told(|told, asked, _| {
            if asked.is("POST", SCALE) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "scale/malformed-is-an-error",
        &["PR-8.4"],
        "what is no JSON is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("POST", SCALE) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "scale/malformed-is-zero",
        &["PR-8.4"],
        "what is no JSON is refused, and the function is scaled to the zero of a new variable",
        both(
            |asked, _| {
                if asked.is("POST", SCALE) && !asked.body().is_empty() && !is_object(asked) {
                    asked.set_json(&json!({ "replicas": 0 }));
                    asked.set_header(BENT, "yes");
                }
            },
            |told, asked, _| {
                if asked.header(BENT).is_some() {
                    turn(told, 202, 400);
                }
            },
        ),
    ),
    mutant(
        "scale/below-zero-wraps",
        &["PR-8.4"],
        "a number below zero is a large one, and brought down to what there can be",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                field(asked, "replicas", |count| {
                    if count.as_i64().is_some_and(|count| count < 0) {
                        *count = json!(5);
                    }
                });
            }
        }),
    ),
    mutant(
        "scale/no-body-is-zero",
        &["PR-8.5"],
        "no body asks for no replica",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) && asked.body().is_empty() {
                asked.set_json(&json!({ "replicas": 0 }));
            }
        }),
    ),
    mutant(
        "scale/numbers-bent",
        &["PR-8.5"],
        "a number in quotes, or with a fraction, is bent into a whole one",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                field(asked, "replicas", |count| *count = bent(count));
            }
        }),
    ),
    mutant(
        "scale/any-number-taken",
        &["PR-8.6"],
        "any number of replicas is taken, and told from then on",
        both(
            |asked, memory| {
                let count = asked.json().get("replicas").and_then(Value::as_u64);
                if let Some(count) = count.filter(|count| asked.is("POST", SCALE) && *count > 1000)
                {
                    memory.set(&about("many", asked), count);
                    asked.answer(202, "");
                }
            },
            |told, asked, memory| {
                let count = memory.get(&about("many", asked));
                if let Some(count) = count.filter(|_| asked.is("GET", FUNCTION)) {
                    told.edit(|one| one["replicas"] = count);
                }
            },
        ),
    ),
    mutant(
        "scale/name-only-in-body",
        &["PR-8.8"],
        "the name in the path is ignored (faasd)",
        when_asked(|asked, _| {
            let named = !text(&asked.json(), "serviceName").is_empty();
            if asked.is("POST", SCALE) && is_object(asked) && !named {
                asked.answer(404, "service not found");
            }
        }),
    ),
    mutant(
        "scale/one-for-all",
        &["PR-8.9"],
        "more than one replica is accepted, and there is one (faasd)",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                field(asked, "replicas", |count| {
                    if count.as_u64().is_some_and(|count| count > 1) {
                        *count = json!(1);
                    }
                });
            }
        }),
    ),
    mutant(
        "scale/available-untold",
        &["PR-8.9"],
        "how many replicas are available is not told (faasd, faas-swarm)",
        when_told(|told, asked, _| {
            if describes(asked) {
                told.for_each(|one| {
                    drop(
                        one.as_object_mut()
                            .map(|one| one.remove("availableReplicas")),
                    );
                });
            }
        }),
    ),
    mutant(
        "scale/one-does-all",
        &["PR-8.10"],
        "one replica gets all calls, the others none",
        Inside(Fault::OneReplicaCalled),
    ),
    mutant(
        "scale/cuts-calls",
        &["PR-8.11"],
        "a replica that is to go is killed at once, with the calls that it has taken",
        Inside(Fault::NoTerm),
    ),
    mutant(
        "scale/lost-in-an-update",
        &["PR-8.14"],
        "a scaling that comes right after an update is accepted, and lost",
        both(
            |asked, memory| {
                let updated = memory.remove(&about("updated", asked)).is_some();
                if asked.is("POST", SCALE) && updated {
                    asked.answer(202, "");
                }
            },
            |told, asked, memory| {
                if asked.is("PUT", FUNCTIONS) && good(told) {
                    memory.set(&about("updated", asked), true);
                }
            },
        ),
    ),
    mutant(
        "scale/namespace-in-query-only",
        &["PR-8.20"],
        "the namespace in the body is ignored (faas-netes)",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                without(asked, "namespace");
            }
        }),
    ),
    mutant(
        "scale/namespace-in-body-only",
        &["PR-8.20"],
        "the namespace in the query is ignored (faasd)",
        when_asked(|asked, _| {
            if asked.is("POST", SCALE) {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "scale/in-all-namespaces",
        &["PR-8.20"],
        "functions of the same name are scaled in all namespaces",
        when_told(|told, asked, memory| {
            if asked.is("POST", SCALE) && good(told) {
                let count = asked.json().get("replicas").cloned();
                memory.set(
                    &format!("scaled {}", asked.name()),
                    count.unwrap_or_default(),
                );
            }
            let count = memory.get(&format!("scaled {}", asked.name()));
            if let Some(count) = count.filter(|_| asked.is("GET", FUNCTION) && good(told)) {
                told.edit(|one| one["replicas"] = count);
            }
        }),
    ),
];

/// Marks a request whose body was bent.
const BENT: &str = "x-bent";

/// What is known about the function of a request.
fn about(what: &str, asked: &Asked) -> String {
    format!("{what} {}", seen::place(asked).unwrap_or_default())
}

/// A whole number, whatever it was.
fn bent(count: &Value) -> Value {
    let number = match count {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    let whole = number.filter(|number| *number >= 0.0).map(f64::floor);
    whole.map_or(count.clone(), |whole| {
        format!("{whole}").parse().unwrap_or_default()
    })
}
