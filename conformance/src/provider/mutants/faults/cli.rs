//! Chapter 20: the command line client.
//! It knows what the client that people have relies on.
//! It refuses what it does not notice: other chapters do.

use super::prelude::*;

/// Another status where there is no such thing.
fn missing(told: &mut Told, asked: &Asked, method: &str, path: &str, status: u16) {
    if asked.is(method, path) && told.status == 404 {
        told.become_status(status);
    }
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "cli/version-flat",
        &["PR-20.1"],
        "the versions are texts, and no objects",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| {
                    info["provider"]["version"] = info["provider"]["version"]["release"].take();
                    info["version"] = info["version"]["release"].take();
                });
            }
        }),
    ),
    mutant(
        "cli/everybody-logs-in",
        &["PR-20.2"],
        "the list, by which a login is tried out, is open",
        when_asked(|asked, _| {
            if asked.is("GET", "/system/functions") {
                asked.let_in();
            }
        }),
    ),
    mutant(
        "cli/nobody-logs-in",
        &["PR-20.2"],
        "the list is refused with 403",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/functions") {
                told.become_status(403);
            }
        }),
    ),
    mutant(
        "cli/update-of-nothing-400",
        &["PR-20.3"],
        "an update of what is not there is a 400: a deployment goes no further",
        when_told(|told, asked, _| missing(told, asked, "PUT", "/system/functions", 400)),
    ),
    mutant(
        "cli/update-of-nothing-200",
        &["PR-20.3"],
        "an update of what is not there is taken, and nothing is deployed",
        when_told(|told, asked, _| missing(told, asked, "PUT", "/system/functions", 200)),
    ),
    mutant(
        "cli/updates-lost",
        &["PR-20.3"],
        "an update of what is there is taken and forgotten",
        Front(Front {
            asked: |asked, memory| {
                if asked.is("PUT", "/system/functions") && memory.get(&asked.name()).is_some() {
                    asked.answer(202, "");
                }
            },
            told: |told, asked, memory| {
                if asked.is("POST", "/system/functions") && told.status < 300 {
                    memory.set(&asked.name(), true);
                }
            },
            ..Front::NOTHING
        }),
    ),
    mutant(
        "cli/removals-lost",
        &["PR-20.3", "PR-20.8"],
        "a removal is taken and forgotten",
        when_asked(|asked, _| {
            if asked.is("DELETE", "/system/functions") {
                asked.answer(202, "");
            }
        }),
    ),
    mutant(
        "cli/never-available",
        &["PR-20.4"],
        "a description does not tell what is available: nothing is ever ready",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/function/") {
                told.edit(|one| one["availableReplicas"] = Value::Null);
            }
        }),
    ),
    mutant(
        "cli/list-by-service",
        &["PR-20.4"],
        "the list has no names",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/functions") {
                told.for_each(|one| {
                    let name = one["name"].take();
                    one["service"] = name;
                });
            }
        }),
    ),
    mutant(
        "cli/full-name-unknown",
        &["PR-20.5"],
        "a call of NAME.NAMESPACE finds no function",
        when_told(|told, asked, _| {
            let full = |part: &str| part.contains('.');
            if asked.is_call() && asked.path().split('/').nth(2).is_some_and(full) {
                told.become_status(404);
            }
        }),
    ),
    mutant(
        "cli/queries-lost",
        &["PR-20.5"],
        "the query of a call is lost",
        when_asked(|asked, _| {
            if asked.is_call() {
                asked.target = asked.path().to_owned();
            }
        }),
    ),
    mutant(
        "cli/methods-lost",
        &["PR-20.5"],
        "every call is a POST",
        when_asked(|asked, _| {
            if asked.at("/function/") {
                asked.method = hyper::Method::POST;
            }
        }),
    ),
    mutant(
        "cli/queue-by-name-alone",
        &["PR-20.5"],
        "the queue does not know NAME.NAMESPACE",
        when_told(|told, asked, _| {
            let full = |part: &str| part.contains('.');
            if asked.at("/async-function/") && asked.path().split('/').nth(2).is_some_and(full) {
                told.become_status(404);
            }
        }),
    ),
    mutant(
        "cli/tail-ignored",
        &["PR-20.6"],
        "all lines of a log are told, however many were asked for",
        when_asked(|asked, _| {
            if asked.at("/system/logs") {
                asked.without_query("tail");
            }
        }),
    ),
    mutant(
        "cli/log-message",
        &["PR-20.6"],
        "the text of a line is called `message`",
        Front(Front {
            told: |told, asked, _| {
                if asked.at("/system/logs") && !told.body().is_empty() {
                    told.set_body(told.text().replace("\"text\"", "\"message\""));
                }
            },
            ..Front::NOTHING
        }),
    ),
    mutant(
        "cli/secrets-unchangeable",
        &["PR-20.7"],
        "a secret cannot be changed, as on Swarm",
        when_asked(|asked, _| {
            if asked.is("PUT", "/system/secrets") {
                asked.answer(405, "");
            }
        }),
    ),
    mutant(
        "cli/secret-removals-lost",
        &["PR-20.7"],
        "the namespace of a removal is read from the query alone, as by faasd, and another is meant",
        when_asked(|asked, _| {
            if asked.is("DELETE", "/system/secrets") && asked.query("namespace").is_none() {
                asked.edit(|body| body["namespace"] = json!("default"));
            }
        }),
    ),
    mutant(
        "cli/secrets-nameless",
        &["PR-20.7"],
        "the list of secrets is a list of texts",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/secrets") {
                told.for_each(|one| *one = one["name"].take());
            }
        }),
    ),
    mutant(
        "cli/removal-of-nothing-200",
        &["PR-20.8"],
        "a removal of what is not there is taken",
        when_told(|told, asked, _| missing(told, asked, "DELETE", "/system/functions", 200)),
    ),
    mutant(
        "cli/namespaces-as-objects",
        &["PR-20.9"],
        "the list of namespaces is a list of objects",
        when_told(|told, asked, _| {
            if asked.at("/system/namespaces") {
                told.for_each(|one| *one = json!({"name": one.take()}));
            }
        }),
    ),
    mutant(
        "cli/annotations-lost",
        &["PR-20.10"],
        "annotations of a deployment are lost",
        when_asked(|asked, _| {
            if asked.at("/system/functions") {
                asked.edit(|body| body["annotations"] = Value::Null);
            }
        }),
    ),
    mutant(
        "cli/variables-of-the-image",
        &["PR-20.10"],
        "a description has the variables of the image: a stack file is never the same",
        when_told(|told, asked, _| {
            if asked.at("/system/function/") {
                told.edit(|one| one["envVars"]["PATH"] = json!("/bin"));
            }
        }),
    ),
];
