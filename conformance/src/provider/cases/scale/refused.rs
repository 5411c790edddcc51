//! What cannot be scaled.
//! It knows functions that are not there and numbers that are none.
//! It refuses numbers that some provider could take seriously and be brought down by.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "scale/missing",
        "PR-8.2",
        "scaling a function that is not there is no success",
    )
    .rows(&["SCL-07"])
    .why("Who is told of a success goes on to call what is not there.")
    .source("OAS")
    .run(missing),
    Case::should(
        "scale/missing-status",
        "PR-8.3",
        "scaling a function that is not there is 404",
    )
    .rows(&["SCL-06"])
    .why("A client that reads 500 tries again for ever.")
    .source("OAS")
    .run(missing_status),
    Case::must(
        "scale/malformed",
        "PR-8.4",
        "a body that is no JSON is 400 and scales nothing",
    )
    .rows(&["SCL-08"])
    .why("Half a number is another number.")
    .source("OAS")
    .run(malformed),
    Case::should(
        "scale/no-body",
        "PR-8.5",
        "no body is 400 and scales nothing",
    )
    .rows(&["SCL-09"])
    .why("A body that was lost would scale to 0, which is an outage.")
    .source("OAS")
    .run(no_body),
    Case::must(
        "scale/below-zero",
        "PR-8.4",
        "a number of replicas below 0 is 400 and scales nothing",
    )
    .rows(&["SCL-10"])
    .why("A subtraction that went wrong becomes very many replicas.")
    .source("OAS: minimum 0")
    .run(below_zero),
    Case::should(
        "scale/wrong-type",
        "PR-8.5",
        "replicas as text or as a fraction are 400 and scale nothing",
    )
    .rows(&["SCL-11"])
    .why("What is not understood is taken for 0, which is an outage.")
    .source("OAS")
    .run(wrong_type),
    Case::should(
        "scale/too-many",
        "PR-8.6",
        "more replicas than there can be are refused or brought down",
    )
    .rows(&["SCL-12"])
    .why("One digit too many must not take the cluster down.")
    .source("the gateway brings them down; suite policy")
    .run(too_many),
];

/// No scheduler counts so far, and in 32 bits they are below 0. The greatest comes first: who refuses that one wrongly is not asked for the other, which
/// some schedulers take, and count until they have no memory left.
const TOO_MANY: [u64; 2] = [u64::MAX, 1_000_000_000_000];
/// What a provider may bring them down to.
const MOST: u64 = 1000;

fn missing(rig: &mut Rig) -> Outcome {
    let name = rig.name();
    rig.provider().scale(&name, 1)?.is_error()?;
    rig.stays(0.3, || {
        let provider = &rig.provider();
        let listed = provider.listed(&name)?;
        check!(listed.is_none(), "what was scaled is listed");
        Ok(())
    })
}

fn missing_status(rig: &mut Rig) -> Outcome {
    rig.provider().scale(rig.name(), 1)?.is(404)?;
    Ok(())
}

fn malformed(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let whole = json!({"serviceName": f.name, "replicas": 0}).to_string();
    let cut = whole.strip_suffix('}').unwrap_or_default().to_owned();
    refused(
        rig,
        &f,
        &[
            cut,
            format!("[{whole}]"),
            whole.replace('"', "'"),
            "replicas=0".to_owned(),
        ],
    )
}

fn no_body(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    refused(rig, &f, &[String::new()])
}

fn below_zero(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    refused(
        rig,
        &f,
        &[asking(&f, &json!(-1)), asking(&f, &json!(i64::MIN))],
    )
}

fn wrong_type(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let odd = [json!("2"), json!(1.5), json!([2]), json!({"count": 2})];
    let bodies: Vec<String> = odd.iter().map(|value| asking(&f, value)).collect();
    refused(rig, &f, &bodies)
}

fn asking(f: &Function, replicas: &Value) -> String {
    json!({"serviceName": f.name, "replicas": replicas}).to_string()
}

/// Each body is 400, and the function has its one replica afterwards.
fn refused(rig: &Rig, f: &Function, bodies: &[String]) -> Outcome {
    let target = format!("/system/scale-function/{}", f.name);
    for body in bodies {
        let request = Request::post(&target)
            .header("Content-Type", "application/json")
            .body(body.as_str());
        let answer = rig.provider().send(&request)?;
        if answer.status != 400 {
            return Err(answer.unlike(&format!("expected 400 to the body {body:?}")));
        }
    }
    rig.stays(0.5, || {
        let provider = &rig.provider();
        check_eq!(provider.status(f)?.replicas, 1, "replicas after a refusal");
        Ok(())
    })?;
    f.get("/instance")?.is(200)?;
    Ok(())
}

fn too_many(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    for count in TOO_MANY {
        let answer = provider.scale(&f, count)?;
        if answer.status < 400 {
            answer.is_accepted()?;
        } else {
            answer.is_refused()?;
        }
    }
    rig.settles("a number of replicas that there can be", || {
        let count = f.status()?.replicas;
        check!(
            count <= MOST,
            "replicas is {count}, expected at most {MOST}"
        );
        Ok(())
    })?;
    provider.healthz()?.is(200)?;
    provider.scale(&f, 1)?.is_accepted()?;
    super::wants(rig, &f, 1)?;
    f.get("/instance")?.is(200)?;
    Ok(())
}
