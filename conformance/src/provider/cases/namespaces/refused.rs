//! What cannot be done with namespaces.
//! It knows those that are not there, names that nothing can bear, and those of the machine.
//! It refuses to remove the default one, and asks for it all the same.

use super::{CRUD, body, lists, made};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "namespaces/describe-missing",
        "PR-11.10",
        "describing a namespace that is not there is 404",
    )
    .rows(&["NS-13"])
    .profiles(CRUD)
    .why("Clients ask first and create then.")
    .source("faas-cli commands/namespace_get.go")
    .run(describe_missing),
    Case::must(
        "namespaces/update-missing",
        "PR-11.10",
        "changing a namespace that is not there is 404, and creates none",
    )
    .rows(&["NS-19"])
    .profiles(CRUD)
    .why("A typing error would make a namespace.")
    .source("faas-cli commands/namespace_update.go")
    .run(update_missing),
    Case::must(
        "namespaces/delete-missing",
        "PR-11.10",
        "removing a namespace that is not there is 404",
    )
    .rows(&["NS-21"])
    .profiles(CRUD)
    .why("A typing error would pass for a removal.")
    .source("faas-cli commands/namespace_remove.go")
    .run(delete_missing),
    Case::should(
        "namespaces/create-taken",
        "PR-11.11",
        "creating a namespace that is there is 409, and leaves it as it was",
    )
    .rows(&["NS-14"])
    .profiles(CRUD)
    .why("Two customers of one name must not share a namespace.")
    .source("faasd namespaces")
    .run(create_taken),
    Case::should(
        "namespaces/create-unmarked",
        "PR-11.12",
        "without the label it is 400 and not there, or accepted and listed",
    )
    .rows(&["NS-15"])
    .profiles(CRUD)
    .why("A namespace that is made and never listed is in the way of the next one.")
    .source("faasd namespaces")
    .run(create_unmarked),
    Case::must(
        "namespaces/create-name",
        "PR-11.13",
        "a name that nothing can bear is a 4xx, and creates nothing",
    )
    .rows(&["NS-16"])
    .profiles(CRUD)
    .why("A namespace becomes a directory, a host name and a part of a path.")
    .source("faasd namespaces; suite policy")
    .run(create_name),
    Case::must(
        "namespaces/malformed",
        "PR-11.13",
        "a body that is no JSON is 400, and nothing changes",
    )
    .rows(&["NS-17"])
    .profiles(CRUD)
    .why("Half a request that is taken does half of what was meant.")
    .source("faasd namespaces")
    .run(malformed),
    Case::must(
        "namespaces/delete-default",
        "PR-11.17",
        "the default namespace cannot be removed",
    )
    .rows(&["NS-23"])
    .profiles(CRUD)
    .why("One wrong word would take every function down.")
    .source("suite policy")
    .run(delete_default),
    Case::must(
        "namespaces/no-changes",
        "PR-11.18",
        "who cannot make namespaces says so",
    )
    .rows(&["NS-25"])
    .unless(Profile::NsCrud)
    .why("faas-cli would report namespaces that do not exist.")
    .source("SDK serve.go")
    .run(no_changes),
    Case::should(
        "namespaces/not-for-functions",
        "PR-11.19",
        "namespaces of the machine are refused to deployments and lists",
    )
    .rows(&["NS-26"])
    .why("A function beside the machine's own services can read their secrets.")
    .source("faas-netes delete.go; faasd")
    .run(not_for_functions),
];

fn describe_missing(rig: &mut Rig) -> Outcome {
    rig.provider().namespace(&rig.name())?.is(404)?;
    Ok(())
}

fn update_missing(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    let answer = rig
        .provider()
        .update_namespace(&name, &body(&name, "judges"))?;
    answer.is(404)?;
    lists(rig, &name, false)
}

fn delete_missing(rig: &mut Rig) -> Outcome {
    rig.provider().delete_namespace(&rig.name())?.is(404)?;
    Ok(())
}

fn create_taken(rig: &mut Rig) -> Outcome {
    let name = made(rig)?;
    let answer = rig.provider().create_namespace(&body(&name, "others"))?;
    answer.is(409)?;
    super::belongs_to(rig, &name, "judges")?;
    lists(rig, &name, true)
}

