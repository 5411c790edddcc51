//! The command line client.
//! It knows the real faas-cli, as an executable.
//! It refuses to run where there is none.

mod functions;
mod stack;
mod things;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 20,
    name: "cli",
    title: "The command line client",
    intro: "The client that people have must work.",
    clauses: CLAUSES,
    cases: &[CASES, functions::CASES, things::CASES, stack::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-20.1",
        "At a gateway `faas-cli version --json` tells of gateway and provider.",
    ),
    Clause::must(
        "PR-20.2",
        "`faas-cli login` takes the right credentials and no others.",
    ),
    Clause::must(
        "PR-20.3",
        "`faas-cli deploy` makes a function, updates it, and replaces it.",
    ),
    Clause::must(
        "PR-20.4",
        "`faas-cli list` and `describe` show a function, and `ready` ends once it is.",
    ),
    Clause::must(
        "PR-20.5",
        "`faas-cli invoke` calls a function with body, query, headers and method; with `-a` by the queue.",
    ),
    Clause::must(
        "PR-20.6",
        "`faas-cli logs` prints what the function wrote, and no more than was asked for.",
    ),
    Clause::must(
        "PR-20.7",
        "`faas-cli secret` creates, lists, updates, removes and applies.",
    ),
    Clause::must(
        "PR-20.8",
        "`faas-cli remove` removes a function, and fails where there is none.",
    ),
    Clause::should(
        "PR-20.9",
        "`faas-cli namespace` lists, creates, shows, updates and removes.",
    ),
    Clause::should(
        "PR-20.10",
        "`faas-cli` deploys from a store and from a stack file, and `diff` finds no difference then.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "cli/version",
        "PR-20.1",
        "version --json tells of gateway and provider",
    )
    .rows(&["CLI-01"])
    .profiles(&[Profile::Cli, Profile::Gateway])
    .why("It is the first thing that a report of a fault asks for.")
    .source("faas-cli proxy/version.go, commands/version.go")
    .run(version),
    Case::must(
        "cli/login",
        "PR-20.2",
        "login takes the right credentials and fails with others",
    )
    .rows(&["CLI-02"])
    .profiles(&[Profile::Cli, Profile::Auth])
    .why("Everybody begins with it.")
    .source("faas-cli commands/login.go")
    .run(login),
];

fn version(rig: &mut Rig) -> Outcome {
    let ran = rig.faas_cli()?.run(&["version", "--json"])?.succeeds()?;
    let told: Value =
        serde_json::from_str(&ran.out).map_err(|e| ran.unlike(&format!("expected JSON ({e})")))?;
    let info = rig.ground().info.clone();
    for (pointer, want) in [
        ("/provider/name", info.provider),
        ("/provider/orchestration", info.orchestration),
        ("/provider/version", info.release),
        ("/gateway/version", info.gateway_release),
    ] {
        let seen = told.pointer(pointer).and_then(Value::as_str);
        check_eq!(seen, Some(want.as_str()), "{pointer} of {}", ran.line);
    }
    Ok(())
}

fn login(rig: &mut Rig) -> Outcome {
    let cli = rig.stranger_cli()?;
    let Credentials::Basic { user, password } = rig.ground().setting.credentials.clone() else {
        return rig.skip("faas-cli logs in with a user and a password");
    };
    let words = ["login", "-u", user.as_str(), "--password-stdin"];
    cli.run_with(&words, "not-the-password")?.fails()?;
    cli.run(&["list"])?.fails()?;
    cli.run_with(&words, &password)?.succeeds()?;
    cli.run(&["list"])?.succeeds()?;
    Ok(())
}
