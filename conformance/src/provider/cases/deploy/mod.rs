//! Deploying a function.
//! It knows what a new function is to be, and what must be refused.
//! It refuses to judge what an existing function becomes: that is the chapter on updates.

mod given;
mod image;
mod names;
mod namespace;
mod refused;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: "deploy",
    title: "Deploying a function",
    intro: "A function is a name, an image and what it is to be given; a provider takes it at once and starts it soon.",
    clauses: CLAUSES,
    cases: &[
        CASES,
        given::CASES,
        refused::CASES,
        names::CASES,
        image::CASES,
        namespace::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-3.1",
        "A deployment of no more than a name and an image is accepted with 200 or 202.",
    ),
    Clause::must(
        "PR-3.2",
        "A deployed function is listed and described, and answers soon.",
    ),
    Clause::must(
        "PR-3.3",
        "`envVars` are variables of the function's environment, byte for byte.",
    ),
    Clause::must(
        "PR-3.4",
        "`envProcess` is the variable `fprocess` of the function's environment.",
    ),
    Clause::must(
        "PR-3.5",
        "Labels and annotations are told as they were given; others may stand beside them.",
    ),
    Clause::must(
        "PR-3.6",
        "Maps that are `null` or empty are as good as none.",
    ),
    Clause::must(
        "PR-3.7",
        "Fields that are unknown or out of use are no reason to refuse.",
    ),
    Clause::must(
        "PR-3.8",
        "A body that is no JSON, or none at all, is 400, and nothing is created.",
    ),
    Clause::should(
        "PR-3.9",
        "A field of the wrong type is 400, and nothing is created.",
    ),
    Clause::must(
        "PR-3.10",
        "A deployment without a name or without an image is 400, and nothing is created.",
    ),
    Clause::should(
        "PR-3.11",
        "A name that cannot be part of a path is 400, and nothing is created.",
    ),
    Clause::must(
        "PR-3.12",
        "Every DNS label of up to 63 characters can be the name of a function.",
    ),
    Clause::should(
        "PR-3.13",
        "A name that is no DNS label is 400, or works in all respects.",
    ),
    Clause::must(
        "PR-3.14",
        "Deploying a name that is taken does no harm to the function that has it.",
    ),
    Clause::should(
        "PR-3.15",
        "Deploying a name that is taken is 400 or 409, if it is refused.",
    ),
    Clause::should(
        "PR-3.16",
        "A function whose image is not there is refused or never available, and its name can be used again.",
    ),
    Clause::must(
        "PR-3.17",
        "A function whose secret is not there is refused or never available.",
    ),
    Clause::should(
        "PR-3.18",
        "A function whose secret is not there is 400 or 404, and nothing is left of it.",
    ),
    Clause::must(
        "PR-3.19",
        "A namespace that is not there is 400 or 404, and nothing is created.",
    ),
    Clause::must(
        "PR-3.20",
        "No namespace, an empty one and the default one are the same.",
    ),
    Clause::must(
        "PR-3.21",
        "A body is JSON whatever its Content-Type, and however it is framed.",
    ),
    Clause::should(
        "PR-3.22",
        "No constraints are taken; unknown ones are refused or ignored.",
    ),
    Clause::must(
        "PR-3.23",
        "The name of a removed function can be used for another one.",
    ),
    Clause::should(
        "PR-3.24",
        "What accepts a deployment has no body, or one of plain text or JSON.",
    ),
    Clause::must(
        "PR-3.25",
        "An image can be named with a registry that has a port, and with a digest.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "deploy/minimal",
        "PR-3.1",
        "a name and an image are enough to be accepted",
    )
    .rows(&["DEP-01"])
    .why("faas-cli takes every other status for a failed deployment.")
    .source("OAS; faas-cli commands/deploy.go")
    .run(minimal),
    Case::must("deploy/listed", "PR-3.2", "a deployed function is listed")
        .rows(&["DEP-02"])
        .why("What is not listed is lost to whoever has to look after it.")
        .source("certifier deploy_test")
        .run(listed),
    Case::must(
        "deploy/described",
        "PR-3.2",
        "a deployed function is described",
    )
    .rows(&["DEP-03"])
    .why("Clients ask by name whether a deployment has arrived.")
    .source("OAS")
    .run(described),
    Case::must(
        "deploy/answers",
        "PR-3.2",
        "a deployed function answers soon",
    )
    .rows(&["DEP-04"])
    .why("A function that nobody can call is no function.")
    .source("certifier invoke_test")
    .run(answers),
    Case::must(
        "deploy/content-type",
        "PR-3.21",
        "a missing or a plain Content-Type is no reason to refuse",
    )
    .rows(&["DEP-34"])
    .why("Scripts with curl send no JSON type, and have always worked.")
    .source("SDK: the type is not looked at")
    .run(content_type),
    Case::must("deploy/chunked", "PR-3.21", "a chunked body is read whole")
        .rows(&["DEP-35"])
        .why("A client that streams its body does not know the length.")
        .source("RFC 9112")
        .run(chunked),
    Case::should(
        "deploy/constraints",
        "PR-3.22",
        "no constraints are taken, unknown ones do no harm",
    )
    .rows(&["DEP-36"])
    .why("Stack files are shared between providers with different schedulers.")
    .source("SDK types/function_deployment.go")
    .run(constraints),
    Case::must(
        "deploy/after-delete",
        "PR-3.23",
        "the second function of a name has nothing of the first",
    )
    .rows(&["DEP-38"])
    .why("Old settings that come back are found by nobody.")
    .source("suite policy")
    .run(after_delete),
    Case::should(
        "deploy/answer-body",
        "PR-3.24",
        "what accepts has no body, or one of plain text or JSON",
    )
    .rows(&["DEP-39"])
    .why("faas-cli prints the body; a page there is that of something else than the provider.")
    .source("OAS")
    .run(answer_body),
    Case::must(
        "deploy/taken",
        "PR-3.14",
        "a second deployment of a name leaves the first function as it was",
    )
    .rows(&["DEP-25"])
    .why("Two people who choose the same name must not break each other's function.")
    .source("faasd and faas-netes refuse; the rest is suite policy")
    .run(taken),
    Case::should(
        "deploy/taken-status",
        "PR-3.15",
        "a second deployment of a name is 400 or 409, or accepted",
    )
    .rows(&["DEP-26"])
    .why("A 5xx makes clients try again what cannot work.")
    .source("suite policy")
    .run(taken_status),
];

