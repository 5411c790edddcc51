//! Chapter 6: the list of functions.
//! It knows how a list goes wrong, and how an entry of it does.
//! It refuses the description of one function.

use super::prelude::*;

/// Changes each entry of the list of functions.
fn entries(told: &mut Told, asked: &Asked, change: impl FnMut(&mut Value)) {
    if asked.is("GET", "/system/functions") && told.status == 200 {
        told.for_each(change);
    }
}

/// Changes the list as a whole.
fn whole(told: &mut Told, asked: &Asked, change: impl FnOnce(&mut Value)) {
    if asked.is("GET", "/system/functions") && told.status == 200 {
        told.edit(change);
    }
}

/// What was deployed last shows half of itself in the next list.
fn half(told: &mut Told, asked: &Asked, memory: &Memory) {
    if asked.is("POST", "/system/functions") && told.status < 300 {
        memory.set("fresh", asked.name());
    }
    entries(told, asked, |entry| {
        if memory.get("fresh").as_ref() == entry.get("name") {
            entry["image"] = json!("");
            memory.remove("fresh");
        }
    });
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "list/null",
        &["PR-6.1"],
        "the list of nothing is null, as a Go slice without a value is",
        when_told(|told, asked, _| {
            whole(told, asked, |list| {
                if list == &json!([]) {
                    *list = Value::Null;
                }
            });
        }),
    ),
    mutant(
        "list/in-an-object",
        &["PR-6.1"],
        "the list is in an object, as Kubernetes has it",
        when_told(|told, asked, _| {
            whole(told, asked, |list| *list = json!({"items": list.take()}));
        }),
    ),
    mutant(
        "list/no-type",
        &["PR-6.1"],
        "the list is JSON that says it is text",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/functions") {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "list/nothing-204",
        &["PR-6.1"],
        "the list of nothing is 204",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/functions") && told.json() == json!([]) {
                told.become_status(204);
            }
        }),
    ),
    mutant(
        "list/cached",
        &["PR-6.1"],
        "the list is as it was some requests ago",
        when_told(|told, asked, memory| {
            if asked.is("GET", "/system/functions") && told.status == 200 {
                let before = memory.get(&asked.target);
                if memory.count("lists").is_multiple_of(8) || before.is_none() {
                    memory.set(&asked.target, told.json());
                } else if let Some(before) = before {
                    told.set_json(&before);
                }
            }
        }),
    ),
    mutant(
        "list/service",
        &["PR-6.2"],
        "an entry calls its name `service`, as a deployment does",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                let name = entry["name"].take();
                entry["service"] = name;
            });
        }),
    ),
    mutant(
        "list/no-image",
        &["PR-6.2"],
        "the entry has no image",
        when_told(|told, asked, _| entries(told, asked, |entry| entry["image"] = json!(""))),
    ),
    mutant(
        "list/no-namespace",
        &["PR-6.2"],
        "the entry has no namespace, as on Swarm",
        when_told(|told, asked, _| entries(told, asked, |entry| entry["namespace"] = json!(""))),
    ),
    mutant(
        "list/a-replica-each",
        &["PR-6.3"],
        "every replica is listed as a function",
        when_told(|told, asked, _| {
            whole(told, asked, |list| {
                let all = list.as_array().cloned().unwrap_or_default();
                let times = |entry: &Value| {
                    let count = entry["replicas"].as_u64().unwrap_or(1).max(1);
                    usize::try_from(count).unwrap_or(1)
                };
                let each = all
                    .iter()
                    .flat_map(|entry| vec![entry.clone(); times(entry)]);
                *list = each.collect();
            });
        }),
    ),
    mutant(
        "list/namespace-ignored",
        &["PR-6.4"],
        "the list is of the default namespace, whichever is asked for",
        when_asked(|asked, _| {
            if asked.is("GET", "/system/functions") {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "list/of-all-namespaces",
        &["PR-6.4"],
        "without a namespace everything is listed",
        Inside(Fault::ListsEverything),
    ),
    mutant(
        "list/no-such-namespace-500",
        &["PR-6.5"],
        "the list of a namespace that is not there is a 500",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/functions") && told.status >= 400 {
                told.status = 500;
            }
        }),
    ),
    mutant(
        "list/no-replicas",
        &["PR-6.6"],
        "the entry has no replicas",
        when_told(|told, asked, _| entries(told, asked, |entry| entry["replicas"] = Value::Null)),
    ),
    mutant(
        "list/replicas-in-text",
        &["PR-6.6"],
        "replicas is a text",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                entry["replicas"] = json!(entry["replicas"].to_string());
            });
        }),
    ),
    mutant(
        "list/variables-of-the-image",
        &["PR-6.7"],
        "the variables of the image are among those that are told, as of faasd",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                entry["envVars"]["PATH"] = json!("/bin");
            });
        }),
    ),
    mutant(
        "list/variables-cut",
        &["PR-6.7"],
        "a value ends at its first `=`, as of faasd",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                let all = entry.get_mut("envVars").and_then(Value::as_object_mut);
                for value in all.into_iter().flat_map(|all| all.values_mut()) {
                    let text = value.as_str().unwrap_or_default();
                    *value = json!(text.split('=').next());
                }
            });
        }),
    ),
    mutant(
        "list/no-process",
        &["PR-6.7"],
        "the process is not told",
        when_told(|told, asked, _| entries(told, asked, |entry| entry["envProcess"] = json!(""))),
    ),
    mutant(
        "list/no-secrets",
        &["PR-6.7"],
        "the names of secrets are not told, as on Swarm",
        when_told(|told, asked, _| entries(told, asked, |entry| entry["secrets"] = Value::Null)),
    ),
    mutant(
        "list/limits-converted",
        &["PR-6.7"],
        "limits are told as bytes",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                if entry.pointer("/limits/memory").is_some() {
                    entry["limits"]["memory"] = json!("268435456");
                }
            });
        }),
    ),
    mutant(
        "list/created-never",
        &["PR-6.8"],
        "createdAt is the zero time of Go",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                entry["createdAt"] = json!("0001-01-01T00:00:00Z");
            });
        }),
    ),
    mutant(
        "list/created-now",
        &["PR-6.8"],
        "createdAt is the time of the answer",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                entry["createdAt"] = json!(chrono::Utc::now().to_rfc3339());
            });
        }),
    ),
    mutant(
        "list/created-local",
        &["PR-6.8"],
        "createdAt has no zone",
        when_told(|told, asked, _| {
            entries(told, asked, |entry| {
                let time = entry["createdAt"].as_str().unwrap_or_default();
                entry["createdAt"] = json!(time.trim_end_matches('Z'));
            });
        }),
    ),
    mutant(
        "list/calls-uncounted",
        &["PR-6.9"],
        "the number of calls stays 0",
        Inside(Fault::CallsUncounted),
    ),
    mutant(
        "list/breaks-on-change",
        &["PR-6.10"],
        "a list right after a removal fails: what it was about to tell is gone",
        when_told(|told, asked, memory| {
            if asked.is("DELETE", "/system/functions") && told.status < 300 {
                memory.set("gone", true);
            } else if asked.is("GET", "/system/functions") && memory.remove("gone").is_some() {
                told.become_status(500);
            }
        }),
    ),
    mutant(
        "list/half-an-entry",
        &["PR-6.10"],
        "a function that was just deployed is listed without its image",
        when_told(half),
    ),
    mutant(
        "list/secrets-told",
        &["PR-6.11"],
        "the list tells the values of secrets",
        when_told(|told, asked, memory| {
            if asked.is("POST", "/system/secrets") {
                memory.set(&asked.name(), asked.json()["value"].clone());
            }
            entries(told, asked, |entry| {
                let names = entry["secrets"].as_array().cloned().unwrap_or_default();
                for name in names.iter().filter_map(Value::as_str) {
                    entry["annotations"][name] = memory.get(name).unwrap_or_default();
                }
            });
        }),
    ),
];
