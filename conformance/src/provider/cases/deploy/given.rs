//! What a function is given: variables, its process, labels and annotations.
//! It knows values that get lost on the way.
//! It refuses values that some orchestrator cannot hold at all.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "deploy/env",
        "PR-3.3",
        "variables of the deployment reach the function",
    )
    .rows(&["DEP-05"])
    .why("A function without its settings does the wrong thing.")
    .source("documentation, reference/yaml")
    .run(env),
    Case::must(
        "deploy/env-bytes",
        "PR-3.3",
        "spaces, quotes, newlines, dollars, UTF-8 and nothing at all arrive as they are",
    )
    .rows(&["DEP-06"])
    .why("Certificates, URLs and JSON stand in variables; a changed byte breaks them.")
    .source("SDK types/function_deployment.go")
    .run(env_bytes),
    Case::should(
        "deploy/env-many",
        "PR-3.3",
        "200 variables of 100 bytes reach the function",
    )
    .rows(&["DEP-37"])
    .why("Generated settings are many; those beyond a limit must not be missing without a word.")
    .source("suite policy")
    .run(env_many),
    Case::must(
        "deploy/process",
        "PR-3.4",
        "envProcess is the function's variable fprocess",
    )
    .rows(&["DEP-07"])
    .why("A classic watchdog runs what this variable says, and nothing without it.")
    .source("SDK types/function_deployment.go; certifier")
    .run(process),
    Case::must(
        "deploy/labels",
        "PR-3.5",
        "labels are told as they were given",
    )
    .rows(&["DEP-08"])
    .why("Autoscalers and dashboards act on labels.")
    .source("certifier deploy_test")
    .run(labels),
    Case::must(
        "deploy/annotations",
        "PR-3.5",
        "annotations are told as they were given, JSON in them, too",
    )
    .rows(&["DEP-09"])
    .why("Connectors read topics and schedules from annotations.")
    .source("certifier deploy_test")
    .run(annotations),
    Case::must(
        "deploy/annotation-text",
        "PR-3.5",
        "a URL, spaces and UTF-8 in an annotation are told as they were given",
    )
    .rows(&["DEP-10"])
    .why("Annotations hold free text; a connector calls the URL that it finds there.")
    .source("SDK types/function_deployment.go")
    .run(annotation_text),
    Case::must(
        "deploy/null-maps",
        "PR-3.6",
        "labels and annotations that are null are taken",
    )
    .rows(&["DEP-11"])
    .why("Go clients send null for a map that nobody filled.")
    .source("SDK types: pointers to maps")
    .run(null_maps),
    Case::must(
        "deploy/empty-maps",
        "PR-3.6",
        "empty maps and lists are taken, as faas-cli sends them",
    )
    .rows(&["DEP-12"])
    .why("Every plain deployment with faas-cli looks like this.")
    .source("faas-cli proxy/deploy.go")
    .run(empty_maps),
    Case::must(
        "deploy/unknown-fields",
        "PR-3.7",
        "fields that are unknown or out of use change nothing",
    )
    .rows(&["DEP-13"])
    .why("Clients are older and newer than providers.")
    .source("OAS; SDK: Go ignores unknown fields")
    .run(unknown_fields),
];

fn env(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("COLOUR", "green").env("SIZE", "12"))?;
    check_eq!(
        f.env("COLOUR")?.as_deref(),
        Some("green"),
        "COLOUR in the environment"
    );
    check_eq!(
        f.env("SIZE")?.as_deref(),
        Some("12"),
        "SIZE in the environment"
    );
    Ok(())
}

