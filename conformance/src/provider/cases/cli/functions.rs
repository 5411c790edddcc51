//! Functions by the client: from deploy to remove.
//! It knows the commands and what they print.
//! It refuses to compare texts to the letter: versions of the client differ.

use crate::provider::prelude::*;
use crate::provider::rig::faas_cli::FaasCli;

pub(super) const CASES: &[Case] = &[
    Case::must("cli/deploy", "PR-20.3", "deploy makes a new function")
        .rows(&["CLI-03"])
        .profiles(CLI)
        .why("It tries an update first and relies on its 404.")
        .source("faas-cli proxy/deploy.go")
        .run(deploy),
    Case::must("cli/deploy-again", "PR-20.3", "deploy updates a function")
        .rows(&["CLI-04"])
        .profiles(CLI)
        .why("This is how every pipeline brings out a new version.")
        .source("faas-cli proxy/deploy.go")
        .run(deploy_again),
    Case::must(
        "cli/replace",
        "PR-20.3",
        "deploy --replace removes the function and makes a new one",
    )
    .rows(&["CLI-05"])
    .profiles(CLI)
    .why("It is the way out when an update does not work.")
    .source("faas-cli proxy/deploy.go")
    .run(replace),
    Case::must(
        "cli/list",
        "PR-20.4",
        "list shows a function in all its forms",
    )
    .rows(&["CLI-06"])
    .profiles(CLI)
    .why("People look here first.")
    .source("faas-cli commands/list.go")
    .run(list),
    Case::must(
        "cli/describe",
        "PR-20.4",
        "describe shows a function and that it is available",
    )
    .rows(&["CLI-07"])
    .profiles(CLI)
    .why("People look here when a function does not answer.")
    .source("faas-cli commands/describe.go")
    .run(describe),
    Case::must(
        "cli/ready",
        "PR-20.4",
        "ready ends for the provider and for a function",
    )
    .rows(&["CLI-08"])
    .profiles(CLI)
    .why("Scripts wait with it before they go on.")
    .source("faas-cli commands/ready.go")
    .run(ready),
    Case::must(
        "cli/invoke",
        "PR-20.5",
        "invoke sends body, query, headers and method",
    )
    .rows(&["CLI-09"])
    .profiles(CLI)
    .why("The client always calls by NAME.NAMESPACE; it must lead to the function.")
    .source("faas-cli commands/invoke.go")
    .run(invoke),
    Case::should(
        "cli/invoke-async",
        "PR-20.5",
        "invoke -a puts the call into the queue",
    )
    .rows(&["CLI-10"])
    .profiles(&[Profile::Cli, Profile::Async])
    .why("Long work is started this way by hand.")
    .source("faas-cli commands/invoke.go")
    .run(invoke_async),
    Case::must(
        "cli/remove",
        "PR-20.8",
        "remove removes a function, and fails where there is none",
    )
    .rows(&["CLI-13"])
    .profiles(CLI)
    .why("A script must hear that there was nothing to remove.")
    .source("faas-cli commands/remove.go")
    .run(remove),
];

const CLI: &[Profile] = &[Profile::Core, Profile::Cli];

/// `faas-cli deploy` of the probe with one variable, and what else is wanted.
fn deployed(rig: &Rig, cli: &FaasCli, name: &str, more: &[&str]) -> Outcome {
    rig.may_make(name)?;
    let words = ["deploy", "--name", name, "--image", rig.probe_image()];
    cli.run(&[&words[..], more].concat())?.succeeds()?;
    Ok(())
}

fn deploy(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    let more = [
        "--env",
        "COLOUR=green",
        "--label",
        "team=judges",
        "--annotation",
        "topic=orders.new",
        "--fprocess",
        "cat",
    ];
    deployed(rig, &cli, &name, &more)?;
    let f = rig.handle(&name);
    rig.ready(&f)?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    let status = f.status()?;
    let label = status.labels.get("team").map(String::as_str);
    check_eq!(label, Some("judges"), "the label");
    let annotation = status.annotations.get("topic").map(String::as_str);
    check_eq!(annotation, Some("orders.new"), "the annotation");
    check_eq!(f.env("fprocess")?.as_deref(), Some("cat"), "fprocess");
    Ok(())
}

fn deploy_again(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    deployed(
        rig,
        &cli,
        &name,
        &["--env", "COLOUR=green", "--label", "old=yes"],
    )?;
    let f = rig.handle(&name);
    rig.ready(&f)?;
    deployed(rig, &cli, &name, &["--env", "COLOUR=red"])?;
    rig.settles("the update", || {
        let provider = &rig.provider();
        let seen = Function::new(provider, &f).env("COLOUR")?;
        check_eq!(
            seen.as_deref(),
            Some("red"),
            "the variable after the update"
        );
        let labels = provider.status(&f)?.labels;
        check!(
            !labels.contains_key("old"),
            "the old label is there: {labels:?}"
        );
        Ok(())
    })
}

