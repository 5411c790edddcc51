//! Chapter 7: the description of a function.
//! It knows how a description goes wrong.
//! It refuses the list.

use super::prelude::*;

/// Changes the description of a function that is there.
fn description(told: &mut Told, asked: &Asked, change: impl FnOnce(&mut Value)) {
    if asked.is("GET", "/system/function/") && told.status == 200 {
        told.edit(change);
    }
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "describe/in-an-array",
        &["PR-7.1"],
        "the description is a list of one",
        when_told(|told, asked, _| description(told, asked, |one| *one = json!([one.take()]))),
    ),
    mutant(
        "describe/no-type",
        &["PR-7.1"],
        "the description is JSON that says it is text",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/function/") {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "describe/missing-200",
        &["PR-7.2"],
        "the description of what is not there is 200 and empty",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/function/") && told.status == 404 {
                told.status = 200;
                told.set_header("content-type", "application/json");
                told.set_body("{}");
            }
        }),
    ),
    mutant(
        "describe/missing-500",
        &["PR-7.2"],
        "the description of what is not there is a 500",
        when_told(|told, asked, _| {
            if asked.is("GET", "/system/function/") && told.status == 404 {
                told.status = 500;
            }
        }),
    ),
    mutant(
        "describe/names-mended",
        &["PR-7.2"],
        "what can stand in no name is left out, and the rest is looked up",
        when_asked(|asked, _| {
            if asked.is("GET", "/system/function/") {
                let name = asked.path().trim_start_matches("/system/function/");
                let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
                asked.set_path(&format!("/system/function/{name}"));
            }
        }),
    ),
    mutant(
        "describe/prefix",
        &["PR-7.2"],
        "where no function has the name, one whose name begins like that is described, as Docker filters",
        Inside(Fault::FindsByPrefix),
    ),
    mutant(
        "describe/full-name",
        &["PR-7.3"],
        "the name has the namespace behind it",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                let name = one["name"].as_str().unwrap_or_default();
                one["name"] = json!(format!("{name}.openfaas-fn"));
            });
        }),
    ),
    mutant(
        "describe/no-tag",
        &["PR-7.3"],
        "the image is told without its tag",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                let image = one["image"].as_str().unwrap_or_default();
                one["image"] = json!(image.rsplit_once(':').map_or(image, |(image, _)| image));
            });
        }),
    ),
    mutant(
        "describe/no-namespace",
        &["PR-7.3"],
        "the namespace is not told, as on Swarm",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["namespace"] = Value::Null);
        }),
    ),
    mutant(
        "describe/two-replicas",
        &["PR-7.4"],
        "who asks for nothing gets two replicas",
        when_asked(|asked, _| {
            if asked.is("POST", "/system/functions") {
                asked.edit(|body| {
                    if body.pointer("/labels/com.openfaas.scale.min").is_none() {
                        body["labels"]["com.openfaas.scale.min"] = json!("2");
                    }
                });
            }
        }),
    ),
    mutant(
        "describe/no-replicas",
        &["PR-7.4"],
        "replicas are not told",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["replicas"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-available",
        &["PR-7.5"],
        "availableReplicas is not told, as by faasd",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["availableReplicas"] = Value::Null);
        }),
    ),
    mutant(
        "describe/available-as-wanted",
        &["PR-7.5"],
        "what is wanted is told to be available",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                one["availableReplicas"] = one["replicas"].clone();
            });
        }),
    ),
    mutant(
        "describe/available-stays",
        &["PR-7.6"],
        "availableReplicas never falls",
        when_told(|told, asked, memory| {
            description(told, asked, |one| {
                let now = one["availableReplicas"].as_u64().unwrap_or(0);
                let most = memory.get(asked.path()).and_then(|most| most.as_u64());
                let most = most.unwrap_or(0).max(now);
                memory.set(asked.path(), most);
                one["availableReplicas"] = json!(most);
            });
        }),
    ),
    mutant(
        "describe/no-variables",
        &["PR-7.7"],
        "variables are not told, as on Kubernetes",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["envVars"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-process",
        &["PR-7.7"],
        "the process is not told",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["envProcess"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-secrets",
        &["PR-7.7"],
        "secrets are not told, as on Swarm",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["secrets"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-limits",
        &["PR-7.7"],
        "limits are not told, as by faasd",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["limits"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-requests",
        &["PR-7.7"],
        "requests are not told, as by faasd",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["requests"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-labels",
        &["PR-7.8"],
        "labels are not told",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["labels"] = Value::Null);
        }),
    ),
    mutant(
        "describe/no-annotations",
        &["PR-7.8"],
        "annotations are not told",
        when_told(|told, asked, _| {
            description(told, asked, |one| one["annotations"] = Value::Null);
        }),
    ),
    mutant(
        "describe/annotations-among-labels",
        &["PR-7.8"],
        "annotations are told as labels",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                let all = one["annotations"].as_object().cloned().unwrap_or_default();
                for (name, value) in all {
                    one["labels"][name] = value;
                }
            });
        }),
    ),
    mutant(
        "describe/labels-as-numbers",
        &["PR-7.8"],
        "a label that looks like a number is told as one",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                let all = one.get_mut("labels").and_then(Value::as_object_mut);
                for value in all.into_iter().flat_map(|all| all.values_mut()) {
                    if let Some(Ok(number)) = value.as_str().map(str::parse::<u64>) {
                        *value = json!(number);
                    }
                }
            });
        }),
    ),
    mutant(
        "describe/created-never",
        &["PR-7.9"],
        "createdAt is the zero time of Go",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                one["createdAt"] = json!("0001-01-01T00:00:00Z");
            });
        }),
    ),
    mutant(
        "describe/usage-refused",
        &["PR-7.10"],
        "a query that is not known is refused",
        when_asked(|asked, _| {
            if asked.at("/system/function/") && asked.query("usage").is_some() {
                asked.answer(400, "unknown parameter: usage\n");
            }
        }),
    ),
    mutant(
        "describe/usage-below-zero",
        &["PR-7.10"],
        "a usage that was not measured is -1",
        when_told(|told, asked, _| {
            if asked.query("usage").is_some() {
                description(told, asked, |one| {
                    one["usage"] = json!({"cpu": -1, "totalMemoryBytes": -1});
                });
            }
        }),
    ),
    mutant(
        "describe/namespace-ignored",
        &["PR-7.11"],
        "the function of the default namespace is described, whichever is asked for",
        when_asked(|asked, _| {
            if asked.at("/system/function/") {
                asked.without_query("namespace");
            }
        }),
    ),
    mutant(
        "describe/any-namespace",
        &["PR-7.11"],
        "a function that is not there is looked for in all namespaces",
        Inside(Fault::FindsAnywhere),
    ),
    mutant(
        "describe/more-than-listed",
        &["PR-7.13"],
        "the description has a label that the list does not have",
        when_told(|told, asked, _| {
            description(told, asked, |one| {
                one["labels"]["faas_function"] = one["name"].clone();
            });
        }),
    ),
];
