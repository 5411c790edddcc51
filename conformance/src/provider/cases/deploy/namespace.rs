//! Where a function is deployed.
//! It knows the default namespace, and one that is not there.
//! It refuses to judge what is in other namespaces: that is a chapter of its own.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "deploy/no-namespace",
        "PR-3.19",
        "a namespace that is not there is 400 or 404, and nothing is created",
    )
    .rows(&["DEP-31"])
    .why("A function that lands elsewhere than asked runs beside other people's.")
    .source("faasd and faas-netes")
    .run(missing),
    Case::must(
        "deploy/default-namespace",
        "PR-3.20",
        "the default namespace, named or not, is the same",
    )
    .rows(&["DEP-32"])
    .why("Some clients always name it and some never do; they share functions.")
    .source("documentation, reference/rest-api")
    .run(default),
    Case::should(
        "deploy/empty-namespace",
        "PR-3.20",
        "an empty namespace is as good as none",
    )
    .rows(&["DEP-33"])
    .why("Clients send the empty text for what was not given.")
    .source("SDK types: the zero value")
    .run(empty),
];

fn missing(rig: &mut Rig) -> Outcome {
    let nowhere = rig.name();
    let plain = rig.function();
    let provider = rig.provider();
    let there = plain.clone().namespace(&nowhere);
    provider.deploy(&there)?.is_one_of(&[400, 404])?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let listed = provider.listed(&plain)?;
        check!(listed.is_none(), "it is listed in the default namespace");
        Ok(())
    })?;
    let answer = provider.list_in(&nowhere)?.is_one_of(&[200, 400, 404])?;
    if answer.status == 200 {
        let listed: Vec<Status> = answer.json()?;
        check!(
            listed.is_empty(),
            "{listed:?} is listed in the namespace that is not there"
        );
    }
    if let Ok(answer) = provider.namespaces()
        && answer.status == 200
    {
        let all: Vec<String> = answer.json()?;
        check!(
            !all.contains(&nowhere),
            "the deployment created the namespace {nowhere}"
        );
    }
    Ok(())
}

fn default(rig: &mut Rig) -> Outcome {
    let named = rig.function().namespace(DEFAULT_NAMESPACE);
    is_in_default(rig, &named)?;
    let f = rig.start(&rig.function())?;
    let spelled = (f.name.as_str(), DEFAULT_NAMESPACE);
    let provider = rig.provider();
    check_eq!(
        provider.status(spelled)?.name,
        f.name,
        "the name in the description"
    );
    let listed = provider.listed(spelled)?;
    check!(listed.is_some(), "it is not listed in {DEFAULT_NAMESPACE}");
    let answer = provider
        .invoke(spelled, &Request::get("/instance"))?
        .is(200)?;
    check_eq!(
        answer.text(),
        f.instance()?,
        "the process behind the whole name"
    );
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    is_in_default(rig, &rig.function().namespace(""))
}

/// Deploys and looks for it without naming a namespace.
fn is_in_default(rig: &Rig, deployment: &Deployment) -> Outcome {
    let provider = rig.provider();
    provider.deploy(deployment)?.is_accepted()?;
    let name = deployment.name();
    rig.ready(name)?;
    let status = provider.status(name)?;
    if let Some(told) = status.namespace {
        check_eq!(told, DEFAULT_NAMESPACE, "the namespace in the description");
    }
    let listed = provider.listed(name)?;
    check!(
        listed.is_some(),
        "it is not listed in the default namespace"
    );
    Ok(())
}
