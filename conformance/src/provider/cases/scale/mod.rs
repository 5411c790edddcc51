//! Scaling a function.
//! It knows replicas: how many are wanted, how many there are, and who answers.
//! It refuses to wait for what a load would do by itself, but where a row asks for it.

mod alerts;
mod namespace;
mod refused;
mod replicas;
mod zero;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: "scale",
    title: "Scaling a function",
    intro: "The number of replicas can be set; calls go on while it changes.",
    clauses: CLAUSES,
    cases: &[
        CASES,
        refused::CASES,
        replicas::CASES,
        zero::CASES,
        namespace::CASES,
        alerts::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-8.1",
        "Scaling a function is 200 or 202, and it goes on answering.",
    ),
    Clause::must(
        "PR-8.2",
        "Scaling a function that is not there is no success.",
    ),
    Clause::should("PR-8.3", "Scaling a function that is not there is 404."),
    Clause::must(
        "PR-8.4",
        "A body that is no JSON, or a number of replicas below 0, is 400, and nothing is scaled.",
    ),
    Clause::should(
        "PR-8.5",
        "No body, and replicas that are no whole number, are 400, and nothing is scaled.",
    ),
    Clause::should(
        "PR-8.6",
        "More replicas than anybody can have are refused or brought down to what there can be.",
    ),
    Clause::may(
        "PR-8.7",
        "Where body and path name two functions, at most one of them is scaled.",
    ),
    Clause::should(
        "PR-8.8",
        "A body without `serviceName` is about the function in the path, or 400.",
    ),
    Clause::must(
        "PR-8.9",
        "`replicas` and `availableReplicas` become the number that was asked for.",
    ),
    Clause::should(
        "PR-8.10",
        "The calls of a function are spread over its replicas.",
    ),
    Clause::must(
        "PR-8.11",
        "A replica that is to go answers the calls that it has taken.",
    ),
    Clause::must(
        "PR-8.12",
        "The label `com.openfaas.scale.min` is the number of replicas after the deployment.",
    ),
    Clause::should(
        "PR-8.13",
        "A function whose least and most replicas are the same is not scaled by its load.",
    ),
    Clause::should(
        "PR-8.14",
        "A scaling during an update is done, and all replicas are new ones.",
    ),
    Clause::must(
        "PR-8.15",
        "A function can be scaled to 0: it is listed, has no replica, and stays so.",
    ),
    Clause::must(
        "PR-8.16",
        "A function that is scaled from 0 to 1 answers, with the same settings.",
    ),
    Clause::must(
        "PR-8.17",
        "At a gateway a call of a function without a replica starts one and is answered.",
    ),
    Clause::must(
        "PR-8.18",
        "A call of a function that does not run reaches nothing else in its place.",
    ),
    Clause::should(
        "PR-8.19",
        "Who cannot scale to 0 says so with 400, and the function stays.",
    ),
    Clause::must(
        "PR-8.20",
        "The namespace in the body or in the query says where to scale; other namespaces are left alone.",
    ),
    Clause::should(
        "PR-8.21",
        "An alert that fires adds replicas up to `com.openfaas.scale.max`; when it is resolved there are as few as before.",
    ),
    Clause::should(
        "PR-8.22",
        "An alert that cannot be read is 400; one about a function that is not there is no 5xx.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "scale/one",
        "PR-8.1",
        "scaling a running function to 1 is 200 or 202, and it goes on answering",
    )
    .rows(&["SCL-01"])
    .why("Gateways and dashboards scale to 1 as a matter of course.")
    .source("OAS")
    .run(one),
    Case::may(
        "scale/two-names",
        "PR-8.7",
        "where body and path name two functions, at most one is scaled",
    )
    .rows(&["SCL-16"])
    .why("A mistake in one request must not change two services.")
    .source("faasd reads the body, faas-netes the path")
    .run(two_names),
    Case::should(
        "scale/no-name",
        "PR-8.8",
        "a body without a name scales the function in the path, or is 400",
    )
    .rows(&["SCL-17"])
    .why("A success that changes nothing is believed.")
    .source("OAS")
    .run(no_name),
];

fn one(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let instance = f.instance()?;
    rig.provider().scale(&f, 1)?.is_accepted()?;
    rig.stays(1.0, || {
        check_eq!(f.instance()?, instance, "the process that answers");
        check_eq!(f.status()?.replicas, 1, "replicas");
        Ok(())
    })
}

fn two_names(rig: &mut Rig) -> Outcome {
    let (in_path, in_body, other) = (rig.probe()?, rig.probe()?, rig.probe()?);
    let want = another_count(rig);
    let target = format!("/system/scale-function/{}", in_path.name);
    let body = json!({"serviceName": in_body.name, "replicas": want});
    let answer = rig.provider().call("POST", &target, &body)?;
    let answer = answer.is_no_crash()?;
    let mut scaled = Vec::new();
    rig.stays(1.0, || {
        let is = |f: &Function| Ok::<bool, Failure>(f.status()?.replicas == want && want != 1);
        check!(!is(&other)?, "a function that nobody named was scaled");
        let (path, body) = (is(&in_path)?, is(&in_body)?);
        check!(!(path && body), "both functions were scaled");
        scaled = vec![("the path", path), ("the body", body)];
        Ok(())
    })?;
    let named = scaled.iter().find(|(_, is)| *is);
    let what = named.map_or("nothing is", |(place, _)| place);
    rig.note(&format!(
        "two names are {}; what is scaled: {what}",
        answer.status
    ));
    Ok(())
}

fn no_name(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let want = another_count(rig);
    let target = format!("/system/scale-function/{}", f.name);
    let body = json!({"replicas": want});
    let answer = rig.provider().call("POST", &target, &body)?;
    let answer = answer.is_one_of(&[200, 202, 400])?;
    if answer.status == 400 {
        f.get("/instance")?.is(200)?;
        return Ok(());
    }
    wants(rig, &f, want)
}

/// A number of replicas that is not that of a new function, where there is one.
fn another_count(rig: &Rig) -> u64 {
    if rig.claims(Profile::Scale) {
        2
    } else {
        u64::from(!rig.claims(Profile::ScaleZero))
    }
}

/// So many replicas are asked for, sooner or later.
fn wants(rig: &Rig, f: &Function, want: u64) -> Outcome {
    rig.settles(&format!("{want} replicas of {}", f.name), || {
        let provider = &rig.provider();
        check_eq!(provider.status(f)?.replicas, want, "replicas");
        Ok(())
    })
}