fn replace(rig: &mut Rig) -> Outcome {
    let (cli, name) = (rig.faas_cli()?, rig.name());
    let replace = ["--replace", "--update=false", "--env", "COLOUR=red"];
    deployed(rig, &cli, &name, &["--env", "COLOUR=green"])?;
    let f = rig.handle(&name);
    rig.ready(&f)?;
    let instance = f.instance()?;
    deployed(rig, &cli, &name, &replace)?;
    rig.settles("the new function", || {
        let provider = &rig.provider();
        let f = Function::new(provider, &f);
        check_eq!(f.env("COLOUR")?.as_deref(), Some("red"), "the variable");
        check!(f.instance()? != instance, "the process of before answers");
        Ok(())
    })
}

fn list(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    cli.run(&["list"])?.succeeds()?.says(&f.name)?;
    cli.run(&["list", "-q"])?.succeeds()?.says(&f.name)?;
    let verbose = cli.run(&["list", "-v"])?.succeeds()?.says(&f.name)?;
    check!(
        verbose.out.contains("Image"),
        "{}: expected a column of images, {}",
        verbose.line,
        verbose.told()
    );
    let json = cli.run(&["list", "--json"])?.succeeds()?;
    let all: Vec<Status> = serde_json::from_str(&json.out)
        .map_err(|e| json.unlike(&format!("expected a JSON list ({e})")))?;
    let ours = all.iter().find(|one| one.name == f.name);
    check!(
        ours.is_some_and(|one| !one.image.is_empty()),
        "{}: expected {} with its image, {}",
        json.line,
        f.name,
        json.told()
    );
    Ok(())
}

fn describe(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    rig.until(5.0, "a function that is told to be ready", || {
        let ran = cli.run(&["describe", &f.name])?.succeeds()?.says(&f.name)?;
        for (field, want) in [("Status:", "Ready"), ("Available Replicas:", "1")] {
            let found = ran.out.lines().find_map(|line| line.strip_prefix(field));
            if found.map(str::trim) != Some(want) {
                return Err(ran.unlike(&format!("expected {field} {want}")));
            }
        }
        Ok(())
    })?;
    cli.run(&["describe", &rig.name()])?.fails()?;
    Ok(())
}

fn ready(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    cli.run(&["ready"])?.succeeds()?;
    cli.run(&["ready", &f.name])?.succeeds()?;
    Ok(())
}

fn invoke(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    let plain = cli.run_with(&["invoke", &f.name], "a body\nof two lines")?;
    let plain = plain.succeeds()?;
    let echo = echo(&plain.out).ok_or_else(|| plain.unlike("expected the probe's answer"))?;
    check_eq!(echo.method, "POST", "the method that the function saw");
    let body = String::from_utf8_lossy(&echo.body()?).into_owned();
    check_eq!(
        body,
        "a body\nof two lines",
        "the body that the function saw"
    );
    let words = [
        "invoke",
        &f.name,
        "--query",
        "colour=green",
        "-H",
        "X-Judge: two words",
        "-m",
        "PUT",
        "--content-type",
        "application/json",
    ];
    let full = cli.run_with(&words, "{}")?.succeeds()?;
    let echo = self::echo(&full.out).ok_or_else(|| full.unlike("expected the probe's answer"))?;
    check_eq!(echo.method, "PUT", "the method that the function saw");
    check_eq!(echo.query.as_deref(), Some("colour=green"), "the query");
    check_eq!(echo.header("X-Judge"), Some("two words"), "the header");
    check_eq!(
        echo.header("Content-Type"),
        Some("application/json"),
        "the Content-Type"
    );
    Ok(())
}

fn echo(text: &str) -> Option<Echo> {
    serde_json::from_str(text).ok()
}

fn invoke_async(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    let callback = rig.callback()?;
    let header = format!("X-Callback-Url: {}", callback.url());
    let words = ["invoke", "-a", &f.name, "-H", &header];
    cli.run_with(&words, "for later")?.succeeds()?;
    let received = callback.next(30.0)?;
    let Some(echo) = echo(&received.text()) else {
        return Err(Failure::failed(format!(
            "the callback is not the probe's answer: {:?}",
            received.text()
        )));
    };
    let body = String::from_utf8_lossy(&echo.body()?).into_owned();
    check_eq!(body, "for later", "the body that the function saw");
    Ok(())
}

fn remove(rig: &mut Rig) -> Outcome {
    let (cli, f) = (rig.faas_cli()?, rig.probe()?);
    cli.run(&["remove", &f.name])?.succeeds()?;
    rig.gone(&f)?;
    cli.run(&["remove", &f.name])?.fails()?;
    Ok(())
}
