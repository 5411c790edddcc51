//! What of an image a provider honours: its command, its environment, its user.
//! It knows the probe's image, and what it says of itself.
//! It refuses to know how images are made.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "workload/command",
        "WL-15.8",
        "the command of the image runs, in its folder",
    )
    .rows(&["WRK-10"])
    .profiles(&[Profile::Workload])
    .why("Another program than the one that was built is run.")
    .source("OCI image specification")
    .run(command),
    Case::should(
        "workload/user",
        "WL-15.9",
        "the function runs as the user of its image",
    )
    .rows(&["WRK-11"])
    .profiles(&[Profile::Workload])
    .why("Careful images either do not start, or run as root after all.")
    .source("documentation workloads.md")
    .run(user),
    Case::must(
        "workload/image-env",
        "WL-15.8",
        "variables of the image are there, and give way to those of the deployment",
    )
    .rows(&["WRK-20"])
    .profiles(&[Profile::Workload])
    .why("Images lose their settings, or cannot be set.")
    .source("OCI image specification; documentation yaml.md")
    .run(image_env),
    Case::should("workload/hostname", "WL-15.16", "there is a host name")
        .rows(&["WRK-18"])
        .profiles(&[Profile::Workload])
        .why("Libraries that ask for it fail at the start.")
        .source("faasd")
        .run(hostname),
    Case::may(
        "workload/own-name",
        "WL-15.17",
        "OPENFAAS_NAME is the name of the function, where it is set",
    )
    .rows(&["WRK-19"])
    .profiles(&[Profile::Workload])
    .why("Whoever asks for its own name should know whether it is told.")
    .source("documentation workloads.md, of the commercial editions")
    .run(own_name),
];

fn command(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let second = rig.start(&rig.function().image(rig.second_image()))?;
    for (function, version) in [(&f, "1"), (&second, "2")] {
        let process = function.process()?;
        let arguments: Vec<&str> = process
            .get("arguments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let told = arguments
            .windows(2)
            .any(|two| two == ["--version", version]);
        check!(
            told,
            "the image's command has --version {version}; it ran with {arguments:?}"
        );
        let Some(want) = function.env("PROBE_FOLDER")? else {
            return rig.skip("the image of the probe names no folder (PROBE_FOLDER)");
        };
        let folder = process.get("cwd").and_then(Value::as_str);
        check_eq!(folder, Some(want.as_str()), "the working directory");
    }
    Ok(())
}

fn user(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let uid = f.process()?.get("uid").and_then(Value::as_u64);
    let Some(want) = f.env("PROBE_USER")? else {
        return rig.skip("the image of the probe names no user (PROBE_USER)");
    };
    let uid = uid.map(|uid| uid.to_string());
    check_eq!(uid, Some(want), "the user that the function runs as");
    Ok(())
}

fn image_env(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    // One that a watchdog reads, and one that nobody else could have set.
    for (name, own, given) in [
        ("prefix_logs", "false", "true"),
        ("PROBE_IMAGE", "probe", "another"),
    ] {
        let brought = f.env(name)?;
        check_eq!(brought.as_deref(), Some(own), "{name} of the image");
        let other = rig.start(&rig.function().env(name, given))?;
        let set = other.env(name)?;
        check_eq!(set.as_deref(), Some(given), "{name}, set by the deployment");
        let kept = f.env(name)?;
        check_eq!(kept.as_deref(), Some(own), "{name} of the first function");
    }
    Ok(())
}

fn hostname(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let process = f.process()?;
    let name = process
        .get("hostname")
        .and_then(Value::as_str)
        .unwrap_or_default();
    check!(!name.is_empty(), "the function has no host name");
    rig.note(&format!("the host name is {name}"));
    Ok(())
}

fn own_name(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let Some(name) = f.env("OPENFAAS_NAME")? else {
        rig.note("OPENFAAS_NAME is not set");
        return Ok(());
    };
    check_eq!(name, f.name, "OPENFAAS_NAME");
    Ok(())
}