fn minimal(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.provider().deploy(&deployment)?.is_accepted()?;
    Ok(())
}

fn listed(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.provider().deploy(&deployment)?.is_accepted()?;
    let entry = rig.settles("the entry of the list", || {
        let provider = &rig.provider();
        let listed = provider.listed(&deployment)?;
        listed.ok_or_else(|| Failure::failed("the deployed function is not listed"))
    })?;
    check!(!entry.image.is_empty(), "the entry names no image");
    Ok(())
}

fn described(rig: &mut Rig) -> Outcome {
    let deployment = rig.function();
    rig.provider().deploy(&deployment)?.is_accepted()?;
    let status = rig.settles("the description", || rig.provider().status(&deployment))?;
    check_eq!(
        status.name,
        deployment.name(),
        "the name in the description"
    );
    Ok(())
}

fn answers(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let echo = f.echo(&Request::post("/hello").body("who is there?"))?;
    check_eq!(
        String::from_utf8_lossy(&echo.body()?),
        "who is there?",
        "the body that the function saw"
    );
    check_eq!(echo.path, "/hello", "the path that the function saw");
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let deployment = rig.function().env("COLOUR", "green");
        let request = Request::post("/system/functions").body(deployment.json().to_string());
        let request = match kind {
            Some(kind) => request.header("Content-Type", kind),
            None => request,
        };
        let answer = rig.provider().send(&request)?;
        if !ACCEPTED.contains(&answer.status) {
            return Err(answer.unlike(&format!("with Content-Type {kind:?}: expected 200 or 202")));
        }
        let f = rig.handle(&deployment);
        rig.ready(&f)?;
        check_eq!(
            f.env("COLOUR")?.as_deref(),
            Some("green"),
            "the variable with Content-Type {kind:?}"
        );
    }
    Ok(())
}

fn chunked(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().env("COLOUR", "green");
    let body = deployment.json().to_string();
    let pieces: Vec<&[u8]> = body.as_bytes().chunks(7).collect();
    let request = Request::post("/system/functions")
        .header("Content-Type", "application/json")
        .chunks(&pieces);
    rig.provider().send(&request)?.is_accepted()?;
    let f = rig.handle(&deployment);
    rig.ready(&f)?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    Ok(())
}

fn constraints(rig: &mut Rig) -> Outcome {
    rig.start(&rig.function().set("constraints", json!([])))?;
    let odd = rig
        .function()
        .set("constraints", json!(["node.labels.no-such-label == cf"]));
    let provider = rig.provider();
    let answer = provider.deploy(&odd)?;
    if answer.status >= 400 {
        answer.is_refused()?;
        nothing_of(rig, &odd)?;
    } else {
        answer.is_accepted()?;
        provider.status(&odd)?;
    }
    provider.healthz()?.is(200)?;
    Ok(())
}