const VALUES: &[(&str, &str)] = &[
    ("CF_SPACES", "  two  and two "),
    ("CF_EQUALS", "a=b==c="),
    ("CF_QUOTES", r#""double" 'single' `back`"#),
    ("CF_NEWLINE", "first\nsecond\n"),
    ("CF_DOLLAR", "$HOME ${HOME} $1 a$"),
    ("CF_BACKSLASH", r"C:\new\table \\ end\"),
    ("CF_PERCENT", "%20 100% %s"),
    ("CF_UTF8", "grün 日本語 🙂"),
    ("CF_MARKUP", "<a href=\"x\">&amp;</a>"),
    ("CF_EMPTY", ""),
];

fn env_bytes(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let all = VALUES.iter().fold(plain, |deployment, (name, value)| {
        deployment.env(name, value)
    });
    let f = rig.start(&all)?;
    for (name, value) in VALUES {
        check_eq!(
            f.env(name)?.as_deref(),
            Some(*value),
            "{name} in the environment"
        );
    }
    Ok(())
}

fn env_many(rig: &mut Rig) -> Outcome {
    let value = |n: usize| format!("{n:03}").repeat(34);
    let all = (0..200).fold(rig.function(), |deployment, n| {
        deployment.env(&format!("CF_MANY_{n}"), &value(n))
    });
    let f = rig.start(&all)?;
    let seen: Value = f.json("/env")?;
    for n in 0..200 {
        let name = format!("CF_MANY_{n}");
        let told = seen.get(&name).and_then(Value::as_str);
        check_eq!(told, Some(value(n).as_str()), "{name} in the environment");
    }
    Ok(())
}

fn process(rig: &mut Rig) -> Outcome {
    let command = "cat --number /etc/hostname";
    let f = rig.start(&rig.function().process(command))?;
    check_eq!(
        f.env("fprocess")?.as_deref(),
        Some(command),
        "fprocess in the environment"
    );
    Ok(())
}

fn labels(rig: &mut Rig) -> Outcome {
    let labelled = rig
        .function()
        .label("team", "judges")
        .label("example.com/tier", "back-end_2.0")
        .label("empty", "");
    rig.provider().deploy(&labelled)?.is_accepted()?;
    let told = told(rig, &labelled)?.labels;
    for (name, value) in [
        ("team", "judges"),
        ("example.com/tier", "back-end_2.0"),
        ("empty", ""),
    ] {
        let label = told.get(name).map(String::as_str);
        check_eq!(label, Some(value), "the label {name}");
    }
    Ok(())
}

fn annotations(rig: &mut Rig) -> Outcome {
    let json = r#"{"rules":[{"path":"/a\"b","weight":0.5}],"on":true,"none":null}"#;
    has_annotations(
        rig,
        &[
            ("topic", "orders.new,orders.paid"),
            ("example.com/json", json),
        ],
    )
}

fn annotation_text(rig: &mut Rig) -> Outcome {
    has_annotations(
        rig,
        &[
            (
                "example.com/url",
                "https://example.com:8443/a/b?c=d&e=f%20g#h",
            ),
            ("example.com/text", "  two  lines\nand <tabs>\there = x "),
            ("example.com/utf8", "grün 日本語 🙂"),
        ],
    )
}

fn has_annotations(rig: &Rig, pairs: &[(&str, &str)]) -> Outcome {
    let plain = rig.function();
    let annotated = pairs.iter().fold(plain, |deployment, (name, value)| {
        deployment.annotation(name, value)
    });
    rig.provider().deploy(&annotated)?.is_accepted()?;
    let told = told(rig, &annotated)?.annotations;
    for (name, value) in pairs {
        let found = told.get(*name).map(String::as_str);
        check_eq!(found, Some(*value), "the annotation {name}");
    }
    Ok(())
}

/// The description of what was just deployed.
fn told(rig: &Rig, deployment: &Deployment) -> Result<Status, Failure> {
    rig.settles("the description", || rig.provider().status(deployment))
}

fn null_maps(rig: &mut Rig) -> Outcome {
    let null = rig
        .function()
        .set("labels", Value::Null)
        .set("annotations", Value::Null);
    let f = rig.start(&null)?;
    f.status()?;
    let null = ["envVars", "secrets", "constraints", "limits", "requests"]
        .iter()
        .fold(rig.function(), |deployment, field| {
            deployment.set(field, Value::Null)
        });
    rig.start(&null)?;
    Ok(())
}

fn empty_maps(rig: &mut Rig) -> Outcome {
    let empty = ["envVars", "labels", "annotations"]
        .iter()
        .fold(rig.function(), |deployment, field| {
            deployment.set(field, json!({}))
        })
        .set("constraints", json!([]))
        .set("secrets", json!([]))
        .set("envProcess", "")
        .set("readOnlyRootFilesystem", false);
    let f = rig.start(&empty)?;
    let fprocess = f.env("fprocess")?.unwrap_or_default();
    check_eq!(fprocess, "", "fprocess in the environment");
    f.status()?;
    Ok(())
}

fn unknown_fields(rig: &mut Rig) -> Outcome {
    let odd = rig
        .function()
        .env("COLOUR", "green")
        .set("registryAuth", "am9lOnNlY3JldA==")
        .set("network", "func_functions")
        .set("foo", json!({"bar": [1, null, "x"]}))
        .set("availableReplicas", 7);
    let f = rig.start(&odd)?;
    check_eq!(
        f.env("COLOUR")?.as_deref(),
        Some("green"),
        "COLOUR in the environment"
    );
    let replicas = f.status()?.replicas;
    check_eq!(
        replicas,
        1,
        "replicas, which the deployment did not ask for"
    );
    Ok(())
}
