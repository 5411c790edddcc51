//! Updates that cannot be made.
//! It knows that the function of before is what its users still have.
//! It refuses to expect one status where providers differ.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "update/malformed",
        "PR-4.7",
        "a body that is no JSON is 400, and the function is as it was",
    )
    .rows(&["UPD-11"])
    .why("A broken request must not break what runs.")
    .source("OAS")
    .run(malformed),
    Case::must(
        "update/no-secret",
        "PR-4.8",
        "an update to a secret that is not there is refused, and the old function goes on",
    )
    .rows(&["UPD-12"])
    .why("A typing error in a name must not take a service down.")
    .source("suite policy; faasd destroys the function")
    .run(no_secret),
    Case::should(
        "update/no-image",
        "PR-4.9",
        "after an update to an image that is not there the old function goes on, or is told to be unavailable",
    )
    .rows(&["UPD-13"])
    .why("A typing error in a tag must not take a service down without a word.")
    .source("suite policy")
    .run(no_image),
];

fn malformed(rig: &mut Rig) -> Outcome {
    let before = rig
        .function()
        .env("COLOUR", "green")
        .label("colour", "green");
    let f = rig.start(&before)?;
    let instance = f.instance()?;
    let after = before.env("COLOUR", "red").label("colour", "red");
    let body = after.json().to_string();
    for broken in [
        body.strip_suffix('}').unwrap_or_default(),
        &body.replace('"', "'"),
        "",
    ] {
        let request = Request::new("PUT", "/system/functions")
            .header("Content-Type", "application/json")
            .body(broken);
        let answer = rig.provider().send(&request)?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the body {broken:?}")));
        }
    }
    goes_on(rig, &f)?;
    check_eq!(f.instance()?, instance, "the process that answers");
    Ok(())
}

fn no_secret(rig: &mut Rig) -> Outcome {
    let before = rig
        .function()
        .env("COLOUR", "green")
        .label("colour", "green");
    let f = rig.start(&before)?;
    let after = before
        .env("COLOUR", "red")
        .label("colour", "red")
        .secret(&rig.name());
    rig.provider().update(&after)?.is_error()?;
    goes_on(rig, &f)
}

fn no_image(rig: &mut Rig) -> Outcome {
    let before = rig
        .function()
        .env("COLOUR", "green")
        .label("colour", "green");
    let f = rig.start(&before)?;
    let answer = rig
        .provider()
        .update(&before.clone().image(&rig.missing_image()))?;
    if answer.status >= 400 {
        return goes_on(rig, &f);
    }
    answer.is_accepted()?;
    rig.stays(1.0, || {
        let provider = &rig.provider();
        let seen = provider.invoke(&f, &Request::get("/env/COLOUR"))?;
        if seen.status == 200 {
            check_eq!(seen.text(), "green", "the variable of the old function");
            return Ok(());
        }
        let count = provider.status(&f)?.available_replicas;
        check_eq!(count, 0, "availableReplicas of what does not answer");
        Ok(())
    })
}

/// The function of before is called and told.
fn goes_on(rig: &Rig, f: &Function) -> Outcome {
    rig.stays(1.0, || {
        let provider = &rig.provider();
        let seen = provider.invoke(f, &Request::get("/env/COLOUR"))?.is(200)?;
        check_eq!(seen.text(), "green", "the variable after a refused update");
        let labels = provider.status(f)?.labels;
        let told = labels.get("colour").map(String::as_str);
        check_eq!(told, Some("green"), "the label after a refused update");
        Ok(())
    })
}
