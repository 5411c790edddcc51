//! Functions from a store and from a stack file.
//! It knows both files, made for the case.
//! It refuses the stores of the world: the case serves its own.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "cli/store",
        "PR-20.10",
        "a function of a store is deployed as the store has it",
    )
    .rows(&["CLI-15"])
    .profiles(&[Profile::Core, Profile::Cli])
    .why("It is how people try a provider for the first time.")
    .source("faas-cli commands/store_deploy.go")
    .run(store),
    Case::should(
        "cli/stack",
        "PR-20.10",
        "a stack file is deployed with all that it says",
    )
    .rows(&["CLI-16"])
    .profiles(&[Profile::Core, Profile::Cli])
    .why("Real functions are deployed from such files.")
    .source("faas-cli commands/deploy.go")
    .run(stack),
    Case::should(
        "cli/diff",
        "PR-20.10",
        "diff finds no difference after a deployment, and one after a change of the file",
    )
    .rows(&["CLI-17"])
    .profiles(&[Profile::Core, Profile::Cli])
    .why("A difference that is none hides the one that matters.")
    .source("faas-cli commands/diff.go")
    .run(diff),
];

fn store(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    rig.may_make(&name)?;
    // The client is here, so the store can be, too.
    let scale = rig.ground().setting.timeout_scale;
    let shelf = Callback::open(Ipv4Addr::LOCALHOST.into(), scale)?;
    let images: serde_json::Map<String, Value> = ["x86_64", "arm64", "armhf", "aarch64", "amd64"]
        .map(|arch| (arch.to_owned(), json!(rig.probe_image())))
        .into_iter()
        .collect();
    let store = json!({"version": "0.2.0", "functions": [{
        "title": "Probe", "name": "probe", "description": "tells what it sees", "fprocess": "cat",
        "repo_url": "https://example.com/probe", "icon": "", "author": "judges",
        "readOnlyRootFilesystem": false, "environment": {"COLOUR": "green"},
        "labels": {"team": "judges"}, "annotations": {"topic": "orders.new"}, "images": images,
    }]});
    shelf.answer_with(&store.to_string());
    let words = [
        "store",
        "deploy",
        "probe",
        "--name",
        &name,
        "--url",
        &shelf.url(),
    ];
    cli.run(&words)?.succeeds()?;
    let f = rig.handle(&name);
    rig.ready(&f)?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    is_told(&f.status()?)
}

/// The label and the annotation that every file here has.
fn is_told(status: &Status) -> Outcome {
    let label = status.labels.get("team").map(String::as_str);
    check_eq!(label, Some("judges"), "the label");
    let annotation = status.annotations.get("topic").map(String::as_str);
    check_eq!(annotation, Some("orders.new"), "the annotation");
    Ok(())
}

/// A stack file of one function, and the lines that a case adds.
fn file(rig: &Rig, name: &str, more: &str) -> String {
    let (url, image) = (&rig.ground().setting.url, rig.probe_image());
    let mut text = format!(
        "version: 1.0\nprovider:\n  name: openfaas\n  gateway: {url}\nfunctions:\n  {name}:\n"
    );
    for line in [
        "lang: dockerfile",
        "skip_build: true",
        "handler: ./handler",
        &format!("image: {image}"),
        "fprocess: cat",
        "environment:\n      COLOUR: green",
        "labels:\n      team: judges",
        "annotations:\n      topic: orders.new",
    ] {
        let _ = writeln!(text, "    {line}");
    }
    text + more
}

fn stack(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    rig.may_make(&name)?;
    let mut more = "    environment_file:\n      - more.yml\n".to_owned();
    let secret = if rig.claims(Profile::Secrets) {
        let secret = rig.secret("for the stack")?;
        let _ = writeln!(more, "    secrets:\n      - {secret}");
        Some(secret)
    } else {
        None
    };
    if rig.claims(Profile::Limits) {
        more.push_str("    limits:\n      memory: 256Mi\n    requests:\n      memory: 32Mi\n");
    }
    if rig.claims(Profile::Readonly) {
        more.push_str("    readonly_root_filesystem: true\n");
    }
    cli.write("more.yml", "environment:\n  SIZE: \"12\"\n")?;
    cli.write("functions.yml", &file(rig, &name, &more))?;
    cli.run(&["deploy", "-f", "functions.yml"])?.succeeds()?;
    let f = rig.handle(&name);
    rig.ready(&f)?;
    for (variable, want) in [("COLOUR", "green"), ("SIZE", "12"), ("fprocess", "cat")] {
        check_eq!(f.env(variable)?.as_deref(), Some(want), "{variable}");
    }
    if let Some(secret) = secret {
        check!(f.secret(&secret)?.is_some(), "the function has no secret");
    }
    let status = f.status()?;
    is_told(&status)?;
    if rig.claims(Profile::Limits) {
        let told = status.limits.get("memory").map(String::as_str);
        check_eq!(told, Some("256Mi"), "the limit of memory");
    }
    if rig.claims(Profile::Readonly) {
        check!(
            status.read_only_root_filesystem,
            "the root is not read-only"
        );
    }
    cli.run(&["remove", "-f", "functions.yml"])?.succeeds()?;
    rig.gone(&f)
}

fn diff(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    rig.may_make(&name)?;
    let text = file(rig, &name, "");
    cli.write("functions.yml", &text)?;
    cli.run(&["deploy", "-f", "functions.yml"])?.succeeds()?;
    rig.ready(&name)?;
    cli.run(&["diff", "-f", "functions.yml"])?.succeeds()?;
    cli.write(
        "functions.yml",
        &text.replace("COLOUR: green", "COLOUR: red"),
    )?;
    cli.run(&["diff", "-f", "functions.yml"])?.fails()?;
    Ok(())
}
