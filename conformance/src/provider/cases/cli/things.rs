//! Logs, secrets and namespaces by the client.
//! It knows that `secret create` ends with 0 whatever happened: what came of it is looked up.
//! It refuses to print a secret's value on a command line.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "cli/logs",
        "PR-20.6",
        "logs prints what the function wrote, and the last lines alone",
    )
    .rows(&["CLI-11"])
    .profiles(&[Profile::Cli, Profile::Logs])
    .why("This is how people find out what went wrong.")
    .source("faas-cli commands/logs.go")
    .run(logs),
    Case::must(
        "cli/secrets",
        "PR-20.7",
        "secrets are created, listed, updated, removed and applied",
    )
    .rows(&["CLI-12"])
    .profiles(&[Profile::Cli, Profile::Secrets])
    .why("Few people create a secret in another way.")
    .source("faas-cli commands/secret_*.go")
    .run(secrets),
    Case::should(
        "cli/namespaces",
        "PR-20.9",
        "namespaces are listed, and created, shown, updated and removed where that is possible",
    )
    .rows(&["CLI-14"])
    .profiles(&[Profile::Core, Profile::Cli])
    .why("Tenants are set up with it.")
    .source("faas-cli commands/namespace_*.go")
    .run(namespaces),
];

fn logs(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    f.get("/log?stream=out&n=5&tag=from-the-judge")?.is(200)?;
    rig.until(10.0, "the lines of the log", || {
        let words = ["logs", &f.name, "--tail=false", "--since", "1h"];
        let ran = cli.run(&words)?.succeeds()?;
        let count = ran
            .out
            .lines()
            .filter(|line| line.contains("from-the-judge "));
        if count.count() < 5 {
            return Err(ran.unlike("expected the five lines of the function"));
        }
        Ok(())
    })?;
    let words = ["logs", &f.name, "--tail=false", "--lines", "2"];
    let ran = cli.run(&words)?.succeeds()?;
    // Where the way is not encrypted and not loopback, it warns first.
    let lines = ran
        .out
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("WARNING!"))
        .count();
    if lines != 2 {
        return Err(ran.unlike(&format!("expected 2 lines, got {lines}")));
    }
    Ok(())
}

fn secrets(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    rig.may_make_secret(&name)?;
    cli.run_with(&["secret", "create", &name], "first")?
        .succeeds()?;
    cli.run(&["secret", "list"])?.succeeds()?.says(&name)?;
    is_read(rig, &name, "first")?;
    if rig.claims(Profile::SecretsUpdate) {
        cli.run_with(&["secret", "update", &name], "second")?
            .succeeds()?;
        is_read(rig, &name, "second")?;
    }
    removed(rig, &cli, &name)?;
    let applied = rig.name();
    rig.may_make_secret(&applied)?;
    cli.write(&format!(".secrets/{applied}"), "third")?;
    cli.run(&["secret", "apply"])?.succeeds()?;
    is_read(rig, &applied, "third")?;
    removed(rig, &cli, &applied)
}

/// A function that is given the secret reads that value.
fn is_read(rig: &Rig, name: &str, want: &str) -> Outcome {
    let f = rig.start(&rig.function().secret(name))?;
    let file = f.secret(name)?;
    let file = file.ok_or_else(|| Failure::failed("the function has no file of the secret"))?;
    let value = String::from_utf8_lossy(&file.bytes()?).into_owned();
    check_eq!(value, want, "the secret as the function reads it");
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)
}

fn removed(rig: &Rig, cli: &crate::provider::rig::faas_cli::FaasCli, name: &str) -> Outcome {
    cli.run(&["secret", "remove", name])?.succeeds()?;
    rig.settles("the end of the secret", || {
        let provider = &rig.provider();
        let listed: Vec<SecretEntry> = provider.secrets()?.is(200)?.json()?;
        let there = listed.iter().any(|one| one.name == name);
        check!(!there, "the removed secret is listed");
        Ok(())
    })?;
    cli.run(&["secret", "remove", name])?.fails()?;
    Ok(())
}

fn namespaces(rig: &mut Rig) -> Outcome {
    let cli = rig.faas_cli()?;
    cli.run(&["namespace", "list"])?
        .succeeds()?
        .says(DEFAULT_NAMESPACE)?;
    if !rig.claims(Profile::NsCrud) {
        return Ok(());
    }
    let name = rig.name();
    rig.may_make_namespace(&name)?;
    cli.run(&["namespace", "create", &name])?.succeeds()?;
    cli.run(&["namespace", "list"])?.succeeds()?.says(&name)?;
    cli.run(&["namespace", "get", &name])?
        .succeeds()?
        .says(&name)?;
    let words = ["namespace", "update", &name, "--label", "team=judges"];
    cli.run(&words)?.succeeds()?;
    let told = rig.provider().namespace(&name)?.is(200)?.value()?;
    let label = told.pointer("/labels/team").and_then(Value::as_str);
    check_eq!(label, Some("judges"), "the label of the namespace");
    cli.run(&["namespace", "remove", &name])?.succeeds()?;
    rig.settles("the end of the namespace", || {
        let provider = &rig.provider();
        let all = provider.namespace_names()?;
        check!(!all.contains(&name), "the removed namespace is listed");
        Ok(())
    })
}
