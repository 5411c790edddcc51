//! Secrets in one namespace of several.
//! It knows two secrets of one name.
//! It refuses to name the namespace of a removal in two places: here one place is judged at a time.

use super::{lists, made, reads};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "secrets/same-name",
        "PR-9.20",
        "secrets of one name in two namespaces have values of their own",
    )
    .rows(&["SEC-30"])
    .profiles(NAMESPACES)
    .why("Staging and production have passwords of their own.")
    .source("documentation, reference/namespaces")
    .run(same_name),
    Case::must(
        "secrets/delete-in-body",
        "PR-9.21",
        "a removal with the namespace in the body hits that one alone",
    )
    .rows(&["SEC-31"])
    .profiles(NAMESPACES)
    .why("This is what faas-cli sends; elsewhere it would remove the secret of production.")
    .source("faas-cli proxy/secret.go")
    .run(delete_in_body),
    Case::should(
        "secrets/delete-in-query",
        "PR-9.22",
        "a removal with the namespace in the query hits that one alone",
    )
    .rows(&["SEC-32"])
    .profiles(NAMESPACES)
    .why("Clients written for faasd send it there.")
    .source("faasd secret.go")
    .run(delete_in_query),
    Case::must(
        "secrets/elsewhere",
        "PR-9.20",
        "a function cannot have a secret of another namespace",
    )
    .rows(&["SEC-33"])
    .profiles(NAMESPACES)
    .why("Whoever may deploy in one namespace could read the secrets of all.")
    .source("documentation, reference/namespaces")
    .run(elsewhere),
];

const NAMESPACES: &[Profile] = &[Profile::Namespaces, Profile::Secrets];

/// Secrets of one name: `here` in the default namespace, `there` in the second one.
fn twins(rig: &Rig) -> Result<(String, String), Failure> {
    let (name, second) = (rig.secret("here")?, rig.second_namespace()?);
    made(
        rig,
        &json!({"name": name, "namespace": second, "value": "there"}),
    )?;
    lists(rig, &name, true)?;
    lists(rig, (name.as_str(), second.as_str()), true)?;
    Ok((name, second))
}

fn same_name(rig: &mut Rig) -> Outcome {
    let (name, second) = twins(rig)?;
    let here = rig.function().secret(&name);
    let there = here.clone().namespace(&second);
    let (f, g) = (rig.start(&here)?, rig.start(&there)?);
    reads(&f, &name, "here")?;
    reads(&g, &name, "there")
}

/// The one in the second namespace is gone, the other one is not.
fn one_is_left(rig: &Rig, name: &str, second: &str) -> Outcome {
    lists(rig, (name, second), false)?;
    lists(rig, name, true)?;
    let f = rig.start(&rig.function().secret(name))?;
    reads(&f, name, "here")
}

fn delete_in_body(rig: &mut Rig) -> Outcome {
    let (name, second) = twins(rig)?;
    let body = json!({"name": name, "namespace": second});
    let answer = rig.provider().call("DELETE", "/system/secrets", &body)?;
    answer.is_one_of(&[200, 202, 204])?;
    one_is_left(rig, &name, &second)
}

fn delete_in_query(rig: &mut Rig) -> Outcome {
    let (name, second) = twins(rig)?;
    let target = format!("/system/secrets?namespace={second}");
    let body = json!({"name": name});
    let answer = rig.provider().call("DELETE", &target, &body)?;
    answer.is_one_of(&[200, 202, 204])?;
    one_is_left(rig, &name, &second)
}

fn elsewhere(rig: &mut Rig) -> Outcome {
    let (here, there, second) = (rig.secret("here")?, rig.name(), rig.second_namespace()?);
    made(
        rig,
        &json!({"name": there, "namespace": second, "value": "there"}),
    )?;
    for (deployment, name) in [
        (rig.function().secret(&there), &there),
        (rig.function().namespace(&second).secret(&here), &here),
    ] {
        let answer = rig.provider().deploy(&deployment)?;
        if answer.status < 400 {
            answer.is_accepted()?;
        }
        is_not_read(rig, &deployment, name)?;
    }
    Ok(())
}

/// Whatever became of the deployment, the secret is not read.
fn is_not_read(rig: &Rig, deployment: &Deployment, name: &str) -> Outcome {
    let brief = rig.provider().patient(rig.timeout(1.0));
    rig.stays(1.0, || {
        let answer = brief.invoke(deployment, &Request::get(&format!("/secret/{name}")));
        let read = answer.is_ok_and(|answer| answer.status == 200);
        check!(!read, "the function has a secret of another namespace");
        Ok(())
    })
}
