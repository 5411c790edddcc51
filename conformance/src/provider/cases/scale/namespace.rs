//! Scaling in one namespace of several.
//! It knows the two places where a scaling can name its namespace.
//! It refuses to name it in both: here one place is judged at a time.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "scale/namespace-in-body",
        "PR-8.20",
        "the namespace in the body says where to scale",
    )
    .rows(&["SCL-13"])
    .profiles(NAMESPACES)
    .why("This is what OpenFaaS's own client library sends.")
    .source("go-sdk; faas-cli proxy/scale.go")
    .run(in_body),
    Case::must(
        "scale/namespace-in-query",
        "PR-8.20",
        "the namespace in the query says where to scale",
    )
    .rows(&["SCL-14"])
    .profiles(NAMESPACES)
    .why("This is what a gateway sends when it scales from zero.")
    .source("gateway scaling")
    .run(in_query),
    Case::must(
        "scale/same-name",
        "PR-8.20",
        "a function of the same name in another namespace keeps its replicas",
    )
    .rows(&["SCL-15"])
    .profiles(NAMESPACES)
    .why("Stopping staging must not stop production.")
    .source("suite policy")
    .run(same_name),
];

const NAMESPACES: &[Profile] = &[Profile::Core, Profile::Namespaces];

fn in_body(rig: &mut Rig) -> Outcome {
    let f = elsewhere(rig)?;
    let want = super::another_count(rig);
    let target = format!("/system/scale-function/{}", f.name);
    let body = json!({"serviceName": f.name, "namespace": f.namespace, "replicas": want});
    rig.provider().call("POST", &target, &body)?.is_accepted()?;
    super::wants(rig, &f, want)
}

fn in_query(rig: &mut Rig) -> Outcome {
    let f = elsewhere(rig)?;
    let want = super::another_count(rig);
    let second = rig.second_namespace()?;
    let target = format!("/system/scale-function/{}?namespace={second}", f.name);
    let body = json!({"serviceName": f.name, "replicas": want});
    rig.provider().call("POST", &target, &body)?.is_accepted()?;
    super::wants(rig, &f, want)
}

/// A function in the second namespace alone: where no namespace is named, there is none of that name.
fn elsewhere(rig: &Rig) -> Result<Function, Failure> {
    let f = rig.start(&rig.function().namespace(&rig.second_namespace()?))?;
    rig.provider().scale(f.name.as_str(), 1)?.is_error()?;
    Ok(f)
}

fn same_name(rig: &mut Rig) -> Outcome {
    let want = super::another_count(rig);
    if want == 1 {
        return rig.not_applicable("every function has one replica here");
    }
    let here = rig.function();
    let there = here.clone().namespace(&rig.second_namespace()?);
    let (here, there) = (rig.start(&here)?, rig.start(&there)?);
    rig.provider().scale(&there, want)?.is_accepted()?;
    super::wants(rig, &there, want)?;
    is_one(rig, &here)?;
    // And the other way round: without a namespace it is the default one that is meant.
    rig.provider().scale(&there, 1)?.is_accepted()?;
    super::wants(rig, &there, 1)?;
    rig.provider().scale(&here, want)?.is_accepted()?;
    super::wants(rig, &here, want)?;
    is_one(rig, &there)
}

fn is_one(rig: &Rig, f: &Function) -> Outcome {
    rig.stays(0.3, || {
        let provider = &rig.provider();
        let count = provider.status(f)?.replicas;
        check_eq!(count, 1, "replicas of {:?}", f.namespace);
        Ok(())
    })
}
