//! What a description tells of the deployment.
//! It knows the fields, each as it was given.
//! It refuses to forbid more: providers add labels and variables of the image.

use std::collections::BTreeMap;

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "describe/process",
        "PR-7.7",
        "the process and the variables are told",
    )
    .rows(&["DSC-08"])
    .why("Without them nobody can see why a function does what it does.")
    .source("SDK types/function_status.go")
    .run(process),
    Case::must(
        "describe/labels",
        "PR-7.8",
        "labels and annotations are told",
    )
    .rows(&["DSC-09"])
    .why("Autoscalers and connectors act on them.")
    .source("certifier")
    .run(labels),
    Case::should("describe/secrets", "PR-7.7", "the secrets are told by name")
        .rows(&["DSC-10"])
        .profiles(&[Profile::Core, Profile::Secrets])
        .why("Before a secret is removed somebody looks who uses it.")
        .source("SDK types/function_status.go")
        .run(secrets),
    Case::should("describe/limits", "PR-7.7", "limits and requests are told")
        .rows(&["DSC-11"])
        .profiles(&[Profile::Core, Profile::Limits])
        .why("A function that was killed for its memory is understood by its limit.")
        .source("SDK types/function_status.go")
        .run(limits),
    Case::should("describe/read-only", "PR-7.7", "a read-only root is told")
        .rows(&["DSC-12"])
        .profiles(&[Profile::Core, Profile::Readonly])
        .why("An auditor asks for it.")
        .source("SDK types/function_status.go")
        .run(read_only),
    Case::should(
        "describe/created",
        "PR-7.9",
        "createdAt is a time, and not the zero one",
    )
    .rows(&["DSC-13"])
    .why("A function that is two thousand years old is a fault that people report.")
    .source("SDK types/function_status.go")
    .run(created),
];

fn process(rig: &mut Rig) -> Outcome {
    let deployment = rig
        .function()
        .process("cat --number /etc/hostname")
        .env("COLOUR", "green")
        .env("URL", "a=b=c");
    let told = rig.start(&deployment)?.status()?;
    check_eq!(
        told.env_process,
        "cat --number /etc/hostname",
        "envProcess in the description"
    );
    holds(
        &told.env_vars,
        &[("COLOUR", "green"), ("URL", "a=b=c")],
        "envVars",
    )
}

/// These pairs are among what is told.
fn holds(told: &BTreeMap<String, String>, pairs: &[(&str, &str)], what: &str) -> Outcome {
    for (name, value) in pairs {
        let found = told.get(*name).map(String::as_str);
        check_eq!(
            found,
            Some(*value),
            "{name} in the {what} of the description"
        );
    }
    Ok(())
}

fn labels(rig: &mut Rig) -> Outcome {
    let deployment = rig
        .function()
        .label("team", "judges")
        .label("tier", "1")
        .annotation("topic", "orders.new")
        .annotation("note", "two words");
    let told = rig.start(&deployment)?.status()?;
    holds(&told.labels, &[("team", "judges"), ("tier", "1")], "labels")?;
    let annotations = [("topic", "orders.new"), ("note", "two words")];
    holds(&told.annotations, &annotations, "annotations")?;
    let mixed = told.labels.contains_key("topic") || told.annotations.contains_key("team");
    check!(!mixed, "labels and annotations are mixed: {told:?}");
    Ok(())
}

fn secrets(rig: &mut Rig) -> Outcome {
    let mut names = vec![rig.secret("one")?, rig.secret("two")?];
    let deployment = names
        .iter()
        .fold(rig.function(), |deployment, name| deployment.secret(name));
    let mut told = rig.start(&deployment)?.status()?.secrets;
    told.sort();
    names.sort();
    check_eq!(told, names, "secrets in the description");
    Ok(())
}

fn limits(rig: &mut Rig) -> Outcome {
    let deployment = rig
        .function()
        .limit("memory", "256Mi")
        .limit("cpu", "500m")
        .reserve("memory", "32Mi");
    let told = rig.start(&deployment)?.status()?;
    holds(
        &told.limits,
        &[("memory", "256Mi"), ("cpu", "500m")],
        "limits",
    )?;
    holds(&told.requests, &[("memory", "32Mi")], "requests")
}

fn read_only(rig: &mut Rig) -> Outcome {
    let told = |deployment: &Deployment| {
        let status = rig.start(deployment)?.status()?;
        Ok::<_, Failure>(status.read_only_root_filesystem)
    };
    check!(
        told(&rig.function().read_only())?,
        "the read-only root is not told"
    );
    check!(
        !told(&rig.function())?,
        "a read-only root is told that nobody asked for"
    );
    Ok(())
}

fn created(rig: &mut Rig) -> Outcome {
    let told = rig.probe()?.status()?.created_at;
    let time = chrono::DateTime::parse_from_rfc3339(&told)
        .map_err(|e| Failure::failed(format!("createdAt is {told:?}, no RFC 3339: {e}")))?;
    check!(time.timestamp() > 0, "createdAt is {told:?}, the zero time");
    Ok(())
}
