//! Chapter 3: images, secrets and namespaces that are not there.
//! It knows what is put in their place, and what is left behind.
//! It refuses to make what the case could not remove.

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    AT_HAND, FUNCTIONS, both, deploys, field, list, namespace, put, text, turn, without,
};

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "deploy/missing-image-replaced",
        &["PR-3.16"],
        "in the place of an image that is not there runs the one that is at hand",
        when_asked(|asked, _| {
            if deploys(asked) && !at_hand(&text(&asked.json(), "image")) {
                put(asked, "image", AT_HAND);
            }
        }),
    ),
    mutant(
        "deploy/missing-image-keeps-the-name",
        &["PR-3.16"],
        "a deployment that was refused for its image keeps the name",
        both(
            |asked, memory| {
                let key = format!("refused {}", asked.name());
                if asked.is("POST", FUNCTIONS) && memory.get(&key).is_some() {
                    asked.answer(409, "snapshot already exists");
                }
            },
            |told, asked, memory| {
                let image = text(&asked.json(), "image");
                if asked.is("POST", FUNCTIONS) && told.status == 400 && !at_hand(&image) {
                    memory.set(&format!("refused {}", asked.name()), true);
                }
            },
        ),
    ),
    mutant(
        "deploy/missing-secret-ignored",
        &["PR-3.17", "PR-3.18"],
        "a secret that is not there is left out, and the function runs without it",
        both(
            |asked, memory| {
                if asked.is("POST", FUNCTIONS) {
                    let namespace = namespace(asked);
                    field(asked, "secrets", |all| {
                        let there = |name: &Value| seen::is_secret(&namespace, name, memory);
                        let kept: Vec<Value> = list(&json!({ "of": all }), "of");
                        *all = kept.into_iter().filter(there).collect();
                    });
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "deploy/missing-secret-is-an-error",
        &["PR-3.18"],
        "a secret that is not there is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("POST", FUNCTIONS) && !list(&asked.json(), "secrets").is_empty() {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "deploy/missing-secret-leaves-an-entry",
        &["PR-3.18"],
        "a function that was refused for its secret is listed all the same",
        when_told(|told, asked, memory| {
            let secrets = list(&asked.json(), "secrets");
            if asked.is("POST", FUNCTIONS) && told.status == 400 && !secrets.is_empty() {
                let entry = json!({ "name": asked.name(), "image": AT_HAND, "namespace": namespace(asked) });
                memory.set("left", entry);
            }
            list_also(told, asked, memory);
        }),
    ),
    mutant(
        "deploy/missing-namespace-replaced",
        &["PR-3.19"],
        "in the place of a namespace that is not there the default one is used",
        both(
            |asked, memory| {
                if asked.is("POST", FUNCTIONS) && !seen::is_namespace(&namespace(asked), memory) {
                    without(asked, "namespace");
                    asked.without_query("namespace");
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "deploy/missing-namespace-is-an-error",
        &["PR-3.19"],
        "a namespace that is not there is an error of the provider",
        when_told(|told, asked, memory| {
            seen::watch(told, asked, memory);
            if asked.is("POST", FUNCTIONS) && !seen::is_namespace(&namespace(asked), memory) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "deploy/default-namespace-refused",
        &["PR-3.20"],
        "the default namespace must not be named",
        when_asked(|asked, _| {
            if deploys(asked) && text(&asked.json(), "namespace") == "openfaas-fn" {
                asked.answer(400, "namespace: not allowed");
            }
        }),
    ),
    mutant(
        "deploy/empty-namespace-refused",
        &["PR-3.20"],
        "an empty namespace is refused (faas-netes, for secrets)",
        when_asked(|asked, _| {
            if deploys(asked) && asked.json().get("namespace") == Some(&json!("")) {
                asked.answer(400, "namespace: expected one");
            }
        }),
    ),
];

/// Whether the reference names a version of the probe that there is.
fn at_hand(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or_default();
    let tag = name.rsplit_once(':').map_or("latest", |(_, tag)| tag);
    name.contains("probe") && (["1", "2", "latest"].contains(&tag) || tag.contains('/'))
}

/// The list, and the entry that was left behind.
fn list_also(told: &mut Told, asked: &Asked, memory: &Memory) {
    if let Some(entry) = memory.get("left").filter(|_| asked.is("GET", FUNCTIONS))
        && text(&entry, "namespace") == namespace(asked)
    {
        told.edit(|all| {
            if let Some(all) = all.as_array_mut() {
                all.push(entry);
            }
        });
    }
}
