//! What is no secret.
//! It knows bodies that cannot be read, and names that are paths.
//! It refuses to look at the provider's disk: it looks at what is listed and read.

use super::{SECRETS, is_worth, lists, names};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "secrets/malformed",
        "PR-9.10",
        "a body that is no JSON is 400 and changes nothing",
    )
    .rows(&["SEC-13"])
    .profiles(SECRETS)
    .why("Half a secret locks everybody out.")
    .source("OAS")
    .run(malformed),
    Case::must(
        "secrets/no-name",
        "PR-9.10",
        "a secret without a name is 400, and nothing changes",
    )
    .rows(&["SEC-14"])
    .profiles(SECRETS)
    .why("To some back ends no name means all of them.")
    .source("OAS")
    .run(no_name),
    Case::must(
        "secrets/path-create",
        "PR-9.11",
        "names that are paths are a 4xx to a creation, and nothing is created",
    )
    .rows(&["SEC-15"])
    .profiles(SECRETS)
    .why("Whoever may create secrets could write any file of the host.")
    .source("faasd secret.go")
    .run(path_create),
    Case::must(
        "secrets/path-delete",
        "PR-9.11",
        "names that are paths are a 4xx to a removal, and nothing is removed",
    )
    .rows(&["SEC-16"])
    .profiles(SECRETS)
    .why("Whoever may remove secrets could remove any file of the host.")
    .source("suite policy; faasd does not look")
    .run(path_delete),
    Case::must(
        "secrets/path-update",
        "PR-9.11",
        "names that are paths are a 4xx to a change, and nothing is changed",
    )
    .rows(&["SEC-17"])
    .profiles(SECRETS)
    .why("Whoever may change secrets could overwrite any file of the host.")
    .source("suite policy")
    .run(path_update),
    Case::must(
        "secrets/not-quoted",
        "PR-9.4",
        "what refuses a secret does not repeat its value",
    )
    .rows(&["SEC-05"])
    .profiles(SECRETS)
    .why("Refusals are printed, logged and pasted into reports of bugs.")
    .source("suite policy")
    .run(not_quoted),
];

/// The methods that take a secret.
fn methods(rig: &Rig) -> Vec<&'static str> {
    let mut methods = vec!["POST", "DELETE"];
    if rig.claims(Profile::SecretsUpdate) {
        methods.push("PUT");
    }
    methods
}

fn malformed(rig: &mut Rig) -> Outcome {
    let (kept, fresh) = (rig.secret("kept")?, rig.name());
    rig.may_make_secret(&fresh)?;
    for method in methods(rig) {
        let name = if method == "POST" { &fresh } else { &kept };
        let whole = json!({"name": name, "value": "changed"}).to_string();
        let cut = whole.strip_suffix('}').unwrap_or_default();
        for body in [
            cut,
            "",
            "name",
            &whole.replace('"', "'"),
            &format!("[{whole}]"),
        ] {
            let request = Request::new(method, "/system/secrets")
                .header("Content-Type", "application/json")
                .body(body);
            let answer = rig.provider().send(&request)?;
            if answer.status != 400 {
                return Err(answer.unlike(&format!("expected 400 to the body {body:?}")));
            }
        }
    }
    lists(rig, &fresh, false)?;
    lists(rig, &kept, true)?;
    is_worth(rig, &kept, "kept")
}

fn no_name(rig: &mut Rig) -> Outcome {
    let kept = rig.secret("kept")?;
    for method in methods(rig) {
        for body in [
            json!({"name": "", "value": "changed"}),
            json!({"value": "changed"}),
            json!({"name": null, "value": "changed"}),
        ] {
            let answer = rig.provider().call(method, "/system/secrets", &body)?;
            if answer.status != 400 {
                return Err(answer.unlike(&format!("expected 400 to {body}")));
            }
        }
    }
    let nameless = names(&rig.provider(), None)?.iter().any(String::is_empty);
    check!(!nameless, "a secret without a name is listed");
    lists(rig, &kept, true)?;
    is_worth(rig, &kept, "kept")
}

/// Ways to say `name` that lead through a file system.
fn paths(name: &str) -> Vec<String> {
    vec![
        format!("../{name}"),
        format!("../{DEFAULT_NAMESPACE}/{name}"),
        format!("./{name}"),
        format!("a/{name}"),
        format!("a/../{name}"),
        format!("/etc/{name}"),
        format!("{name}/"),
        "..".to_owned(),
    ]
}

/// Each path is a 4xx.
fn all_refused(rig: &Rig, method: &str, paths: &[String]) -> Outcome {
    for path in paths {
        let body = json!({"name": path, "value": "changed"});
        let answer = rig.provider().call(method, "/system/secrets", &body)?;
        if !(400..500).contains(&answer.status) {
            return Err(answer.unlike(&format!("expected a 4xx to the name {path:?}")));
        }
    }
    Ok(())
}

fn path_create(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make_secret(&name)?;
    let mut all = paths(&name);
    let mut places = vec![None];
    if let Ok(second) = rig.second_namespace() {
        rig.may_make_secret((name.as_str(), second.as_str()))?;
        all.push(format!("../{second}/{name}"));
        places.push(Some(second));
    }
    all_refused(rig, "POST", &all)?;
    for place in places {
        let listed = names(&rig.provider(), place.as_deref())?;
        let made = listed.iter().find(|one| one.contains(&name));
        check!(
            made.is_none(),
            "a refused name is listed in {place:?}: {made:?}"
        );
    }
    Ok(())
}

fn path_delete(rig: &mut Rig) -> Outcome {
    let kept = rig.secret("kept")?;
    all_refused(rig, "DELETE", &paths(&kept))?;
    lists(rig, &kept, true)?;
    is_worth(rig, &kept, "kept")
}

fn path_update(rig: &mut Rig) -> Outcome {
    let kept = rig.secret("kept")?;
    all_refused(rig, "PUT", &paths(&kept))?;
    let listed = names(&rig.provider(), None)?;
    let odd = listed
        .iter()
        .find(|one| one.contains(&kept) && **one != kept);
    check!(odd.is_none(), "a refused name is listed: {odd:?}");
    is_worth(rig, &kept, "kept")
}

fn not_quoted(rig: &mut Rig) -> Outcome {
    let name = rig.secret("kept")?;
    let value = format!("the value of {name}");
    let whole = |name: &str| json!({"name": name, "value": value}).to_string();
    let taken = whole(&name);
    let cut = taken.strip_suffix('}').unwrap_or_default();
    for body in [&taken, cut, &whole(""), &whole(&format!("../{name}"))] {
        let request = Request::post("/system/secrets")
            .header("Content-Type", "application/json")
            .body(body);
        let answer = rig.provider().send(&request)?;
        check!(
            !answer.text().contains(&value),
            "{}: the answer has the value of a secret",
            answer.call
        );
    }
    Ok(())
}
