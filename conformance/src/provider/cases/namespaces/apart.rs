//! Functions in two namespaces.
//! It knows two functions of one name.
//! It refuses to expect a namespace to hold nothing but what the case made.

use super::NAMESPACES;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "namespaces/listed-once",
        "PR-11.5",
        "a function of the second namespace is listed there alone",
    )
    .rows(&["NS-04"])
    .profiles(NAMESPACES)
    .why("A list with the functions of others is a leak.")
    .source("documentation, reference/namespaces")
    .run(listed_once),
    Case::must(
        "namespaces/same-name",
        "PR-11.6",
        "functions of one name have settings and lives of their own",
    )
    .rows(&["NS-05"])
    .profiles(NAMESPACES)
    .why("Staging and production run functions of the same names.")
    .source("documentation, reference/namespaces")
    .run(same_name),
    Case::must(
        "namespaces/whole-life",
        "PR-11.7",
        "in the second namespace a function is described, scaled, updated, read and removed",
    )
    .rows(&["NS-10"])
    .profiles(NAMESPACES)
    .why("A namespace where half of it works is a trap.")
    .source("documentation, reference/namespaces")
    .run(whole_life),
];

fn listed_once(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let f = rig.start(&rig.function().namespace(&second))?;
    let provider = rig.provider();
    for place in provider.namespace_names()? {
        let all = provider.functions(Some(&place))?;
        let count = all.iter().filter(|one| one.name == f.name).count();
        let want = usize::from(place == second);
        check_eq!(count, want, "entries of {} in {place}", f.name);
    }
    let listed = provider.listed(f.name.as_str())?;
    check!(listed.is_none(), "it is listed where no namespace is named");
    Ok(())
}

fn same_name(rig: &mut Rig) -> Outcome {
    let here = rig.function().env("COLOUR", "green");
    let there = here.clone().namespace(&rig.second_namespace()?);
    let (f, g) = (
        rig.start(&here)?,
        rig.start(&there.clone().env("COLOUR", "blue"))?,
    );
    check_eq!(
        f.env("COLOUR")?.as_deref(),
        Some("green"),
        "the variable here"
    );
    check_eq!(
        g.env("COLOUR")?.as_deref(),
        Some("blue"),
        "the variable there"
    );
    let instance = f.instance()?;
    check!(g.instance()? != instance, "one process answers for both");
    rig.provider()
        .update(&there.env("COLOUR", "red"))?
        .is_accepted()?;
    rig.settles("the updated function", || {
        check_eq!(
            g.env("COLOUR")?.as_deref(),
            Some("red"),
            "the variable there"
        );
        Ok(())
    })?;
    rig.provider().delete(&g)?.is_accepted()?;
    rig.gone(&g)?;
    check_eq!(
        f.env("COLOUR")?.as_deref(),
        Some("green"),
        "the variable here"
    );
    check_eq!(f.instance()?, instance, "the process here");
    let listed = rig.provider().listed(&f)?;
    check!(listed.is_some(), "the function here is no longer listed");
    Ok(())
}

fn whole_life(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let deployment = rig.function().namespace(&second).label("kept", "yes");
    let f = rig.start(&deployment)?;
    let provider = rig.provider();
    let status = f.status()?;
    check_eq!(
        status.namespace.as_deref(),
        Some(second.as_str()),
        "the namespace"
    );
    let told = status.labels.get("kept").map(String::as_str);
    check_eq!(told, Some("yes"), "the label");
    provider.scale(&f, 1)?.is_accepted()?;
    if rig.claims(Profile::Logs) {
        f.get("/log?stream=out&tag=from-the-second")?.is(200)?;
        rig.settles("the line of the log", || {
            let lines = rig.provider().log_lines(&f, "")?;
            let there = lines
                .iter()
                .any(|line| line.text.starts_with("from-the-second"));
            check!(there, "the line is not among {} lines", lines.len());
            Ok(())
        })?;
    }
    provider
        .update(&deployment.env("COLOUR", "red"))?
        .is_accepted()?;
    rig.settles("the updated function", || {
        check_eq!(f.env("COLOUR")?.as_deref(), Some("red"), "the variable");
        Ok(())
    })?;
    provider.delete(&f)?.is_accepted()?;
    rig.gone(&f)
}
