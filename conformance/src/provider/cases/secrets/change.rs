//! Secrets that change.
//! It knows the old value and the new one.
//! It refuses to demand that a running function notices.

use super::{SECRETS, is_worth, lists, reads};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "secrets/taken",
        "PR-9.9",
        "creating a secret that is there is 409 and keeps it, or replaces it",
    )
    .rows(&["SEC-12"])
    .profiles(SECRETS)
    .why("faas-cli offers to replace a secret where it reads 409.")
    .source("faas-cli proxy/secret.go")
    .run(taken),
    Case::should(
        "secrets/update-missing",
        "PR-9.14",
        "changing a secret that is not there is 404 and creates nothing",
    )
    .rows(&["SEC-21"])
    .profiles(SECRETS)
    .why("A typing error would rotate nothing, and leave a secret that nobody reads.")
    .source("OAS; faas-cli proxy/secret.go")
    .run(update_missing),
    Case::must(
        "secrets/update",
        "PR-9.15",
        "changing a secret is 200 or 202",
    )
    .rows(&["SEC-22"])
    .profiles(UPDATE)
    .why("Rotation is what secrets are changed for.")
    .source("OAS")
    .run(update),
    Case::must(
        "secrets/update-read",
        "PR-9.15",
        "after a change, functions that are deployed or updated read the new value",
    )
    .rows(&["SEC-23"])
    .profiles(UPDATE)
    .why("A function with a password that was changed is locked out.")
    .source("certifier secrets_test")
    .run(update_read),
    Case::may(
        "secrets/update-running",
        "PR-9.16",
        "whether a running function reads the new value is told",
    )
    .rows(&["SEC-24"])
    .profiles(UPDATE)
    .why("Who rotates a secret should know whether to deploy again.")
    .source("faasd changes the file at once, Kubernetes in a while")
    .run(update_running),
];

const UPDATE: &[Profile] = &[Profile::Secrets, Profile::SecretsUpdate];

fn changed(rig: &Rig, name: &str, value: &str) -> Outcome {
    let body = json!({"name": name, "value": value});
    rig.provider().update_secret(&body)?.is_accepted()?;
    Ok(())
}

fn taken(rig: &mut Rig) -> Outcome {
    let name = rig.secret("first, and longer")?;
    let body = json!({"name": name, "value": "second"});
    let answer = rig.provider().create_secret(&body)?;
    let answer = answer.is_one_of(&[200, 201, 202, 409])?;
    lists(rig, &name, true)?;
    let want = if answer.status == 409 {
        "first, and longer"
    } else {
        "second"
    };
    is_worth(rig, &name, want)
}

fn update_missing(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let body = json!({"name": name, "value": "value"});
    let answer = rig.provider().update_secret(&body)?;
    if rig.claims(Profile::SecretsUpdate) {
        answer.is(404)?;
    } else {
        answer.is_one_of(&[404, 405])?;
    }
    lists(rig, &name, false)
}

fn update(rig: &mut Rig) -> Outcome {
    let name = rig.secret("first")?;
    changed(rig, &name, "second")?;
    lists(rig, &name, true)
}

fn update_read(rig: &mut Rig) -> Outcome {
    let (name, other) = (rig.secret("first, and longer")?, rig.secret("other")?);
    let old = rig.function().secret(&name).secret(&other);
    let f = rig.start(&old)?;
    reads(&f, &name, "first, and longer")?;
    changed(rig, &name, "second")?;
    is_worth(rig, &name, "second")?;
    let again = old.env("DEPLOYED", "again");
    rig.provider().update(&again)?.is_accepted()?;
    rig.settles("the updated function", || {
        check_eq!(f.env("DEPLOYED")?.as_deref(), Some("again"), "the variable");
        Ok(())
    })?;
    reads(&f, &name, "second")?;
    reads(&f, &other, "other")
}

fn update_running(rig: &mut Rig) -> Outcome {
    let name = rig.secret("first")?;
    let f = rig.start(&rig.function().secret(&name))?;
    reads(&f, &name, "first")?;
    changed(rig, &name, "second")?;
    let seen = rig.until(2.0, "the new value", || reads(&f, &name, "second"));
    if seen.is_err() {
        reads(&f, &name, "first")?;
    }
    rig.note(match seen {
        Ok(()) => "a running function reads the new value within 2 s",
        Err(_) => "a running function reads the old value, at least for 2 s",
    });
    Ok(())
}
