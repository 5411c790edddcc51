//! Secrets that are removed.
//! It knows the one that is to go, and one that is to stay.
//! It refuses to ask whether a back end keeps a copy.

use super::{SECRETS, is_worth, lists};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "secrets/delete",
        "PR-9.12",
        "removing a secret is 200 or 202",
    )
    .rows(&["SEC-18"])
    .profiles(SECRETS)
    .why("faas-cli takes every other status for a failure.")
    .source("OAS; faas-cli proxy/secret.go")
    .run(delete),
    Case::must(
        "secrets/delete-listed",
        "PR-9.12",
        "a removed secret is no longer listed, and others still are",
    )
    .rows(&["SEC-19"])
    .profiles(SECRETS)
    .why("A secret that was revoked and is still there is not revoked.")
    .source("certifier secrets_test")
    .run(delete_listed),
    Case::should(
        "secrets/delete-missing",
        "PR-9.13",
        "removing a secret that is not there is 404",
    )
    .rows(&["SEC-20"])
    .profiles(SECRETS)
    .why("A typing error would pass for a removal, or for a fault of the provider.")
    .source("OAS")
    .run(delete_missing),
];

/// What takes a removal; of these faas-cli does not know 204.
const REMOVED: &[u16] = &[200, 202, 204];

fn delete(rig: &mut Rig) -> Outcome {
    let name = rig.secret("value")?;
    let answer = rig.provider().delete_secret(&name)?;
    let answer = answer.is_one_of(REMOVED)?;
    if answer.status == 204 {
        rig.note("204 is what the OpenAPI file says, and a failure to faas-cli");
    }
    Ok(())
}

fn delete_listed(rig: &mut Rig) -> Outcome {
    let (gone, kept) = (rig.secret("gone")?, rig.secret("kept")?);
    lists(rig, &gone, true)?;
    rig.provider().delete_secret(&gone)?.is_one_of(REMOVED)?;
    lists(rig, &gone, false)?;
    lists(rig, &kept, true)?;
    is_worth(rig, &kept, "kept")
}

fn delete_missing(rig: &mut Rig) -> Outcome {
    rig.provider().delete_secret(rig.name())?.is(404)?;
    Ok(())
}