fn create_unmarked(rig: &mut Rig) -> Outcome {
    for unmarked in [
        json!({"name": rig.name()}),
        json!({"name": rig.name(), "labels": {"team": "judges"}}),
    ] {
        let name = unmarked.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let answer = rig.provider().create_namespace(&unmarked)?;
        let answer = answer.is_one_of(&[200, 201, 202, 400])?;
        lists(rig, name, answer.status != 400)?;
    }
    Ok(())
}

fn create_name(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.may_make_namespace(&name)?;
    for odd in [
        String::new(),
        format!("-{name}"),
        format!("{name}-"),
        format!("{name} x"),
        format!("{name}/x"),
        format!("../{name}"),
        format!("{name}!"),
        rig.name_of(100),
    ] {
        let answer = rig.provider().create_namespace(&body(&odd, "judges"))?;
        if !(400..500).contains(&answer.status) {
            return Err(answer.unlike(&format!("expected a 4xx to the name {odd:?}")));
        }
        let all = rig.provider().namespace_names()?;
        check!(!all.contains(&odd), "the refused name {odd:?} is listed");
    }
    lists(rig, &name, false)
}

fn malformed(rig: &mut Rig) -> Outcome {
    let (kept, fresh) = (made(rig)?, rig.name());
    rig.may_make_namespace(&fresh)?;
    for method in ["POST", "PUT", "DELETE"] {
        let (name, path) = match method {
            "POST" => (&fresh, ""),
            _ => (&kept, kept.as_str()),
        };
        let whole = body(name, "others").to_string();
        let cut = whole.strip_suffix('}').unwrap_or_default();
        for broken in [
            cut,
            "namespace",
            &whole.replace('"', "'"),
            &format!("[{whole}]"),
        ] {
            let request = Request::new(method, &format!("/system/namespace/{path}"))
                .header("Content-Type", "application/json")
                .body(broken);
            let answer = rig.provider().send(&request)?;
            if answer.status != 400 {
                return Err(answer.unlike(&format!("expected 400 to the body {broken:?}")));
            }
        }
    }
    lists(rig, &fresh, false)?;
    lists(rig, &kept, true)?;
    super::belongs_to(rig, &kept, "judges")
}

fn delete_default(rig: &mut Rig) -> Outcome {
    // Providers that would empty it first have to get past this one.
    let f = rig.probe()?;
    let provider = rig.provider();
    // It is not the case's own: that is what is to be refused.
    let answer = provider.unguarded().delete_namespace(DEFAULT_NAMESPACE)?;
    answer.is_error()?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let all = provider.namespace_names()?;
        let there = all.iter().any(|name| name == DEFAULT_NAMESPACE);
        check!(there, "the default namespace is no longer listed");
        f.get("/instance")?.is(200)?;
        Ok(())
    })
}

fn no_changes(rig: &mut Rig) -> Outcome {
    const ABSENT: &[u16] = &[405, 501, 404];
    let name = rig.name();
    let provider = rig.provider();
    let wanted = body(&name, "judges");
    provider.namespace(&name)?.is_one_of(&[501, 404])?;
    provider.create_namespace(&wanted)?.is_one_of(ABSENT)?;
    provider
        .update_namespace(&name, &wanted)?
        .is_one_of(ABSENT)?;
    provider.delete_namespace(&name)?.is_one_of(ABSENT)?;
    lists(rig, &name, false)
}

/// Namespaces that machines have for themselves.
const OF_THE_MACHINE: &[&str] = &["kube-system", "moby", "default"];

fn not_for_functions(rig: &mut Rig) -> Outcome {
    let offered = rig.ground().namespaces.clone();
    let provider = rig.provider();
    for place in OF_THE_MACHINE {
        if offered.iter().any(|name| name == place) {
            continue;
        }
        let deployment = rig.function().namespace(place);
        provider.deploy(&deployment)?.is_refused()?;
        let listed = provider.listed(deployment.name())?;
        check!(listed.is_none(), "it is listed in the default namespace");
        let answer = provider.list_in(place)?;
        if answer.status == 200 {
            check_eq!(answer.value()?, json!([]), "the list of {place}");
        } else {
            answer.is_refused()?;
        }
    }
    Ok(())
}
