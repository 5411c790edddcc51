//! Making, changing and removing namespaces.
//! It knows the mark that providers ask for.
//! It refuses to touch a namespace that the case did not make.

use super::{CRUD, belongs_to, body, lists, made};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "namespaces/create",
        "PR-11.8",
        "a new namespace is 200, 201 or 202, and is listed",
    )
    .rows(&["NS-11"])
    .profiles(CRUD)
    .why("faas-cli takes every other status for a failure.")
    .source("go-sdk client.go; faasd")
    .run(create),
    Case::must(
        "namespaces/describe",
        "PR-11.9",
        "a namespace is described with its name, labels and annotations",
    )
    .rows(&["NS-12"])
    .profiles(CRUD)
    .why("Whose namespace it is stands in its labels.")
    .source("SDK types/function_namespace.go")
    .run(describe),
    Case::must(
        "namespaces/update",
        "PR-11.14",
        "a change of labels and annotations is told",
    )
    .rows(&["NS-18"])
    .profiles(CRUD)
    .why("A namespace that changes hands has to say so.")
    .source("faas-cli commands/namespace_update.go")
    .run(update),
    Case::must(
        "namespaces/delete",
        "PR-11.15",
        "a removed namespace is 200, 201 or 202, and is no longer listed",
    )
    .rows(&["NS-20"])
    .profiles(CRUD)
    .why("A customer who has left must leave nothing.")
    .source("faas-cli commands/namespace_remove.go")
    .run(delete),
    Case::should(
        "namespaces/delete-full",
        "PR-11.16",
        "a namespace with a function stays as it is, or goes with it",
    )
    .rows(&["NS-22"])
    .profiles(CRUD)
    .why("A function without its namespace runs on and can no longer be removed.")
    .source("suite policy")
    .run(delete_full),
    Case::must(
        "namespaces/function",
        "PR-11.8",
        "a function can be deployed and called in a new namespace",
    )
    .rows(&["NS-24"])
    .profiles(CRUD)
    .why("This is what a namespace is for.")
    .source("documentation, reference/namespaces")
    .run(function),
];

fn create(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    lists(rig, &name, false)?;
    let answer = rig.provider().create_namespace(&body(&name, "judges"))?;
    answer.is_one_of(CREATED)?;
    lists(rig, &name, true)?;
    let provider = rig.provider();
    let functions = provider.functions(Some(&name))?;
    check!(functions.is_empty(), "a new namespace holds {functions:?}");
    Ok(())
}

fn describe(rig: &mut Rig) -> Outcome {
    let name = made(rig)?;
    belongs_to(rig, &name, "judges")
}

fn update(rig: &mut Rig) -> Outcome {
    let (name, other) = (made(rig)?, made(rig)?);
    let changed = body(&name, "others");
    rig.provider()
        .update_namespace(&name, &changed)?
        .is_one_of(CREATED)?;
    rig.settles("the changed namespace", || belongs_to(rig, &name, "others"))?;
    belongs_to(rig, &other, "judges")?;
    lists(rig, &name, true)
}

fn delete(rig: &mut Rig) -> Outcome {
    let (gone, kept) = (made(rig)?, made(rig)?);
    rig.provider().delete_namespace(&gone)?.is_one_of(CREATED)?;
    lists(rig, &gone, false)?;
    rig.provider().namespace(&gone)?.is(404)?;
    lists(rig, &kept, true)
}

fn delete_full(rig: &mut Rig) -> Outcome {
    let name = made(rig)?;
    let f = rig.start(&rig.function().namespace(&name))?;
    let answer = rig.provider().delete_namespace(&name)?;
    if answer.status < 400 {
        answer.is_one_of(CREATED)?;
        lists(rig, &name, false)?;
        return rig.settles("the end of the function", || {
            rig.provider().describe(&f)?.is_one_of(&[400, 404])?;
            let answer = f.get("/instance")?;
            check!(
                answer.status != 200,
                "a function without its namespace answers"
            );
            Ok(())
        });
    }
    rig.stays(1.0, || {
        let provider = &rig.provider();
        let listed = provider.listed(&f)?;
        check!(
            listed.is_some(),
            "the refused removal took the function off the list"
        );
        f.get("/instance")?.is(200)?;
        Ok(())
    })?;
    lists(rig, &name, true)
}

fn function(rig: &mut Rig) -> Outcome {
    let name = made(rig)?;
    let f = rig.start(&rig.function().namespace(&name).env("COLOUR", "green"))?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    let echo = f.echo(&Request::post("/below").body("hello"))?;
    check_eq!(echo.body()?, b"hello", "the body that the function saw");
    let provider = rig.provider();
    let listed = provider.listed(&f)?;
    let told = listed.and_then(|entry| entry.namespace);
    check_eq!(
        told.as_deref(),
        Some(name.as_str()),
        "the namespace in the list"
    );
    let default = provider.listed(f.name.as_str())?;
    check!(default.is_none(), "it is listed in the default namespace");
    Ok(())
}
