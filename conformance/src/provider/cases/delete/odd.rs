//! Removals that name nothing, and functions that are not well.
//! It knows broken bodies, and functions that never start or have crashed.
//! It refuses to send a name that is not of its run.

use super::is_there;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "delete/empty-name",
        "PR-5.5",
        "an empty name is 400 or 404, and nothing is removed",
    )
    .rows(&["DEL-07"])
    .why("An unset variable in a script must not remove everything.")
    .source("OAS; faas-netes 400, faasd 404")
    .run(empty_name),
    Case::must(
        "delete/malformed",
        "PR-5.5",
        "a body that is no JSON is 400, and nothing is removed",
    )
    .rows(&["DEL-08"])
    .why("A name that was cut may be somebody else's.")
    .source("OAS")
    .run(malformed),
    Case::should("delete/no-body", "PR-5.5", "no body is 400")
        .rows(&["DEL-09"])
        .why("Some clients drop the body of a DELETE; their users should hear of it.")
        .source("OAS")
        .run(no_body),
    Case::should(
        "delete/never-ready",
        "PR-5.10",
        "a function that never became ready can be removed",
    )
    .rows(&["DEL-15"])
    .why("It is removed because it does not start.")
    .source("suite policy")
    .run(never_ready),
    Case::should(
        "delete/crashed",
        "PR-5.10",
        "a function that has crashed can be removed",
    )
    .rows(&["DEL-16"])
    .why("It is removed because it crashes.")
    .source("suite policy")
    .run(crashed),
];

fn empty_name(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    for body in [
        json!({"functionName": ""}),
        json!({}),
        json!({"functionName": null}),
    ] {
        let answer = provider.call("DELETE", "/system/functions", &body)?;
        if ![400, 404].contains(&answer.status) {
            return Err(answer.unlike(&format!("expected 400 or 404 to the body {body}")));
        }
    }
    rig.stays(0.3, || is_there(&rig.provider(), &f))
}

fn malformed(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let whole = json!({"functionName": f.name}).to_string();
    for body in [
        whole.strip_suffix('}').unwrap_or_default().to_owned(),
        whole.replace('"', "'"),
        format!("functionName={}", f.name),
        f.name.clone(),
    ] {
        let request = Request::new("DELETE", "/system/functions")
            .header("Content-Type", "application/json")
            .body(body.as_str());
        let answer = rig.provider().send(&request)?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the body {body}")));
        }
    }
    rig.stays(0.3, || is_there(&rig.provider(), &f))
}

fn no_body(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::new("DELETE", "/system/functions");
    rig.provider().send(&request)?.is(400)?;
    rig.provider().send(&request.body(""))?.is(400)?;
    rig.stays(0.3, || is_there(&rig.provider(), &f))
}

fn never_ready(rig: &mut Rig) -> Outcome {
    let late = rig.function().env("PROBE_READY_DELAY", "600s");
    let silent = rig.function().env("PROBE_LISTEN_DELAY", "600s");
    let provider = rig.provider();
    for deployment in [&late, &silent] {
        provider.deploy(deployment)?.is_accepted()?;
        rig.settles("the description", || rig.provider().status(deployment))?;
        provider.delete(deployment)?.is_accepted()?;
        rig.gone(deployment)?;
    }
    Ok(())
}

fn crashed(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    // It dies without an answer; what the caller is told is not judged here.
    let _ = provider
        .patient(rig.timeout(10.0))
        .invoke(&f, &Request::get("/exit/3"));
    provider.delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    let ends = rig.function().env("PROBE_EXIT", "3");
    let answer = provider.deploy(&ends)?;
    if answer.status >= 400 {
        return Ok(());
    }
    answer.is_accepted()?;
    rig.settles("the description", || rig.provider().status(&ends))?;
    provider.delete(&ends)?.is_accepted()?;
    rig.gone(&ends)
}
