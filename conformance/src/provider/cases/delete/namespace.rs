//! Removals in one namespace of several.
//! It knows the two places where a removal can name its namespace.
//! It refuses to name it in both: here one place is judged at a time.

use super::is_there;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "delete/namespace-in-body",
        "PR-5.7",
        "the namespace in the body says where to remove",
    )
    .rows(&["DEL-11"])
    .profiles(NAMESPACES)
    .why("This is what faas-cli sends.")
    .source("faas-cli proxy/delete.go")
    .run(in_body),
    Case::should(
        "delete/namespace-in-query",
        "PR-5.8",
        "the namespace in the query says where to remove",
    )
    .rows(&["DEL-12"])
    .profiles(NAMESPACES)
    .why("Clients written for Kubernetes send it there.")
    .source("faas-netes delete.go")
    .run(in_query),
    Case::must(
        "delete/same-name",
        "PR-5.7",
        "a function of the same name in another namespace stays",
    )
    .rows(&["DEL-13"])
    .profiles(NAMESPACES)
    .why("Taking staging down must not take production down.")
    .source("documentation, reference/namespaces")
    .run(same_name),
];

const NAMESPACES: &[Profile] = &[Profile::Core, Profile::Namespaces];

/// Functions of one name: in the default namespace and in a second one.
fn twins(rig: &Rig) -> Result<(Function, Function), Failure> {
    let here = rig.function();
    let there = here.clone().namespace(&rig.second_namespace()?);
    Ok((rig.start(&here)?, rig.start(&there)?))
}

fn in_body(rig: &mut Rig) -> Outcome {
    let (here, there) = twins(rig)?;
    let body = json!({"functionName": there.name, "namespace": there.namespace});
    rig.provider()
        .call("DELETE", "/system/functions", &body)?
        .is_accepted()?;
    rig.gone(&there)?;
    is_there(&rig.provider(), &here)
}

fn in_query(rig: &mut Rig) -> Outcome {
    let (here, there) = twins(rig)?;
    let body = json!({"functionName": there.name});
    let second = rig.second_namespace()?;
    let target = format!("/system/functions?namespace={second}");
    rig.provider()
        .call("DELETE", &target, &body)?
        .is_accepted()?;
    rig.gone(&there)?;
    is_there(&rig.provider(), &here)
}

fn same_name(rig: &mut Rig) -> Outcome {
    let (here, there) = twins(rig)?;
    // Without a namespace it is the default one that is meant.
    rig.provider().delete(&here)?.is_accepted()?;
    rig.gone(&here)?;
    rig.stays(0.5, || is_there(&rig.provider(), &there))
}
