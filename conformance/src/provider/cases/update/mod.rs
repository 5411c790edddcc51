//! Updating a function.
//! It knows that an update replaces the whole of a function, and nothing but it.
//! It refuses to judge how a function is deployed first.

mod refused;
mod replaced;
mod under_way;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: "update",
    title: "Updating a function",
    intro: "An update says the whole of what a function is to be from now on.",
    clauses: CLAUSES,
    cases: &[CASES, replaced::CASES, refused::CASES, under_way::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-4.1",
        "An update of a function that is there is accepted with 200 or 202.",
    ),
    Clause::must(
        "PR-4.2",
        "An update of a function that is not there is 404, and creates nothing.",
    ),
    Clause::must(
        "PR-4.3",
        "Soon after an update the function has the variables of the update, and no others.",
    ),
    Clause::must(
        "PR-4.4",
        "Labels and annotations are those of the update; what it does not name is gone.",
    ),
    Clause::must("PR-4.5", "The image of an update replaces the old one."),
    Clause::must(
        "PR-4.6",
        "A function can read the secrets of the update, and no others.",
    ),
    Clause::must(
        "PR-4.7",
        "A body that is no JSON is 400, and the function stays as it was.",
    ),
    Clause::must(
        "PR-4.8",
        "An update to a secret that is not there is refused, and the old function goes on.",
    ),
    Clause::should(
        "PR-4.9",
        "After an update to an image that is not there the old function goes on, or is told to be unavailable.",
    ),
    Clause::must("PR-4.10", "The same update can be made again."),
    Clause::should(
        "PR-4.11",
        "An updated function is the same one: it is listed once, under its name and with a valid time of creation.",
    ),
    Clause::should(
        "PR-4.12",
        "A call during an update has an answer: of the old function, of the new one, or a 5xx.",
    ),
    Clause::may(
        "PR-4.13",
        "Calls may fail during an update, but not all of them.",
    ),
    Clause::should("PR-4.14", "An update keeps the number of replicas."),
    Clause::must(
        "PR-4.15",
        "An update touches the function of its namespace, and none of the same name elsewhere.",
    ),
    Clause::should(
        "PR-4.16",
        "An update can make the root file system read-only, and writable again.",
    ),
];

const CASES: &[Case] = &[
    Case::must("update/accepted", "PR-4.1", "an update is accepted")
        .rows(&["UPD-01"])
        .why("faas-cli takes every other status for a failed deployment.")
        .source("OAS")
        .run(accepted),
    Case::must(
        "update/missing",
        "PR-4.2",
        "an update of what is not there is 404",
    )
    .rows(&["UPD-02"])
    .why("faas-cli updates first and deploys only after a 404.")
    .source("OAS; faas-cli proxy/deploy.go")
    .run(missing),
    Case::must(
        "update/missing-creates-nothing",
        "PR-4.2",
        "an update of what is not there creates nothing",
    )
    .rows(&["UPD-03"])
    .why("The client that was told 404 deploys next, and would meet the function.")
    .source("OAS")
    .run(missing_creates_nothing),
    Case::must(
        "update/again",
        "PR-4.10",
        "the same update is accepted twice",
    )
    .rows(&["UPD-14"])
    .why("Pipelines deploy again what has not changed.")
    .source("faas-cli proxy/deploy.go")
    .run(again),
    Case::should(
        "update/one-entry",
        "PR-4.11",
        "an updated function is listed once, with name, namespace and a valid time",
    )
    .rows(&["UPD-15"])
    .why("A second entry or a zero time confuses dashboards and scripts.")
    .source("suite policy")
    .run(one_entry),
    Case::should("update/replicas", "PR-4.14", "an update keeps two replicas")
        .rows(&["UPD-18"])
        .profiles(&[Profile::Core, Profile::Scale])
        .why("A deployment in the busiest hour must not take replicas away.")
        .source("faas-netes update.go")
        .run(replicas),
    Case::must(
        "update/namespace",
        "PR-4.15",
        "of two functions of one name the one in the named namespace is updated",
    )
    .rows(&["UPD-19"])
    .profiles(&[Profile::Core, Profile::Namespaces])
    .why("A deployment to staging must not touch production.")
    .source("documentation, reference/namespaces")
    .run(namespace),
    Case::should(
        "update/read-only",
        "PR-4.16",
        "the root file system becomes read-only, and writable again",
    )
    .rows(&["UPD-20"])
    .profiles(&[Profile::Core, Profile::Readonly])
    .why("Whoever hardens a function that runs must be able to rely on it.")
    .source("SDK types/function_deployment.go")
    .run(read_only),
];

fn accepted(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    let f = rig.start(&deployment)?;
    let after = deployment.env("COLOUR", "red");
    rig.provider().update(&after)?.is_accepted()?;
    rig.ready(&f)
}

