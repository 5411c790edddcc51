//! What an update replaces, part by part.
//! It knows that an update is the whole: nothing of before is merged into it.
//! It refuses to expect it at once: an update may take its time.

use super::turns;
use crate::provider::prelude::*;
use crate::provider::rig::image;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "update/env",
        "PR-4.3",
        "a new value of a variable reaches the function",
    )
    .rows(&["UPD-04"])
    .why("A changed setting that does not arrive looks like a change without effect.")
    .source("documentation")
    .run(env),
    Case::must(
        "update/env-gone",
        "PR-4.3",
        "a variable that the update does not name is gone",
    )
    .rows(&["UPD-05"])
    .why("A switch that was taken out of the stack file must not stay on.")
    .source("SDK types: the whole is replaced")
    .run(env_gone),
    Case::must("update/labels", "PR-4.4", "labels are those of the update")
        .rows(&["UPD-06"])
        .why("Old limits of scaling that stay go on being obeyed.")
        .source("SDK types: the whole is replaced")
        .run(labels),
    Case::must(
        "update/annotations",
        "PR-4.4",
        "annotations are those of the update",
    )
    .rows(&["UPD-07"])
    .why("A topic that was taken away must not call the function any more.")
    .source("SDK types: the whole is replaced")
    .run(annotations),
    Case::must("update/image", "PR-4.5", "the image is that of the update")
        .rows(&["UPD-08"])
        .why("This is what updates are made for.")
        .source("SDK types: the whole is replaced")
        .run(new_image),
    Case::must(
        "update/secret",
        "PR-4.6",
        "a secret that the update adds can be read",
    )
    .rows(&["UPD-09"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("New code needs its new secret.")
    .source("documentation, reference/secrets")
    .run(secret),
    Case::should(
        "update/secret-gone",
        "PR-4.6",
        "a secret that the update does not name is gone",
    )
    .rows(&["UPD-10"])
    .profiles(&[Profile::Core, Profile::Secrets])
    .why("Who takes a secret from a function must be able to rely on it.")
    .source("suite policy")
    .run(secret_gone),
];

fn env(rig: &mut Rig) -> Outcome {
    let before = rig.function().env("COLOUR", "green");
    let f = rig.start(&before)?;
    let after = before.env("COLOUR", "red").env("SIZE", "12");
    rig.provider().update(&after)?.is_accepted()?;
    turns(rig, &f, "COLOUR", Some("red"))?;
    turns(rig, &f, "SIZE", Some("12"))?;
    rig.stays(0.3, || {
        let provider = &rig.provider();
        let seen = Function::new(provider, &f).env("COLOUR")?;
        check_eq!(
            seen.as_deref(),
            Some("red"),
            "the variable, once it was new"
        );
        Ok(())
    })
}

fn env_gone(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let before = plain.clone().env("OLD", "yes").process("cat");
    let f = rig.start(&before)?;
    let after = plain.env("NEW", "yes");
    rig.provider().update(&after)?.is_accepted()?;
    turns(rig, &f, "NEW", Some("yes"))?;
    check_eq!(
        f.env("OLD")?,
        None,
        "the variable that the update does not name"
    );
    let process = f.env("fprocess")?;
    check!(
        process.as_deref() != Some("cat"),
        "envProcess is still there: {process:?}"
    );
    Ok(())
}

fn labels(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let before = plain.clone().label("old", "yes").label("both", "before");
    let f = rig.start(&before)?;
    let after = plain.clone().label("new", "yes").label("both", "after");
    rig.provider().update(&after)?.is_accepted()?;
    replaced(rig, &f, "labels", |status| status.labels)?;
    rig.provider().update(&plain)?.is_accepted()?;
    none_left(rig, &f, "labels", |status| status.labels)
}

fn annotations(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let before = plain
        .clone()
        .annotation("old", "yes")
        .annotation("both", "before");
    let f = rig.start(&before)?;
    let after = plain
        .clone()
        .annotation("new", "yes")
        .annotation("both", "after");
    rig.provider().update(&after)?.is_accepted()?;
    replaced(rig, &f, "annotations", |status| status.annotations)?;
    rig.provider().update(&plain)?.is_accepted()?;
    none_left(rig, &f, "annotations", |status| status.annotations)
}

type Part = fn(Status) -> Texts;
type Texts = std::collections::BTreeMap<String, String>;

/// Both the description and the list have what is new, and nothing of what is old.
fn replaced(rig: &Rig, f: &Function, what: &str, part: Part) -> Outcome {
    rig.settles(&format!("the new {what}"), || {
        let provider = &rig.provider();
        for told in both(provider, f, part)? {
            let of = |name: &str| told.get(name).map(String::as_str);
            check_eq!(of("new"), Some("yes"), "\"new\" in the {what}");
            check_eq!(of("both"), Some("after"), "\"both\" in the {what}");
            check_eq!(of("old"), None, "\"old\" in the {what}");
        }
        Ok(())
    })
}

fn none_left(rig: &Rig, f: &Function, what: &str, part: Part) -> Outcome {
    rig.settles(&format!("the end of the {what}"), || {
        let provider = &rig.provider();
        for told in both(provider, f, part)? {
            let left = told.keys().find(|name| *name == "new" || *name == "both");
            check_eq!(left, None, "{what} after an update without any");
        }
        Ok(())
    })
}

fn both(provider: &Provider, f: &Function, part: Part) -> Result<[Texts; 2], Failure> {
    let listed = provider.listed(f)?;
    let listed = listed.ok_or_else(|| Failure::failed("the updated function is not listed"))?;
    Ok([part(provider.status(f)?), part(listed)])
}

fn new_image(rig: &mut Rig) -> Outcome {
    let before = rig.function();
    let f = rig.start(&before)?;
    let old = f.get("/version")?.is(200)?.text();
    let second = rig.second_image();
    rig.provider()
        .update(&before.image(second))?
        .is_accepted()?;
    rig.settles("the second image", || {
        let provider = &rig.provider();
        let seen = provider.invoke(&f, &Request::get("/version"))?.is(200)?;
        check!(seen.text() != old, "version {old} still answers");
        Ok(())
    })?;
    let told = f.status()?.image;
    check!(
        image::same(&told, second),
        "the image in the description is {told:?}, expected {second:?}"
    );
    Ok(())
}

fn secret(rig: &mut Rig) -> Outcome {
    let before = rig.function();
    let f = rig.start(&before)?;
    let name = rig.secret("a new value")?;
    rig.provider()
        .update(&before.secret(&name))?
        .is_accepted()?;
    rig.settles("the secret", || {
        let provider = &rig.provider();
        let file = Function::new(provider, &f).secret(&name)?;
        let file = file.ok_or_else(|| Failure::failed("the function has no file of the secret"))?;
        let value = String::from_utf8_lossy(&file.bytes()?).into_owned();
        check_eq!(value, "a new value", "the secret as the function reads it");
        Ok(())
    })
}

fn secret_gone(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let (kept, dropped) = (rig.secret("kept")?, rig.secret("dropped")?);
    let f = rig.start(&plain.clone().secret(&kept).secret(&dropped))?;
    check!(f.secret(&dropped)?.is_some(), "the secret was never there");
    rig.provider().update(&plain.secret(&kept))?.is_accepted()?;
    rig.settles("the end of the secret", || {
        let provider = &rig.provider();
        let f = Function::new(provider, &f);
        let left = f.secret(&dropped)?;
        check!(left.is_none(), "the function can still read the secret");
        let kept = f.secret(&kept)?;
        check!(
            kept.is_some(),
            "the secret that the update names is gone, too"
        );
        Ok(())
    })
}
