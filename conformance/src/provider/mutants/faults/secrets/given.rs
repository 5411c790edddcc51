//! Chapter 9: what functions get of secrets.
//! It knows bytes that change on their way, and who gets which secret.
//! It refuses what the API tells of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    FUNCTIONS, SECRETS, both, deploys, field, good, is_object, list, map, namespace, put, text,
    without,
};

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "secrets/newline-added",
        &["PR-9.5"],
        "a secret ends with a newline",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                change(asked, "value", |text| format!("{text}\n"));
            }
        }),
    ),
    mutant(
        "secrets/bytes-ignored",
        &["PR-9.5"],
        "`rawValue` is ignored (faas-swarm)",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                without(asked, "rawValue");
            }
        }),
    ),
    mutant(
        "secrets/bytes-undecoded",
        &["PR-9.5"],
        "`rawValue` is taken as it stands, in base64",
        when_asked(|asked, _| {
            let raw = text(&asked.json(), "rawValue");
            if asked.at(SECRETS) && !raw.is_empty() {
                without(asked, "rawValue");
                put(asked, "value", raw);
            }
        }),
    ),
    mutant(
        "secrets/bytes-as-text",
        &["PR-9.5"],
        "bytes of a secret that are no UTF-8 are replaced",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                change(asked, "rawValue", |raw| {
                    let bytes = STANDARD.decode(raw).unwrap_or_default();
                    STANDARD.encode(String::from_utf8_lossy(&bytes).as_bytes())
                });
            }
        }),
    ),
    mutant(
        "secrets/in-another-place",
        &["PR-9.5"],
        "secrets are where they were long ago, in /run/secrets",
        Inside(Fault::SecretsElsewhere),
    ),
    mutant(
        "secrets/trimmed",
        &["PR-9.6"],
        "white space at the ends of a secret is lost",
        when_asked(|asked, _| {
            if asked.at(SECRETS) {
                change(asked, "value", |text| text.trim().to_owned());
            }
        }),
    ),
    mutant(
        "secrets/long-refused",
        &["PR-9.6"],
        "a secret of more than 32 KiB is refused",
        when_asked(|asked, _| {
            if asked.at(SECRETS) && asked.body().len() > 32 * 1024 {
                asked.answer(413, "secret too large");
            }
        }),
    ),
    mutant(
        "secrets/empty-is-an-error",
        &["PR-9.8"],
        "an empty secret is an error of the provider",
        when_asked(|asked, _| {
            let value = |name| text(&asked.json(), name).is_empty();
            if asked.is("POST", SECRETS) && is_object(asked) && value("value") && value("rawValue")
            {
                asked.answer(500, "no data");
            }
        }),
    ),
    mutant(
        "secrets/one-of-many",
        &["PR-9.17"],
        "a function gets the first of its secrets",
        when_asked(|asked, _| {
            if deploys(asked) {
                field(asked, "secrets", |all| {
                    if let Some(all) = all.as_array_mut() {
                        all.truncate(1);
                    }
                });
            }
        }),
    ),
    mutant(
        "secrets/for-one-function",
        &["PR-9.17"],
        "a secret is given to the first function that names it, and to no other",
        when_asked(|asked, memory| {
            if asked.is("POST", FUNCTIONS) {
                let user = asked.name();
                field(asked, "secrets", |all| {
                    let is_first = |name: &Value| {
                        memory.first(&format!("user of {name}"), user.clone()) == user
                    };
                    if let Some(all) = all.as_array_mut() {
                        all.retain(is_first);
                    }
                });
            }
        }),
    ),
    mutant(
        "secrets/all-given",
        &["PR-9.18"],
        "every function gets all secrets of its namespace (faas-cli#402)",
        both(
            |asked, memory| {
                let pool = memory
                    .get(&pool(asked))
                    .filter(|_| asked.is("POST", FUNCTIONS));
                if let Some(pool) = pool {
                    put(asked, "secrets", pool);
                }
            },
            |told, asked, memory| {
                if asked.at(SECRETS) && good(told) {
                    keep_pool(asked, memory);
                }
            },
        ),
    ),
    mutant(
        "secrets/in-the-environment",
        &["PR-9.18"],
        "secrets are variables of the environment, too",
        both(
            |asked, memory| {
                if deploys(asked) {
                    let mut env = map(&asked.json(), "envVars");
                    for name in list(&asked.json(), "secrets") {
                        let name = name.as_str().unwrap_or_default().to_owned();
                        let key = seen::secret(&namespace(asked), &name);
                        let value = memory.get(&key).map(|body| text(&body, "value"));
                        env.insert(name, json!(value.unwrap_or_default()));
                    }
                    put(asked, "envVars", env);
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "secrets/writable",
        &["PR-9.19"],
        "a function can write to its secrets",
        Inside(Fault::SecretsWritable),
    ),
    mutant(
        "secrets/from-elsewhere",
        &["PR-9.20"],
        "a function can have a secret of another namespace",
        Inside(Fault::SecretsOfAll),
    ),
];

/// Changes a text of the body where there is some.
fn change(asked: &mut Asked, name: &str, change: impl Fn(&str) -> String) {
    field(asked, name, |value| {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            *value = json!(change(text));
        }
    });
}

fn pool(asked: &Asked) -> String {
    format!("pool {}", namespace(asked))
}

/// Keeps the names of the secrets of a namespace.
fn keep_pool(asked: &Asked, memory: &Memory) {
    let name = json!(asked.name());
    let old = memory.get(&pool(asked)).unwrap_or_else(|| json!([]));
    let old = old.as_array().cloned().unwrap_or_default();
    let mut all: Vec<Value> = old.into_iter().filter(|one| *one != name).collect();
    if asked.is("POST", SECRETS) {
        all.push(name);
    }
    if !asked.is("PUT", SECRETS) {
        memory.set(&pool(asked), all);
    }
}
