//! Chapter 3: what should be refused and is not, or is refused in a wrong way.
//! It knows bodies, fields that are unknown, wrong or missing, and names that are taken.
//! It refuses what is not there: that is a file of its own.

use hyper::Method;

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    AT_HAND, FUNCTIONS, both, deploys, field, is_mended, is_object, mend, put, text, turn,
};

/// The fields of a deployment.
const FIELDS: &[&str] = &[
    "service",
    "image",
    "namespace",
    "envProcess",
    "envVars",
    "constraints",
    "secrets",
    "labels",
    "annotations",
    "limits",
    "requests",
    "readOnlyRootFilesystem",
];

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "deploy/unknown-fields-refused",
        &["PR-3.7"],
        "a field that is not known is refused",
        when_asked(|asked, _| {
            let body = asked.json();
            let mut names = body.as_object().into_iter().flat_map(|body| body.keys());
            if deploys(asked) && names.any(|name| !FIELDS.contains(&name.as_str())) {
                asked.answer(400, "json: unknown field");
            }
        }),
    ),
    mutant(
        "deploy/network-used",
        &["PR-3.7"],
        "the field `network`, long out of use, still has to name a network (faas-swarm)",
        when_asked(|asked, _| {
            if deploys(asked) && asked.json().get("network").is_some() {
                asked.answer(400, "network not found");
            }
        }),
    ),
    mutant(
        "deploy/malformed-is-an-error",
        &["PR-3.8"],
        "what is no JSON is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("POST", FUNCTIONS) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "deploy/malformed-taken",
        &["PR-3.8"],
        "what is no JSON is refused, and what could be read of it is deployed",
        both(
            |asked, _| {
                if asked.is("POST", FUNCTIONS) && !is_object(asked) {
                    mend(asked);
                }
            },
            |told, asked, _| {
                if is_mended(asked) {
                    turn(told, 202, 400);
                }
            },
        ),
    ),
    mutant(
        "deploy/no-body-accepted",
        &["PR-3.8"],
        "no body is accepted",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) && asked.body().is_empty() {
                asked.answer(202, "");
            }
        }),
    ),
    mutant(
        "deploy/types-bent",
        &["PR-3.9"],
        "a field of the wrong type is bent into the right one",
        when_asked(|asked, _| {
            if deploys(asked) {
                field(asked, "service", |name| {
                    if let Some(number) = name.as_number() {
                        *name = number.to_string().into();
                    }
                });
                for name in ["envVars", "labels", "annotations"] {
                    field(asked, name, |map| {
                        if !map.is_object() {
                            *map = Value::Null;
                        }
                    });
                }
            }
        }),
    ),
    mutant(
        "deploy/no-name-made-up",
        &["PR-3.10"],
        "a function without a name gets one",
        when_asked(|asked, memory| {
            if asked.is("POST", FUNCTIONS) && text(&asked.json(), "service").is_empty() {
                put(
                    asked,
                    "service",
                    format!("function-{}", memory.count("made")),
                );
            }
        }),
    ),
    mutant(
        "deploy/no-name-is-an-error",
        &["PR-3.10"],
        "a function without a name is an error of the provider",
        when_told(|told, asked, _| {
            let nameless = text(&asked.json(), "service").is_empty();
            if asked.is("POST", FUNCTIONS) && is_object(asked) && nameless {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "deploy/no-image-made-up",
        &["PR-3.10"],
        "a function without an image gets one",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) && text(&asked.json(), "image").is_empty() {
                put(asked, "image", AT_HAND);
            }
        }),
    ),
    mutant(
        "deploy/taken-removed",
        &["PR-3.14"],
        "deploying a name that is taken is refused once the old function is gone (faasd, on updates)",
        both(
            |asked, memory| {
                if asked.is("POST", FUNCTIONS) && seen::known(asked, memory).is_some() {
                    asked.method = Method::DELETE;
                    let name = asked.name();
                    put(asked, "functionName", name);
                }
            },
            |told, asked, memory| {
                seen::watch(told, asked, memory);
                if asked.is("DELETE", FUNCTIONS) && asked.json().get("image").is_some() {
                    turn(told, 202, 409);
                }
            },
        ),
    ),
    mutant(
        "deploy/taken-is-an-error",
        &["PR-3.15"],
        "deploying a name that is taken is an error of the provider (faas-netes)",
        when_told(|told, asked, _| {
            if asked.is("POST", FUNCTIONS) {
                turn(told, 409, 500);
            }
        }),
    ),
];
