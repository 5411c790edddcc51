//! Chapter 4: updates that should be refused, and are not, or do harm all the same.
//! It knows functions, secrets and images that are not there, and bodies that are no JSON.
//! It refuses to harm a function that no case has made.

use hyper::Method;

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    FUNCTIONS, both, is_mended, is_object, list, mend, namespace, put, turn,
};
use super::stopped;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "update/missing-is-an-error",
        &["PR-4.2"],
        "an update of a function that is not there is 500, and faas-cli does not go on to deploy it",
        when_told(|told, asked, _| {
            if asked.is("PUT", FUNCTIONS) {
                turn(told, 404, 500);
            }
        }),
    ),
    mutant(
        "update/missing-accepted",
        &["PR-4.2"],
        "an update of a function that is not there is accepted and comes to nothing (faas-netes)",
        when_told(|told, asked, _| {
            if asked.is("PUT", FUNCTIONS) && told.status == 404 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "update/missing-created",
        &["PR-4.2"],
        "an update of a function that is not there is 404 and deploys it",
        both(
            |asked, memory| {
                if asked.is("PUT", FUNCTIONS) && seen::known(asked, memory).is_none() {
                    asked.method = Method::POST;
                    asked.set_header(TURNED, "yes");
                }
            },
            |told, asked, memory| {
                seen::watch(told, asked, memory);
                if asked.header(TURNED).is_some() {
                    turn(told, 202, 404);
                }
            },
        ),
    ),
    mutant(
        "update/malformed-is-an-error",
        &["PR-4.7"],
        "what is no JSON is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("PUT", FUNCTIONS) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "update/malformed-taken",
        &["PR-4.7"],
        "what is no JSON is refused, and what could be read of it is the update",
        both(
            |asked, _| {
                if asked.is("PUT", FUNCTIONS) && !is_object(asked) {
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
        "update/missing-secret-removes",
        &["PR-4.8"],
        "an update to a secret that is not there is refused once the old function is gone (faasd)",
        both(
            |asked, memory| {
                if asked.is("PUT", FUNCTIONS) && lacks_secrets(asked, memory) {
                    asked.method = Method::DELETE;
                    asked.set_header(TURNED, "yes");
                    let name = asked.name();
                    put(asked, "functionName", name);
                }
            },
            |told, asked, memory| {
                seen::watch(told, asked, memory);
                if asked.header(TURNED).is_some() {
                    turn(told, 202, 400);
                }
            },
        ),
    ),
    mutant(
        "update/missing-secret-accepted",
        &["PR-4.8"],
        "an update to a secret that is not there is accepted and comes to nothing",
        when_told(|told, asked, memory| {
            seen::watch(told, asked, memory);
            if asked.is("PUT", FUNCTIONS) && lacks_secrets(asked, memory) {
                turn(told, 400, 202);
            }
        }),
    ),
    mutant(
        "update/missing-image-stops",
        &["PR-4.9"],
        "an update to an image that is not there is refused, and the old function no longer answers",
        both(
            |asked, memory| {
                if asked.is_call() && memory.get(&stopped(asked)).is_some() {
                    asked.answer(503, "no endpoints");
                }
            },
            |told, asked, memory| {
                if asked.is("PUT", FUNCTIONS) && told.status == 400 {
                    memory.set(&stopped(asked), true);
                }
            },
        ),
    ),
];

/// Whether it names a secret that is not there.
fn lacks_secrets(asked: &Asked, memory: &Memory) -> bool {
    let (namespace, secrets) = (namespace(asked), list(&asked.json(), "secrets"));
    !secrets
        .iter()
        .all(|name| seen::is_secret(&namespace, name, memory))
}

/// Marks a request that became another one.
const TURNED: &str = "x-turned";