fn missing(rig: &mut Rig) -> Outcome {
    rig.provider().update(&rig.function())?.is(404)?;
    Ok(())
}

fn missing_creates_nothing(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.provider().update(&deployment)?.is_error()?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let listed = provider.listed(&deployment)?;
        check!(listed.is_none(), "the update created a function");
        provider.describe(&deployment)?.is(404)?;
        Ok(())
    })?;
    let answer = rig.handle(&deployment).get("/")?;
    answer.is_one_of(UNREACHED)?;
    Ok(())
}

fn again(rig: &mut Rig) -> Outcome {
    let before = rig.function();
    let f = rig.start(&before)?;
    let after = before.env("COLOUR", "red");
    let provider = rig.provider();
    provider.update(&after)?.is_accepted()?;
    turns(rig, &f, "COLOUR", Some("red"))?;
    provider.update(&after)?.is_accepted()?;
    turns(rig, &f, "COLOUR", Some("red"))?;
    rig.ready(&f)
}

/// Waits until the function has that variable, or has it no more.
fn turns(rig: &Rig, f: &Function, name: &str, want: Option<&str>) -> Outcome {
    rig.settles(&format!("{name} is {want:?}"), || {
        let provider = &rig.provider();
        let seen = Function::new(provider, f).env(name)?;
        check_eq!(seen.as_deref(), want, "{name} in the environment");
        Ok(())
    })
}

fn one_entry(rig: &mut Rig) -> Outcome {
    let before = rig.function();
    let f = rig.start(&before)?;
    rig.provider()
        .update(&before.env("COLOUR", "red"))?
        .is_accepted()?;
    turns(rig, &f, "COLOUR", Some("red"))?;
    let all = rig.provider().functions(None)?;
    let entries: Vec<&Status> = all.iter().filter(|one| one.name == f.name).collect();
    check_eq!(entries.len(), 1, "entries of the list with that name");
    let described = f.status()?;
    for status in entries.into_iter().chain([&described]) {
        check_eq!(status.name, f.name, "the name after an update");
        if let Some(told) = &status.namespace {
            check_eq!(told, DEFAULT_NAMESPACE, "the namespace after an update");
        }
        check!(
            is_time(&status.created_at),
            "createdAt after an update is {:?}, expected a time in RFC 3339",
            status.created_at
        );
    }
    Ok(())
}

/// In RFC 3339, and not the zero of Go.
fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok_and(|time| time.timestamp() > 0)
}

fn replicas(rig: &mut Rig) -> Outcome {
    let before = rig.function();
    let f = rig.start(&before)?;
    let provider = rig.provider();
    provider.scale(&f, 2)?.is_accepted()?;
    rig.replicas(&f, 2)?;
    provider
        .update(&before.env("COLOUR", "red"))?
        .is_accepted()?;
    turns(rig, &f, "COLOUR", Some("red"))?;
    rig.replicas(&f, 2)?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        check_eq!(provider.status(&f)?.replicas, 2, "replicas after an update");
        Ok(())
    })
}

fn namespace(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let here = rig
        .function()
        .env("COLOUR", "green")
        .label("colour", "green");
    let there = here.clone().namespace(&second);
    let (f, g) = (rig.start(&here)?, rig.start(&there)?);
    let after = there.env("COLOUR", "red").label("colour", "red");
    rig.provider().update(&after)?.is_accepted()?;
    turns(rig, &g, "COLOUR", Some("red"))?;
    let colour = |f: &Function| Ok::<_, Failure>(f.status()?.labels.get("colour").cloned());
    check_eq!(colour(&g)?.as_deref(), Some("red"), "the label in {second}");
    check_eq!(
        f.env("COLOUR")?.as_deref(),
        Some("green"),
        "the variable of the function that was not meant"
    );
    check_eq!(
        colour(&f)?.as_deref(),
        Some("green"),
        "the label of the function that was not meant"
    );
    Ok(())
}

fn read_only(rig: &mut Rig) -> Outcome {
    let writable = rig.function();
    let f = rig.start(&writable)?;
    if !writes(&f)? {
        return rig.skip("the probe cannot write to its root anyway");
    }
    let provider = rig.provider();
    let closed = writable.clone().read_only();
    for (deployment, want) in [(&closed, false), (&writable, true)] {
        provider.update(deployment)?.is_accepted()?;
        rig.settles("the root file system", || {
            let provider = &rig.provider();
            let can = writes(&Function::new(provider, &f))?;
            check_eq!(can, want, "whether the function can write to its root");
            Ok(())
        })?;
    }
    Ok(())
}

fn writes(f: &Function) -> Result<bool, Failure> {
    let answer = f
        .post("/fs/write?path=/written-by-the-judge", "x")?
        .is(200)?;
    Ok(answer.value()?.get("ok") == Some(&json!(true)))
}
