//! Secrets in functions.
//! It knows who may read what, and in which way.
//! It refuses to say where else a provider keeps them.

use super::{SECRETS, lists, reads};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "secrets/many",
        "PR-9.17",
        "a function reads each of two secrets, and of ten",
    )
    .rows(&["SEC-25"])
    .profiles(SECRETS)
    .why("A database has a user, a password and a certificate.")
    .source("documentation, reference/secrets")
    .run(many),
    Case::must("secrets/shared", "PR-9.17", "two functions read one secret")
        .rows(&["SEC-26"])
        .profiles(SECRETS)
        .why("Two functions of one application use one database.")
        .source("documentation, reference/secrets")
        .run(shared),
    Case::must(
        "secrets/unnamed",
        "PR-9.18",
        "a function does not have the secrets that it does not name",
    )
    .rows(&["SEC-27"])
    .profiles(SECRETS)
    .why("A function that is broken into would give away what belongs to others.")
    .source("documentation, reference/secrets")
    .run(unnamed),
    Case::should(
        "secrets/read-only",
        "PR-9.19",
        "a function cannot change the file of its secret",
    )
    .rows(&["SEC-28"])
    .profiles(SECRETS)
    .why("One function could lock out all others that share the secret.")
    .source("faasd deploy.go: mounted read-only")
    .run(read_only),
    Case::must(
        "secrets/not-in-environment",
        "PR-9.18",
        "the value of a secret is neither in the environment nor among the arguments",
    )
    .rows(&["SEC-29"])
    .profiles(SECRETS)
    .why("The environment ends up in logs and in reports of crashes.")
    .source("documentation, reference/secrets")
    .run(not_in_environment),
    Case::should(
        "secrets/delete-used",
        "PR-9.23",
        "removing a secret that is used is refused, or does the function no harm",
    )
    .rows(&["SEC-34"])
    .profiles(SECRETS)
    .why("Tidying up would take a service down.")
    .source("faasd keeps the file that is mounted")
    .run(delete_used),
];

/// New secrets, each with a value of its own: names and values.
fn several(rig: &Rig, count: usize) -> Result<Vec<(String, String)>, Failure> {
    let one = |number| {
        let value = format!("value {number} of {count}");
        Ok((rig.secret(&value)?, value))
    };
    (0..count).map(one).collect()
}

fn many(rig: &mut Rig) -> Outcome {
    for count in [2, 10] {
        let all = several(rig, count)?;
        let named = all
            .iter()
            .fold(rig.function(), |function, (name, _)| function.secret(name));
        let f = rig.start(&named)?;
        for (name, value) in &all {
            reads(&f, name, value)?;
        }
    }
    Ok(())
}

fn shared(rig: &mut Rig) -> Outcome {
    let name = rig.secret("shared")?;
    let f = rig.start(&rig.function().secret(&name))?;
    let g = rig.start(&rig.function().secret(&name))?;
    reads(&f, &name, "shared")?;
    reads(&g, &name, "shared")?;
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    reads(&g, &name, "shared")?;
    lists(rig, &name, true)
}

fn unnamed(rig: &mut Rig) -> Outcome {
    let (own, other) = (rig.secret("own")?, rig.secret("other")?);
    let f = rig.start(&rig.function().secret(&own))?;
    reads(&f, &own, "own")?;
    check_eq!(
        f.secret(&other)?,
        None,
        "a secret that the function does not name"
    );
    let g = rig.probe()?;
    for name in [&own, &other] {
        check_eq!(
            g.secret(name)?,
            None,
            "a secret of a function that names none"
        );
    }
    let seen: Vec<String> = f.json("/secrets")?;
    check!(!seen.contains(&other), "the function sees {seen:?}");
    Ok(())
}

fn read_only(rig: &mut Rig) -> Outcome {
    let name = rig.secret("kept")?;
    let f = rig.start(&rig.function().secret(&name))?;
    let target = format!("/fs/write?path=/var/openfaas/secrets/{name}&text=changed");
    let told: Value = f.json(&target)?;
    check_eq!(
        told.get("ok"),
        Some(&json!(false)),
        "whether the file could be written"
    );
    reads(&f, &name, "kept")
}

fn not_in_environment(rig: &mut Rig) -> Outcome {
    let value = format!("value-of-{}", rig.name());
    let name = rig.secret(&value)?;
    let f = rig.start(&rig.function().secret(&name))?;
    reads(&f, &name, &value)?;
    for place in ["/env", "/process"] {
        let text = f.get(place)?.is(200)?.text();
        check!(
            !text.contains(&value),
            "{place} of the function has the secret's value"
        );
    }
    Ok(())
}

fn delete_used(rig: &mut Rig) -> Outcome {
    let name = rig.secret("used")?;
    let f = rig.start(&rig.function().secret(&name))?;
    let answer = rig.provider().delete_secret(&name)?.is_no_crash()?;
    if answer.status >= 400 {
        lists(rig, &name, true)?;
        return reads(&f, &name, "used");
    }
    answer.is_one_of(&[200, 202, 204])?;
    rig.stays(1.0, || {
        let provider = &rig.provider();
        provider.invoke(&f, &Request::get("/instance"))?.is(200)?;
        Ok(())
    })
}
