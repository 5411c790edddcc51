//! Chapter 9: secrets that should be refused, and are not, or in a wrong way.
//! It knows bodies, and names that lead elsewhere or look as if.
//! It refuses to lead elsewhere for real: such a name becomes its last part.

use super::super::prelude::*;
use super::super::tools::{SECRETS, both, field, good, is_mended, is_object, mend, text, turn};

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "secrets/malformed-is-an-error",
        &["PR-9.10"],
        "what is no JSON is an error of the provider (faasd)",
        when_told(|told, asked, _| {
            if asked.at(SECRETS) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "secrets/malformed-taken",
        &["PR-9.10"],
        "what is no JSON is refused, and what could be read of it is the secret",
        both(
            |asked, _| {
                if asked.at(SECRETS) && !asked.is("GET", SECRETS) && !is_object(asked) {
                    mend(asked);
                }
            },
            |told, asked, _| {
                if is_mended(asked) && good(told) {
                    told.status = 400;
                }
            },
        ),
    ),
    mutant(
        "secrets/no-name-accepted",
        &["PR-9.10"],
        "a secret without a name is accepted",
        when_asked(|asked, _| {
            if asked.is("POST", SECRETS)
                && is_object(asked)
                && text(&asked.json(), "name").is_empty()
            {
                asked.answer(201, "");
            }
        }),
    ),
    mutant(
        "secrets/paths-created",
        &["PR-9.11"],
        "of a name that is a path the last part counts in creating",
        when_asked(|asked, _| last_part(asked, "POST")),
    ),
    mutant(
        "secrets/paths-removed",
        &["PR-9.11"],
        "names of removals are not checked (faasd), and of one that is a path the last part counts",
        when_asked(|asked, _| last_part(asked, "DELETE")),
    ),
    mutant(
        "secrets/paths-changed",
        &["PR-9.11"],
        "of a name that is a path the last part counts in changing",
        when_asked(|asked, _| last_part(asked, "PUT")),
    ),
    mutant(
        "secrets/paths-are-an-error",
        &["PR-9.11"],
        "a name that is a path is an error of the provider",
        when_told(|told, asked, _| {
            if asked.at(SECRETS) && text(&asked.json(), "name").contains('/') {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "secrets/dots-refused",
        &["PR-9.24"],
        "a name with a dot is refused",
        when_asked(|asked, _| {
            if asked.at(SECRETS) && text(&asked.json(), "name").contains('.') {
                asked.answer(400, "name: expected a-z, 0-9 and -");
            }
        }),
    ),
];

/// The last part of a name that is a path, in requests of that method.
fn last_part(asked: &mut Asked, method: &str) {
    if asked.is(method, SECRETS) {
        field(asked, "name", |name| {
            if let Some(text) = name.as_str()
                && let Some((_, last)) = text.rsplit_once('/')
            {
                *name = Value::from(last);
            }
        });
    }
}
