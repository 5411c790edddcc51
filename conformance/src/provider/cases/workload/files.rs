//! The files of a function: where it may write, and what stays.
//! It knows errors by their numbers.
//! It refuses to write outside of what a function may call its own.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "workload/tmp",
        "WL-15.10",
        "a file in /tmp is written and read",
    )
    .rows(&["WRK-12"])
    .profiles(&[Profile::Workload])
    .why("Nearly every library puts something there.")
    .source("documentation workloads.md")
    .run(tmp),
    Case::must(
        "workload/read-only",
        "WL-15.11",
        "with a read-only root only /tmp can be written",
    )
    .rows(&["WRK-13"])
    .profiles(&[Profile::Workload, Profile::Readonly])
    .why("Who asks for it counts on an attacker's not being able to change the program.")
    .source("documentation yaml.md")
    .run(read_only),
    Case::should(
        "workload/writable",
        "WL-15.12",
        "without it the root is not read-only",
    )
    .rows(&["WRK-14"])
    .profiles(&[Profile::Workload])
    .why("Programs that write beside themselves fail.")
    .source("documentation yaml.md")
    .run(writable),
    Case::must(
        "workload/ephemeral",
        "WL-15.13",
        "what a function wrote is gone after its removal and a new deployment",
    )
    .rows(&["WRK-15"])
    .profiles(&[Profile::Workload])
    .why("The data of a function that was removed turns up in the next.")
    .source("documentation workloads.md")
    .run(ephemeral),
    Case::should(
        "workload/apart",
        "WL-15.18",
        "two functions of one image share neither files nor memory",
    )
    .rows(&["WRK-25"])
    .profiles(&[Profile::Workload])
    .why("One customer's function reads the files of another's.")
    .source("suite policy: functions are apart")
    .run(apart),
];

const EROFS: i64 = 30;

/// What is in the file, if it can be read.
fn read(f: &Function, path: &str) -> Result<Option<String>, Failure> {
    let bytes = f.file(path)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn tmp(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    check_eq!(
        f.write_file("/tmp/conformance", "kept")?,
        None,
        "the error of writing to /tmp"
    );
    let kept = read(&f, "/tmp/conformance")?;
    check_eq!(kept.as_deref(), Some("kept"), "the file in /tmp");
    Ok(())
}

fn read_only(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().read_only())?;
    for path in ["/conformance", "/etc/conformance", "/home/conformance"] {
        let error = f.write_file(path, "no")?;
        check!(
            error.is_some(),
            "{path} could be written on a read-only root"
        );
    }
    check_eq!(
        f.write_file("/tmp/conformance", "yes")?,
        None,
        "the error of writing to /tmp"
    );
    let kept = read(&f, "/tmp/conformance")?;
    check_eq!(kept.as_deref(), Some("yes"), "the file in /tmp");
    Ok(())
}

fn writable(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    // A user that is not root may be kept out, which is another error.
    let error = f.write_file("/conformance", "yes")?;
    check!(
        error != Some(EROFS),
        "the root is read-only, and nobody asked for it"
    );
    if let Some(error) = error {
        rig.note(&format!("writing to the root is error {error}"));
    }
    Ok(())
}

fn ephemeral(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    let f = rig.start(&deployment)?;
    let instance = f.instance()?;
    check_eq!(
        f.write_file("/tmp/conformance", "old")?,
        None,
        "the error of writing to /tmp"
    );
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    let again = rig.start(&deployment)?;
    check!(again.instance()? != instance, "the removed process answers");
    let kept = read(&again, "/tmp/conformance")?;
    check_eq!(kept, None, "the file of the removed function");
    Ok(())
}

fn apart(rig: &mut Rig) -> Outcome {
    let (one, other) = (rig.probe()?, rig.probe()?);
    check!(
        one.instance()? != other.instance()?,
        "one process answers for two functions"
    );
    check_eq!(
        one.write_file("/tmp/conformance", "mine")?,
        None,
        "the error of writing to /tmp"
    );
    check_eq!(
        read(&other, "/tmp/conformance")?,
        None,
        "the other function's file"
    );
    check_eq!(
        other.write_file("/tmp/conformance", "yours")?,
        None,
        "the error of writing to /tmp"
    );
    let kept = read(&one, "/tmp/conformance")?;
    check_eq!(kept.as_deref(), Some("mine"), "the first function's file");
    one.get("/turn/503")?.is(200)?;
    other.get("/_/health")?.is(200)?;
    Ok(())
}
