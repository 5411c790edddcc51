//! What is no deployment.
//! It knows bodies and fields that cannot be understood.
//! It refuses to expect a certain text: clients read the status.

use super::nothing_of;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "deploy/malformed",
        "PR-3.8",
        "a body that is no JSON is 400 and creates nothing",
    )
    .rows(&["DEP-14"])
    .why("Half a deployment that is taken runs with half its settings.")
    .source("OAS")
    .run(malformed),
    Case::must("deploy/no-body", "PR-3.8", "no body is 400")
        .rows(&["DEP-15"])
        .why("A client that forgot the body must not be told that all is well.")
        .source("OAS")
        .run(no_body),
    Case::should(
        "deploy/wrong-type",
        "PR-3.9",
        "fields of the wrong type are 400 and create nothing",
    )
    .rows(&["DEP-16"])
    .why("A number where text belongs is a mistake that is best told at once.")
    .source("OAS")
    .run(wrong_type),
    Case::must(
        "deploy/no-name",
        "PR-3.10",
        "a deployment without a name is 400 and creates nothing",
    )
    .rows(&["DEP-17"])
    .why("What has no name cannot be called, and cannot be removed.")
    .source("OAS: required")
    .run(no_name),
    Case::must(
        "deploy/no-image",
        "PR-3.10",
        "a deployment without an image is 400 and creates nothing",
    )
    .rows(&["DEP-18"])
    .why("A typing error in a field's name must not end in a function that never starts.")
    .source("OAS: required; faas-netes validate.go")
    .run(no_image),
    Case::must(
        "deploy/no-secret",
        "PR-3.17",
        "a secret that is not there: refused, or never available",
    )
    .rows(&["DEP-29"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("A function without its secret fails for its users instead of for its owner.")
    .source("documentation, reference/secrets")
    .run(no_secret),
    Case::should(
        "deploy/no-secret-status",
        "PR-3.18",
        "a secret that is not there is 400 or 404, and nothing is left",
    )
    .rows(&["DEP-30"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("What is left of a refused deployment blocks the name.")
    .source("faasd deploy.go; suite policy")
    .run(no_secret_status),
];

fn malformed(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.may_make(&deployment)?;
    let whole = deployment.json().to_string();
    let cut = whole.strip_suffix('}').unwrap_or_default();
    for body in [
        cut.to_owned(),
        format!("{cut},}}"),
        format!("[{whole}]"),
        whole.replace('"', "'"),
        "service=x&image=y".to_owned(),
    ] {
        let request = Request::post("/system/functions")
            .header("Content-Type", "application/json")
            .body(body.as_str());
        let answer = rig.provider().send(&request)?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the body {body}")));
        }
    }
    nothing_of(rig, &deployment)
}

fn no_body(rig: &mut Rig) -> Outcome {
    let request = Request::post("/system/functions").header("Content-Type", "application/json");
    rig.provider().send(&request.clone().body(""))?.is(400)?;
    rig.provider().send(&request)?.is(400)?;
    Ok(())
}

fn wrong_type(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let nameless = rig.function().set("service", 1);
    provider.deploy(&nameless)?.is(400)?;
    for (field, value) in [
        ("image", json!({})),
        ("envVars", json!([])),
        ("envVars", json!({"COUNT": 1})),
        ("labels", json!("team=judges")),
        ("secrets", json!({})),
        ("readOnlyRootFilesystem", json!("yes")),
    ] {
        let odd = rig.function().set(field, value);
        rig.may_make(&odd)?;
        let answer = provider.deploy(&odd)?;
        if answer.status != 400 {
            let shown = odd.field(field);
            return Err(answer.unlike(&format!("{field} is {shown:?}: expected 400")));
        }
        let listed = provider.listed(&odd)?;
        check!(listed.is_none(), "the refused deployment is listed");
    }
    Ok(())
}

fn no_name(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let plain = rig.function();
    for nameless in [
        plain.clone().without("service"),
        plain.clone().set("service", ""),
        plain.set("service", Value::Null),
    ] {
        provider.deploy(&nameless)?.is(400)?;
    }
    rig.stays(0.3, || {
        let provider = &rig.provider();
        let all = provider.functions(None)?;
        let nameless = all.iter().any(|one| one.name.is_empty());
        check!(!nameless, "a function without a name is listed");
        Ok(())
    })
}

fn no_image(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let plain = rig.function();
    for empty in [
        plain.clone().without("image"),
        plain.clone().image(""),
        plain.clone().set("image", Value::Null),
    ] {
        provider.deploy(&empty)?.is(400)?;
    }
    nothing_of(rig, &plain)
}

fn no_secret(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().secret(&rig.name());
    let answer = rig.provider().deploy(&deployment)?;
    if answer.status < 400 {
        answer.is_accepted()?;
    }
    super::never_available(rig, &deployment)
}

fn no_secret_status(rig: &mut Rig) -> Outcome {
    let kept = rig.secret("kept")?;
    let missing = rig.name();
    let provider = rig.provider();
    for deployment in [
        rig.function().secret(&missing),
        // The one that is there does not stand for the one that is not.
        rig.function().secret(&kept).secret(&missing),
    ] {
        provider.deploy(&deployment)?.is_one_of(&[400, 404])?;
        nothing_of(rig, &deployment)?;
    }
    Ok(())
}
