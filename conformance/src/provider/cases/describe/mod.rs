//! Describing a function.
//! It knows the description of one function.
//! It refuses to judge whether what is described is true of the process: chapters on deploying and limits do.

mod given;
mod replicas;

use crate::provider::prelude::*;
use crate::provider::rig::image;

pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: "describe",
    title: "Describing a function",
    intro: "The description says what a function is and how it fares.",
    clauses: CLAUSES,
    cases: &[CASES, replicas::CASES, given::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-7.1",
        "The description of a function is 200 and a JSON object.",
    ),
    Clause::must(
        "PR-7.2",
        "The description of a function that is not there is 404; so is that of what can be no name.",
    ),
    Clause::must(
        "PR-7.3",
        "`name`, `image` and `namespace` are those of the deployment.",
    ),
    Clause::must(
        "PR-7.4",
        "`replicas` is 1 where the deployment asked for nothing else.",
    ),
    Clause::must(
        "PR-7.5",
        "`availableReplicas` is at least 1 once the function answers, and 0 while it cannot.",
    ),
    Clause::should(
        "PR-7.6",
        "`availableReplicas` is not over `replicas` once all is settled.",
    ),
    Clause::should(
        "PR-7.7",
        "What the deployment gave is told: process, variables, secrets, limits, requests, the read-only root.",
    ),
    Clause::must("PR-7.8", "Labels and annotations are told."),
    Clause::should(
        "PR-7.9",
        "`createdAt` is a time in RFC 3339, and not the zero one.",
    ),
    Clause::must(
        "PR-7.10",
        "The query `usage` is taken; a usage that is told has numbers that are not negative.",
    ),
    Clause::must(
        "PR-7.11",
        "The query `namespace` says where the function is.",
    ),
    Clause::may(
        "PR-7.12",
        "A name with a namespace behind a dot is the function of that namespace, or 404.",
    ),
    Clause::should(
        "PR-7.13",
        "The description and the entry of the list agree in what both tell.",
    ),
    Clause::may(
        "PR-7.14",
        "HEAD of a description is 405, or 200 without a body.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "describe/object",
        "PR-7.1",
        "the description is a JSON object",
    )
    .rows(&["DSC-01"])
    .why("Every client decodes it.")
    .source("OAS")
    .run(object),
    Case::must(
        "describe/missing",
        "PR-7.2",
        "the description of what is not there is 404",
    )
    .rows(&["DSC-02"])
    .why("Gateways scale from zero, and clients deploy, by what this status says.")
    .source("OAS")
    .run(missing),
    Case::must(
        "describe/identity",
        "PR-7.3",
        "name, image and namespace are those of the deployment",
    )
    .rows(&["DSC-03"])
    .why("Whoever asks what is running wants to know exactly that.")
    .source("certifier invoke_test")
    .run(identity),
    Case::must(
        "describe/usage",
        "PR-7.10",
        "the query usage is taken, and a usage has numbers",
    )
    .rows(&["DSC-14"])
    .why("Gateways send it with every question, whether a provider measures or not.")
    .source("documentation, reference/rest-api")
    .run(usage),
    Case::must(
        "describe/namespace",
        "PR-7.11",
        "the query says in which namespace the function is",
    )
    .rows(&["DSC-15"])
    .profiles(&[Profile::Core, Profile::Namespaces])
    .why("One must not be shown the function of another namespace.")
    .source("documentation")
    .run(namespace),
    Case::may(
        "describe/suffix",
        "PR-7.12",
        "a name with its namespace behind a dot is told, or 404",
    )
    .rows(&["DSC-16"])
    .profiles(&[Profile::Core, Profile::Namespaces])
    .why("Invocations take this form, and people try it here, too.")
    .source("seen: faasd answers 404")
    .run(suffix),
    Case::must("describe/no-name", "PR-7.2", "what can be no name is 404")
        .rows(&["DSC-17"])
        .why("A name that is decoded into a path leads elsewhere.")
        .source("SDK serve.go: the expression of a name")
        .run(no_name),
    Case::should(
        "describe/as-listed",
        "PR-7.13",
        "the description and the entry of the list agree",
    )
    .rows(&["DSC-18"])
    .why("Two answers to one question make people distrust both.")
    .source("suite policy")
    .run(as_listed),
    Case::may(
        "describe/head",
        "PR-7.14",
        "HEAD is 405, or 200 without a body",
    )
    .rows(&["DSC-19"])
    .why("A body behind HEAD is read as the next answer.")
    .source("SDK serve.go")
    .run(head),
];

fn object(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = rig.provider().describe(&f)?.is(200)?;
    let kind = answer.header("content-type").unwrap_or_default();
    check!(
        kind.starts_with("application/json"),
        "the description is of the type {kind:?}, expected application/json"
    );
    let value = answer.value()?;
    check!(value.is_object(), "the description is no object: {value}");
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    rig.provider().describe(rig.name())?.is(404)?;
    // A search for a name finds what begins like that, too.
    let (shorter, image) = (rig.name(), rig.probe_image());
    let f = rig.start(&Deployment::new(&format!("{shorter}-x"), image))?;
    rig.provider().describe(shorter)?.is(404)?;
    rig.provider().describe(format!("{}-x", f.name))?.is(404)?;
    Ok(())
}