fn after_delete(rig: &mut Rig) -> Outcome {
    let plain = rig.function();
    let first = plain.clone().env("FIRST", "yes").label("first", "yes");
    let f = rig.start(&first)?;
    let instance = f.instance()?;
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    let second = plain.env("SECOND", "yes").annotation("second", "yes");
    let f = rig.start(&second)?;
    check!(
        f.instance()? != instance,
        "the first function's process answers"
    );
    check_eq!(f.env("FIRST")?, None, "the first function's variable");
    check_eq!(f.env("SECOND")?.as_deref(), Some("yes"), "the variable");
    let status = f.status()?;
    check!(
        !status.labels.contains_key("first"),
        "the first function's label is told: {:?}",
        status.labels
    );
    let told = status.annotations.get("second").map(String::as_str);
    check_eq!(told, Some("yes"), "the annotation");
    Ok(())
}

fn answer_body(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().deploy(&rig.function())?.is_accepted()?;
    if answer.body.is_empty() {
        return Ok(());
    }
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    // A page is what a login in front of the provider answers to whatever it is asked.
    check!(
        kind.starts_with("text/plain") || kind.starts_with("application/json"),
        "a body of the type {kind:?}, expected text/plain or application/json"
    );
    if kind.starts_with("application/json") {
        answer.value()?;
    }
    check!(
        std::str::from_utf8(&answer.body).is_ok(),
        "the body is no text: {}",
        answer.told()
    );
    Ok(())
}

fn taken(rig: &mut Rig) -> Outcome {
    let first = rig
        .function()
        .env("COLOUR", "green")
        .label("colour", "green");
    let f = rig.start(&first)?;
    let provider = rig.provider();
    let same = provider.deploy(&first)?;
    check!(
        same.status >= 400 || ACCEPTED.contains(&same.status),
        "{}: {}, expected an error or 200 or 202",
        same.call,
        same.told()
    );
    rig.stays(0.5, || as_it_was(&rig.provider(), &f))?;
    let other = first.clone().env("COLOUR", "red").label("colour", "red");
    let answer = provider.deploy(&other)?;
    if answer.status < 400 {
        // Whoever takes it has replaced the function: it answers, and there is one.
        answer.is_accepted()?;
        rig.ready(&f)?;
    } else {
        rig.stays(0.5, || as_it_was(&rig.provider(), &f))?;
    }
    let all = rig.provider().functions(None)?;
    let entries = all.iter().filter(|one| one.name == f.name).count();
    check_eq!(entries, 1, "entries of the list with that name");
    Ok(())
}

fn as_it_was(provider: &Provider, f: &Function) -> Outcome {
    let seen = provider.invoke(f, &Request::get("/env/COLOUR"))?.is(200)?;
    check_eq!(
        seen.text(),
        "green",
        "the variable after a second deployment"
    );
    let told = provider.status(f)?.labels;
    let told = told.get("colour").map(String::as_str);
    check_eq!(told, Some("green"), "the label after a second deployment");
    Ok(())
}

fn taken_status(rig: &mut Rig) -> Outcome {
    let first = rig.function();
    rig.start(&first)?;
    let other = first.env("COLOUR", "red");
    let answer = rig.provider().deploy(&other)?;
    answer.is_one_of(&[200, 202, 400, 409])?;
    Ok(())
}

/// Nothing of that name is listed or described, now and a little later.
fn nothing_of(rig: &Rig, named: impl Named) -> Outcome {
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let listed = provider.listed(&named)?;
        check!(listed.is_none(), "{} is listed", named.name());
        provider.describe(&named)?.is(404)?;
        Ok(())
    })
}

/// It is not available for a while, and does not answer.
fn never_available(rig: &Rig, named: impl Named) -> Outcome {
    rig.stays(1.5, || {
        let provider = &rig.provider();
        let answer = provider.describe(&named)?.is_one_of(&[200, 404])?;
        if answer.status == 200 {
            let count = answer.json::<Status>()?.available_replicas;
            check_eq!(count, 0, "availableReplicas of what cannot run");
        }
        Ok(())
    })?;
    // A provider may hold the call for as long as it likes.
    let brief = rig.provider().patient(rig.timeout(1.0));
    let answer = brief.invoke(&named, &Request::get("/instance"));
    let answered = answer.is_ok_and(|answer| answer.status == 200);
    check!(!answered, "{} answers", named.name());
    Ok(())
}
