//! Which image a function runs.
//! It knows references of all forms, and one that leads nowhere.
//! It refuses to ask a registry itself.

use crate::provider::prelude::*;
use crate::provider::rig::image;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "deploy/no-image-there",
        "PR-3.16",
        "an image that is not there: refused, or never available",
    )
    .rows(&["DEP-27"])
    .why("A typing error in a tag must not look like a running function.")
    .source("OAS; faas-netes")
    .run(not_there),
    Case::should(
        "deploy/after-no-image",
        "PR-3.16",
        "the name of a function whose image was not there can be used again",
    )
    .rows(&["DEP-28"])
    .why("Whoever mends the tag deploys again under the same name.")
    .source("suite policy")
    .run(again),
    Case::must(
        "deploy/image-forms",
        "PR-3.25",
        "an image is taken with a port in its registry, and with a digest",
    )
    .rows(&["DEP-40"])
    .why("Registries of one's own have ports, and careful people pin images.")
    .source("documentation, reference/yaml")
    .run(forms),
];

fn not_there(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().image(&rig.missing_image());
    let answer = rig.provider().deploy(&deployment)?;
    if answer.status < 400 {
        answer.is_accepted()?;
    }
    super::never_available(rig, &deployment)
}

fn again(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let provider = rig.provider();
    let answer = provider.deploy(&plain.clone().image(&rig.missing_image()))?;
    if answer.status < 400 {
        answer.is_accepted()?;
        provider.delete(&plain)?.is_accepted()?;
    } else {
        // There may be nothing to be removed.
        provider.delete(&plain)?.is_one_of(&[200, 202, 404])?;
    }
    rig.gone(&plain)?;
    rig.start(&plain)?;
    Ok(())
}

fn forms(rig: &mut Rig) -> Outcome {
    one_form(rig, "a port", image::has_port, image::with_port)?;
    one_form(rig, "a digest", image::has_digest, image::with_digest)
}

/// A reference that was given to the run must be taken; one that is made up may be nowhere.
fn one_form(rig: &Rig, what: &str, has: fn(&str) -> bool, with: fn(&str) -> String) -> Outcome {
    let given = [rig.probe_image(), rig.second_image()];
    if let Some(reference) = given.into_iter().find(|reference| has(reference)) {
        rig.start(&rig.function().image(reference))?;
        return Ok(());
    }
    let made_up = rig.function().image(&with(rig.probe_image()));
    let accepted = ACCEPTED.contains(&rig.provider().deploy(&made_up)?.status);
    let works = accepted
        && rig
            .until(5.0, "an answer", || {
                let provider = &rig.provider();
                provider
                    .invoke(&made_up, &Request::get("/instance"))?
                    .is(200)
            })
            .is_ok();
    if works {
        return Ok(());
    }
    rig.skip(&format!(
        "no image with {what} is known to the provider; name one with --probe-image or --probe-image-2"
    ))
}