fn identity(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let status = f.status()?;
    check_eq!(status.name, f.name, "the name");
    check_eq!(
        status.namespace.as_deref(),
        Some(DEFAULT_NAMESPACE),
        "the namespace"
    );
    let want = rig.probe_image();
    check!(
        image::same(&status.image, want),
        "the image is {:?}, expected {want:?}",
        status.image
    );
    Ok(())
}

fn usage(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for asked in ["1", "true", "false", "0"] {
        let target = format!("/system/function/{}?usage={asked}", f.name);
        let status: Status = rig.provider().get(&target)?.is(200)?.json()?;
        check_eq!(status.name, f.name, "the name with usage={asked}");
        let Some(usage) = status.usage.filter(|usage| !usage.is_null()) else {
            continue;
        };
        for field in ["cpu", "totalMemoryBytes"] {
            let number = usage.get(field).map(Value::as_f64);
            let good = number.is_none_or(|number| number.is_some_and(|number| number >= 0.0));
            check!(good, "{field} in {usage} is no number from 0");
        }
    }
    Ok(())
}

fn namespace(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let here = rig.function().label("place", "here");
    let there = here.clone().namespace(&second).label("place", "there");
    let (f, g) = (rig.start(&here)?, rig.start(&there)?);
    for (function, place, label) in [
        (&f, DEFAULT_NAMESPACE, "here"),
        (&g, second.as_str(), "there"),
    ] {
        let status = function.status()?;
        let told = status.labels.get("place").map(String::as_str);
        check_eq!(told, Some(label), "the label of the function in {place}");
        let told = status.namespace.as_deref();
        check_eq!(told, Some(place), "the namespace");
    }
    let alone = rig.start(&rig.function().namespace(&second))?;
    let provider = rig.provider();
    provider.describe(alone.name.as_str())?.is(404)?;
    let elsewhere = (alone.name.as_str(), DEFAULT_NAMESPACE);
    provider.describe(elsewhere)?.is(404)?;
    Ok(())
}

fn suffix(rig: &mut Rig) -> Outcome {
    let second = rig.second_namespace()?;
    let g = rig.start(&rig.function().namespace(&second))?;
    let target = format!("/system/function/{}.{second}", g.name);
    let answer = rig.provider().get(&target)?.is_one_of(&[200, 404])?;
    rig.note(&format!("NAME.NAMESPACE in the path is {}", answer.status));
    if answer.status == 200 {
        let status: Status = answer.json()?;
        let told = (status.name.as_str(), status.namespace.as_deref());
        check_eq!(
            told,
            (g.name.as_str(), Some(second.as_str())),
            "what is told of NAME.NAMESPACE"
        );
    }
    Ok(())
}

fn no_name(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for odd in ["%20", "!", ":80", "%2Fx", "%00", "/x", "%24"] {
        let target = format!("/system/function/{}{odd}", f.name);
        rig.provider().get(&target)?.is(404)?;
    }
    Ok(())
}

/// What changes by itself, or is told by one of the two alone.
const OWN: &[&str] = &["invocationCount", "usage", "createdAt", "image"];

fn as_listed(rig: &mut Rig) -> Outcome {
    let deployment = rig
        .function()
        .env("COLOUR", "green")
        .process("cat")
        .label("team", "judges")
        .annotation("topic", "orders");
    let f = rig.start(&deployment)?;
    rig.settles("two answers that agree", || {
        let provider = &rig.provider();
        let described = provider.describe(&f)?.is(200)?.value()?;
        let all = provider.list()?.is(200)?.value()?;
        let all = all.as_array().into_iter().flatten();
        let listed = all
            .into_iter()
            .find(|one| one.get("name") == described.get("name"));
        let listed = listed.ok_or_else(|| Failure::failed("the function is not listed"))?;
        agree(&described, listed)
    })
}

fn agree(described: &Value, listed: &Value) -> Outcome {
    for (field, told) in described.as_object().into_iter().flatten() {
        let other = listed.get(field).filter(|_| !OWN.contains(&field.as_str()));
        if let Some(other) = other {
            check_eq!(told, other, "{field} in the description and in the list");
        }
    }
    let of = |value: &Value, field: &str| {
        let text = value.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let images = (of(described, "image"), of(listed, "image"));
    check!(image::same(&images.0, &images.1), "two images: {images:?}");
    let times = (of(described, "createdAt"), of(listed, "createdAt"));
    let second = |text: &str| chrono::DateTime::parse_from_rfc3339(text).map(|t| t.timestamp());
    if let (Ok(one), Ok(other)) = (second(&times.0), second(&times.1)) {
        check!(one == other, "two times of creation: {times:?}");
    }
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let target = format!("/system/function/{}", f.name);
    let request = Request::new("HEAD", &target).header("Connection", "close");
    let (head, mut wire) = rig.provider().open(&request)?;
    let status = head.status;
    check!(
        status == 405 || status == 200,
        "HEAD {target}: got {status}, expected 405 or 200"
    );
    rig.note(&format!("HEAD of a description is {status}"));
    wire.expect_closed(rig.timeout(5.0))
}
