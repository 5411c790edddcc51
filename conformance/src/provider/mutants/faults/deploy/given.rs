//! Chapter 3: what a function does not get as it was given.
//! It knows variables, the process, labels and annotations.
//! It refuses to change what is told of another function.

use std::cell::Cell;

use serde_json::Map;

use super::super::prelude::*;
use super::super::tools::{deploys, describes, field, map, put, text, values, without};

/// What the platforms of some allow for all variables of a function.
const MOST: usize = 4096;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "deploy/env-cut-at-equals",
        &["PR-3.3"],
        "a value ends at its first = (faasd)",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "envVars", |value| {
                    value.split('=').next().unwrap_or_default().to_owned()
                });
            }
        }),
    ),
    mutant(
        "deploy/env-trimmed",
        &["PR-3.3"],
        "white space at the ends of a value is lost",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "envVars", |value| value.trim().to_owned());
            }
        }),
    ),
    mutant(
        "deploy/env-one-line",
        &["PR-3.3"],
        "a value ends with its first line",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "envVars", |value| {
                    value.lines().next().unwrap_or_default().to_owned()
                });
            }
        }),
    ),
    mutant(
        "deploy/env-empty-lost",
        &["PR-3.3"],
        "a variable with an empty value is left out",
        when_asked(|asked, _| {
            if deploys(asked) {
                field(asked, "envVars", |all| {
                    let all = all.as_object_mut();
                    if let Some(all) = all {
                        all.retain(|_, value| value != "");
                    }
                });
            }
        }),
    ),
    mutant(
        "deploy/env-expanded",
        &["PR-3.3"],
        "a dollar sign in a value begins the name of a variable, as for a shell",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "envVars", expanded);
            }
        }),
    ),
    mutant(
        "deploy/env-ascii",
        &["PR-3.3"],
        "what is no ASCII in a value becomes a question mark",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "envVars", |value| {
                    value.replace(|character: char| !character.is_ascii(), "?")
                });
            }
        }),
    ),
    mutant(
        "deploy/env-at-most-4k",
        &["PR-3.3"],
        "variables after the first 4 KiB of them are left out, as where a function may have no more",
        when_asked(|asked, _| {
            if deploys(asked) {
                field(asked, "envVars", |all| {
                    let sum = Cell::new(0);
                    let fits = |name: &String, value: &mut Value| {
                        let size = name.len() + value.as_str().map_or(0, str::len);
                        sum.set(sum.get() + size);
                        sum.get() <= MOST
                    };
                    if let Some(all) = all.as_object_mut() {
                        all.retain(fits);
                    }
                });
            }
        }),
    ),
    mutant(
        "deploy/process-ignored",
        &["PR-3.4"],
        "`envProcess` is ignored",
        when_asked(|asked, _| {
            if deploys(asked) {
                without(asked, "envProcess");
            }
        }),
    ),
    mutant(
        "deploy/process-renamed",
        &["PR-3.4"],
        "`envProcess` goes to the variable `function_process` alone",
        when_asked(|asked, _| {
            let process = text(&asked.json(), "envProcess");
            if deploys(asked) && !process.is_empty() {
                without(asked, "envProcess");
                let mut env = map(&asked.json(), "envVars");
                env.insert("function_process".to_owned(), process.into());
                put(asked, "envVars", env);
            }
        }),
    ),
    mutant(
        "deploy/labels-untold",
        &["PR-3.5"],
        "labels are kept and not told (openfaas-operator#49)",
        when_told(|told, asked, _| {
            if describes(asked) {
                told.for_each(|one| drop(one.as_object_mut().map(|one| one.remove("labels"))));
            }
        }),
    ),
    mutant(
        "deploy/annotations-untold",
        &["PR-3.5"],
        "annotations come back as labels with a prefix, which is how they are stored (faasd)",
        when_told(|told, asked, _| {
            if describes(asked) {
                told.for_each(as_labels);
            }
        }),
    ),
    mutant(
        "deploy/annotations-spelled-as-labels",
        &["PR-3.5"],
        "what cannot stand in a label of Kubernetes is replaced in annotations, too",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "annotations", |value| {
                    let fits = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
                    value.replace(|one: char| !fits(one), "_")
                });
            }
        }),
    ),
    mutant(
        "deploy/annotations-parsed",
        &["PR-3.5"],
        "an annotation that is JSON is written anew",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "annotations", |value| {
                    let parsed: Option<Value> = serde_json::from_str(value).ok();
                    parsed.map_or(value.to_owned(), |value| value.to_string())
                });
            }
        }),
    ),
    mutant(
        "deploy/annotations-escaped",
        &["PR-3.5"],
        "an ampersand in an annotation is escaped as in HTML",
        when_asked(|asked, _| {
            if deploys(asked) {
                values(asked, "annotations", |value| value.replace('&', "&amp;"));
            }
        }),
    ),
    mutant(
        "deploy/null-refused",
        &["PR-3.6"],
        "a map that is null is refused",
        when_asked(|asked, _| {
            let all = asked.json();
            let null = |name: &&str| all.get(name).is_some_and(Value::is_null);
            if deploys(asked) && ["labels", "annotations"].iter().any(null) {
                asked.answer(400, "labels: expected an object");
            }
        }),
    ),
    mutant(
        "deploy/empty-maps-refused",
        &["PR-3.6"],
        "a map that is empty is refused",
        when_asked(|asked, _| {
            let all = asked.json();
            let empty = |name: &&str| {
                let map = all.get(name).and_then(Value::as_object);
                map.is_some_and(Map::is_empty)
            };
            if deploys(asked) && ["labels", "annotations", "envVars"].iter().any(empty) {
                asked.answer(400, "labels: expected some");
            }
        }),
    ),
];

/// Names after a dollar sign are replaced by what nobody has set.
fn expanded(value: &str) -> String {
    let mut parts = value.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let named = |one: char| one.is_ascii_alphanumeric() || "_{}".contains(one);
        out + part.trim_start_matches(named)
    })
}

fn as_labels(one: &mut Value) {
    let Some(fields) = one.as_object_mut() else {
        return;
    };
    let Some(Value::Object(annotations)) = fields.remove("annotations") else {
        return;
    };
    let labels = fields.entry("labels").or_insert_with(|| json!({}));
    for (name, value) in annotations {
        if let Some(labels) = labels.as_object_mut() {
            labels.insert(format!("com.openfaas.annotations.{name}"), value);
        }
    }
}
