//! Chapter 11: namespaces that are made, described, changed and removed.
//! It knows what is answered, and what becomes of what is in them.
//! It refuses to remove the default one.

use hyper::Method;

use super::super::prelude::*;
use super::super::seen;
use super::super::tools::{
    DEFAULT, FUNCTION, NAMESPACE, NAMESPACES, both, deploys, field, good, is_mended, is_object,
    map, mend, namespace, put, turn, without,
};
use super::relist;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "namespaces/status-204",
        &["PR-11.8"],
        "a new namespace is answered with 204",
        when_told(|told, asked, _| {
            if asked.is("POST", NAMESPACE) {
                turn(told, 201, 204);
            }
        }),
    ),
    mutant(
        "namespaces/list-stale",
        &["PR-11.8"],
        "the list is made once, and told again and again",
        when_told(|told, asked, memory| {
            if asked.is("GET", NAMESPACES) {
                let first = memory.first("list", told.json());
                told.set_json(&first);
            }
        }),
    ),
    mutant(
        "namespaces/described-nameless",
        &["PR-11.9"],
        "a namespace is described without its name",
        when_told(|told, asked, _| forget(told, asked, "name")),
    ),
    mutant(
        "namespaces/described-without-labels",
        &["PR-11.9"],
        "a namespace is described without its labels",
        when_told(|told, asked, _| forget(told, asked, "labels")),
    ),
    mutant(
        "namespaces/described-without-annotations",
        &["PR-11.9"],
        "a namespace is described without its annotations",
        when_told(|told, asked, _| forget(told, asked, "annotations")),
    ),
    mutant(
        "namespaces/missing-described",
        &["PR-11.10"],
        "a namespace that is not there is described, with its name and no more",
        when_told(|told, asked, _| {
            if asked.is("GET", NAMESPACE) && told.status == 404 {
                told.status = 200;
                told.set_json(&json!({ "name": asked.name() }));
            }
        }),
    ),
    mutant(
        "namespaces/missing-changed",
        &["PR-11.10"],
        "changing a namespace that is not there creates it",
        both(
            |asked, memory| {
                if asked.is("PUT", NAMESPACE) && seen::known(asked, memory).is_none() {
                    asked.method = Method::POST;
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "namespaces/missing-removed",
        &["PR-11.10"],
        "removing a namespace that is not there is a success",
        when_told(|told, asked, _| {
            if asked.is("DELETE", NAMESPACE) {
                turn(told, 404, 202);
            }
        }),
    ),
    mutant(
        "namespaces/missing-is-refused",
        &["PR-11.10"],
        "removing a namespace that is not there is 400",
        when_told(|told, asked, _| {
            if asked.is("DELETE", NAMESPACE) {
                turn(told, 404, 400);
            }
        }),
    ),
    mutant(
        "namespaces/taken-accepted",
        &["PR-11.11"],
        "creating a namespace that is there is a success",
        when_told(|told, asked, _| {
            if asked.is("POST", NAMESPACE) {
                turn(told, 409, 201);
            }
        }),
    ),
    mutant(
        "namespaces/unmarked-is-an-error",
        &["PR-11.12"],
        "a namespace without the label is an error of the provider",
        when_told(|told, asked, _| {
            if asked.is("POST", NAMESPACE) && is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "namespaces/names-cleaned",
        &["PR-11.13"],
        "what cannot stand in the name of a namespace is replaced",
        when_asked(|asked, _| {
            if asked.is("POST", NAMESPACE) {
                field(asked, "name", |name| {
                    let text = name.as_str().unwrap_or_default().to_lowercase();
                    let fits = |one: char| one.is_ascii_alphanumeric() || one == '-';
                    let clean = text.replace(|one: char| !fits(one), "-");
                    *name = clean.trim_matches('-').into();
                });
            }
        }),
    ),
    mutant(
        "namespaces/malformed-is-an-error",
        &["PR-11.13"],
        "what is no JSON is an error of the provider",
        when_told(|told, asked, _| {
            if asked.at(NAMESPACE) && !is_object(asked) {
                turn(told, 400, 500);
            }
        }),
    ),
    mutant(
        "namespaces/malformed-taken",
        &["PR-11.13"],
        "what is no JSON is refused, and what could be read of it is the namespace",
        both(
            |asked, _| {
                if asked.is("POST", NAMESPACE) && !is_object(asked) {
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
        "namespaces/change-ignored",
        &["PR-11.14"],
        "a change is accepted, and nothing changes",
        when_asked(|asked, _| {
            if asked.is("PUT", NAMESPACE) && is_object(asked) {
                asked.answer(202, "");
            }
        }),
    ),
    mutant(
        "namespaces/annotations-unchanged",
        &["PR-11.14"],
        "a change is of labels alone",
        both(
            |asked, memory| {
                if let Some(old) = seen::known(asked, memory)
                    && asked.is("PUT", NAMESPACE)
                {
                    put(asked, "annotations", map(&old, "annotations"));
                }
            },
            seen::watch,
        ),
    ),
    mutant(
        "namespaces/removal-204",
        &["PR-11.15"],
        "a removal is answered with 204",
        when_told(|told, asked, _| {
            if asked.is("DELETE", NAMESPACE) {
                turn(told, 202, 204);
            }
        }),
    ),
    mutant(
        "namespaces/removed-listed",
        &["PR-11.15"],
        "a removed namespace stays in the list",
        when_told(|told, asked, memory| {
            if asked.is("DELETE", NAMESPACE) && good(told) {
                memory.set("gone", asked.name());
            }
            relist(told, asked, |all| all.extend(memory.get("gone")));
        }),
    ),
    mutant(
        "namespaces/full-loses-functions",
        &["PR-11.16"],
        "removing a namespace with functions is refused once its functions are gone",
        both(
            |asked, memory| {
                let emptied = memory.get("emptied");
                if (asked.is_call() || asked.at(FUNCTION))
                    && emptied == Some(json!(namespace(asked)))
                {
                    asked.answer(404, "no such function");
                }
            },
            |told, asked, memory| {
                if asked.is("DELETE", NAMESPACE) && told.status == 409 {
                    memory.set("emptied", asked.name());
                }
            },
        ),
    ),
    mutant(
        "namespaces/full-orphans-functions",
        &["PR-11.16"],
        "a namespace with functions is removed, and its functions go on",
        when_told(|told, asked, memory| {
            if asked.is("DELETE", NAMESPACE) && told.status == 409 && asked.name() != DEFAULT {
                memory.set("orphans", asked.name());
                told.become_status(202);
            }
            let orphans = memory.get("orphans");
            relist(told, asked, |all| {
                all.retain(|one| Some(one) != orphans.as_ref());
            });
        }),
    ),
    mutant(
        "namespaces/default-removed",
        &["PR-11.17"],
        "removing the default namespace is accepted",
        when_asked(|asked, _| {
            if asked.is("DELETE", NAMESPACE) && asked.name() == DEFAULT {
                asked.answer(202, "");
            }
        }),
    ),
    mutant(
        "namespaces/none-is-a-success",
        &["PR-11.18"],
        "where no namespaces can be made whatever is asked of one is a success",
        when_asked(|asked, _| {
            if asked.at(NAMESPACE) {
                asked.answer(200, "");
            }
        }),
    ),
    mutant(
        "namespaces/not-for-functions",
        &["PR-11.19"],
        "a namespace of the platform itself takes functions",
        when_asked(|asked, _| {
            let own = ["kube-system", "default", "moby", "openfaas"];
            if deploys(asked) && own.contains(&namespace(asked).as_str()) {
                without(asked, "namespace");
                asked.without_query("namespace");
            }
        }),
    ),
];

/// Leaves a field out of the description of a namespace.
fn forget(told: &mut Told, asked: &Asked, name: &str) {
    if asked.is("GET", NAMESPACE) {
        told.edit(|one| {
            one.as_object_mut().map(|one| one.remove(name));
        });
    }
}
