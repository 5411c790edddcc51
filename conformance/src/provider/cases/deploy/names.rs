//! What a function can be called.
//! It knows DNS labels, and names that are nearly such.
//! It refuses names that do not bear the run's.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "deploy/name-of-path",
        "PR-3.11",
        "a name with a slash, a space or dots is 400 and creates nothing",
    )
    .rows(&["DEP-19"])
    .why("A name that goes into a path reaches what it should not.")
    .source("faas-netes validate.go; suite policy")
    .run(of_path),
    Case::should(
        "deploy/name-unusual",
        "PR-3.13",
        "a name with capitals or an underscore is 400, or can be called",
    )
    .rows(&["DEP-20"])
    .why("A function that is deployed under a name that nobody can call is found out late.")
    .source("documentation, reference/yaml; SDK: the expression of a name")
    .run(unusual),
    Case::must(
        "deploy/name-63",
        "PR-3.12",
        "a name of 63 characters works from end to end",
    )
    .rows(&["DEP-21"])
    .why("Generated names are long, and cut ones meet each other.")
    .source("documentation, reference/workloads")
    .run(longest),
    Case::should(
        "deploy/name-64",
        "PR-3.13",
        "a name of 64 characters is 400, or works from end to end",
    )
    .rows(&["DEP-22"])
    .why("A name that is cut without a word may be somebody else's.")
    .source("documentation, reference/workloads")
    .run(too_long),
    Case::should(
        "deploy/name-digit",
        "PR-3.13",
        "a name that begins with a digit works, or is 400",
    )
    .rows(&["DEP-23"])
    .why("It is a DNS label; back ends that take fewer names must say so at once.")
    .source("documentation, reference/yaml")
    .run(digit),
    Case::must(
        "deploy/name-dashes",
        "PR-3.12",
        "a name with dashes inside works from end to end",
    )
    .rows(&["DEP-24"])
    .why("Nearly every function has a dash in its name.")
    .source("documentation, reference/yaml")
    .run(dashes),
];

fn of_path(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    for odd in [
        format!("{name}/x"),
        format!("{name} x"),
        format!("../{name}"),
        format!("{name}?x=y"),
        format!("{name}\n"),
        format!("{name}%2fx"),
    ] {
        let answer = rig
            .provider()
            .deploy(&Deployment::new(&odd, rig.probe_image()))?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the name {odd:?}")));
        }
    }
    rig.stays(0.3, || {
        let provider = &rig.provider();
        let all = provider.functions(None)?;
        let found = all.iter().find(|one| one.name.contains(&name));
        check!(found.is_none(), "{found:?} is listed");
        Ok(())
    })
}

fn unusual(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    for odd in [name.to_uppercase(), format!("{name}_x")] {
        refused_or_works(rig, &odd)?;
    }
    Ok(())
}

fn longest(rig: &mut Rig) -> Outcome {
    works(rig, &rig.name_of(63))
}

fn too_long(rig: &mut Rig) -> Outcome {
    refused_or_works(rig, &rig.name_of(64))
}

fn digit(rig: &mut Rig) -> Outcome {
    refused_or_works(rig, &format!("0{}", rig.name()))
}

fn dashes(rig: &mut Rig) -> Outcome {
    works(rig, &format!("{}-a--b-c", rig.name()))
}

fn refused_or_works(rig: &Rig, name: &str) -> Outcome {
    let deployment = Deployment::new(name, rig.probe_image());
    let answer = rig.provider().deploy(&deployment)?;
    if answer.status == 400 {
        return super::nothing_of(rig, name);
    }
    answer.is_one_of(&[200, 202, 400])?;
    is_whole(rig, name)
}

fn works(rig: &Rig, name: &str) -> Outcome {
    let deployment = Deployment::new(name, rig.probe_image());
    rig.provider().deploy(&deployment)?.is_accepted()?;
    is_whole(rig, name)
}

/// It answers, is told by its whole name, and can be removed.
fn is_whole(rig: &Rig, name: &str) -> Outcome {
    let provider = rig.provider();
    rig.ready(name)?;
    let listed = provider.listed(name)?;
    check!(listed.is_some(), "{name} is not listed");
    check_eq!(
        provider.status(name)?.name,
        name,
        "the name in the description"
    );
    provider.delete(name)?.is_accepted()?;
    rig.gone(name)
}
