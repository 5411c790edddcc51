//! Deployments under a running watchdog, and what a site says of itself.
//! It knows symbolic links.
//! It refuses single files that change: they are with the conditions.

use std::fs;
use std::os::unix::fs::symlink;

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "files/root-renamed",
        "WD-8.15",
        "a link renamed to another directory is followed at once, also when the old one is gone",
    )
    .modes(&[Static])
    .run(renamed),
    Case::must(
        "files/root-renamed-validators",
        "WD-8.15",
        "a file of the same size and age in another directory is another file",
    )
    .modes(&[Static])
    .feature("etag")
    .run(validators),
    Case::must(
        "files/root-renamed-confined",
        "WD-8.15",
        "what is outside the new directory stays out of reach",
    )
    .modes(&[Static])
    .feature("static-hardening")
    .run(confined),
    Case::must(
        "files/root-gone",
        "WD-8.15",
        "without a directory a watchdog is not ready, and ready again with one",
    )
    .modes(&[Static])
    .feature("ready")
    .run(gone),
    Case::must(
        "files/well-known",
        "WD-8.16",
        "/.well-known/ at the root, and no other name with a dot",
    )
    .modes(&[Static])
    .run(well_known),
];

/// Has `current` stand for that directory, in one step.
fn deploy(rig: &Rig, version: &str) -> Outcome {
    let next = rig.file("next");
    symlink(version, &next)?;
    fs::rename(&next, rig.file("current"))?;
    Ok(())
}

/// A watchdog that serves `current`, which stands for `v1`.
fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.write("v1/a.txt", "one")?;
    rig.write("v2/a.txt", "two")?;
    deploy(rig, "v1")?;
    let path = rig.file("current").display().to_string();
    rig.watchdog().env("static_path", &path).start()
}

fn renamed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    check_eq!(w.get("/a.txt")?.text(), "one", "the first");
    deploy(rig, "v2")?;
    check_eq!(w.get("/a.txt")?.text(), "two", "the second");
    fs::remove_dir_all(rig.file("v1"))?;
    check_eq!(w.get("/a.txt")?.text(), "two", "the second alone");
    Ok(())
}

fn validators(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let age = fs::metadata(rig.file("v1/a.txt"))?.modified()?;
    let second = fs::File::options().write(true).open(rig.file("v2/a.txt"))?;
    second.set_modified(age)?;
    let first = w.get("/a.txt")?;
    let tag = first.header("etag").unwrap_or_default();
    deploy(rig, "v2")?;
    let r = w.request(Request::get("/a.txt").header("If-None-Match", tag))?;
    check_eq!((r.status, r.text().as_str()), (200, "two"), "answer");
    Ok(())
}

fn confined(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    rig.write("secret", "secret")?;
    symlink("../secret", rig.file("v2/out"))?;
    symlink("../v1", rig.file("v2/old"))?;
    deploy(rig, "v2")?;
    for target in ["/out", "/old/a.txt", "/../secret"] {
        check_eq!(w.get(target)?.status, 404, "status of {target}");
    }
    Ok(())
}

fn gone(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    check_eq!(w.get("/_/ready")?.status, 200, "readiness");
    fs::remove_file(rig.file("current"))?;
    check_eq!(w.get("/_/ready")?.status, 503, "readiness without a root");
    deploy(rig, "v2")?;
    check_eq!(w.get("/_/ready")?.status, 200, "readiness with another");
    check_eq!(w.get("/a.txt")?.text(), "two", "the second");
    Ok(())
}

fn well_known(rig: &mut Rig) -> Outcome {
    rig.write("public/.well-known/security.txt", "Contact: a")?;
    rig.write("public/.well-known/.hidden", "hidden")?;
    rig.write("public/sub/.well-known/a", "hidden")?;
    let w = rig.function("").start()?;
    let r = w.get("/.well-known/security.txt")?;
    check_eq!((r.status, r.text().as_str()), (200, "Contact: a"), "answer");
    for target in ["/.well-known/.hidden", "/sub/.well-known/a"] {
        check_eq!(w.get(target)?.status, 404, "status of {target}");
    }
    Ok(())
}
