//! More than one replica.
//! It knows who answers, and what is under way while the number changes.
//! It refuses to expect a certain order of those who answer.

use std::collections::BTreeSet;

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "scale/up",
        "PR-8.9",
        "scaled from 1 to 3, `replicas` becomes 3",
    )
    .rows(&["SCL-02"])
    .profiles(SCALE)
    .why("A gateway that asks for more replicas has to see them.")
    .source("OAS")
    .run(up),
    Case::must(
        "scale/up-available",
        "PR-8.9",
        "scaled from 1 to 3, `availableReplicas` becomes 3",
    )
    .rows(&["SCL-03"])
    .profiles(SCALE)
    .why("What is asked for and never there carries no load.")
    .source("SDK types/function_status.go")
    .run(up_available),
    Case::should(
        "scale/spread",
        "PR-8.10",
        "each of three replicas answers some of the calls",
    )
    .rows(&["SCL-04"])
    .profiles(SCALE)
    .why("A replica that is never called is paid for and carries no load.")
    .source("documentation, architecture/invocations")
    .run(spread),
    Case::must(
        "scale/down",
        "PR-8.11",
        "scaled from 3 to 1, the calls that are under way are answered whole",
    )
    .rows(&["SCL-05"])
    .profiles(SCALE)
    .why("Every step down would cost some users their answer.")
    .source("documentation, reference/workloads")
    .run(down),
    Case::must(
        "scale/least",
        "PR-8.12",
        "the label for the least replicas is kept from the start",
    )
    .rows(&["SCL-18"])
    .profiles(SCALE)
    .why("Two replicas are asked for so that one may fail.")
    .source("certifier scaling_test")
    .run(least),
    Case::should(
        "scale/fixed",
        "PR-8.13",
        "where least and most are 2, load changes nothing",
    )
    .rows(&["SCL-19"])
    .profiles(SCALE)
    .why("Some services must not be more than so many: they share a licence or a lock.")
    .source("certifier scaling_test")
    .run(fixed),
    Case::should(
        "scale/during-update",
        "PR-8.14",
        "a scaling during an update is done with the new function",
    )
    .rows(&["SCL-27"])
    .profiles(SCALE)
    .why("Load does not wait for a rollout; nor may it bring back the old version.")
    .source("suite policy")
    .run(during_update),
];

const SCALE: &[Profile] = &[Profile::Scale];

const LEAST: &str = "com.openfaas.scale.min";
const MOST: &str = "com.openfaas.scale.max";

fn up(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().scale(&f, 3)?.is_accepted()?;
    super::wants(rig, &f, 3)?;
    let listed = rig.provider().listed(&f)?;
    let told = listed.map(|entry| entry.replicas);
    check_eq!(told, Some(3), "replicas in the list");
    Ok(())
}

fn up_available(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().scale(&f, 3)?.is_accepted()?;
    rig.replicas(&f, 3)?;
    Ok(())
}

/// A function with three replicas, all there.
fn three(rig: &Rig, deployment: &Deployment) -> Result<Function, Failure> {
    let f = rig.start(deployment)?;
    rig.provider().scale(&f, 3)?.is_accepted()?;
    rig.replicas(&f, 3)?;
    Ok(f)
}

fn spread(rig: &mut Rig) -> Outcome {
    let f = three(rig, &rig.function())?;
    let mut seen = BTreeSet::new();
    rig.settles("an answer of each of three replicas", || {
        seen.insert(f.instance()?);
        check!(seen.len() >= 3, "only {seen:?} have answered");
        Ok(())
    })?;
    check_eq!(seen.len(), 3, "the processes that answered");
    Ok(())
}

/// Pieces of a stream that goes on while replicas leave, and the pause between two, in milliseconds.
const PIECES: usize = 5;
const PAUSE: u64 = 400;

fn down(rig: &mut Rig) -> Outcome {
    let f = three(rig, &rig.function())?;
    let target = format!("/stream/{PIECES}/{PAUSE}?type=sse");
    let request = Request::get(&target).header("Accept", "text/event-stream");
    let provider = rig.provider();
    // Their heads have come: the calls are under way, spread over the replicas.
    let mut calls = all_at_once(9, |_| {
        let (head, wire) = provider.invoke_open(&f, &request)?;
        check_eq!(head.status, 200, "the status of a long call");
        Ok(wire)
    })?;
    provider.scale(&f, 1)?.is_accepted()?;
    let pieces: Vec<String> = (0..PIECES)
        .map(|n| format!("data: event {n}\n\n"))
        .collect();
    let want = pieces.concat();
    for (number, wire) in calls.iter_mut().enumerate() {
        let body = wire.read_body()?;
        let what = format!("call {number} of 9 under way while the function is scaled down");
        check_eq!(String::from_utf8_lossy(&body), want.as_str(), "{what}");
        check!(wire.end().is_clean(), "{what} ended with {:?}", wire.end());
    }
    rig.replicas(&f, 1)?;
    f.get("/instance")?.is(200)?;
    Ok(())
}

fn least(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().label(LEAST, "2"))?;
    rig.replicas(&f, 2)?;
    Ok(())
}

fn fixed(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().label(LEAST, "2").label(MOST, "2");
    let f = rig.start(&deployment)?;
    rig.replicas(&f, 2)?;
    let caller = rig.provider();
    let (calls, watched) = meanwhile(
        4,
        || caller.invoke(&f, &Request::get("/instance")),
        || {
            rig.stays(2.0, || {
                let provider = &rig.provider();
                check_eq!(provider.status(&f)?.replicas, 2, "replicas under load");
                Ok(())
            })
        },
    );
    watched?;
    for call in calls {
        call?.is(200)?;
    }
    Ok(())
}

fn during_update(rig: &mut Rig) -> Outcome {
    let before = rig.function().env("COLOUR", "green");
    let f = rig.start(&before)?;
    let provider = rig.provider();
    let after = before.env("COLOUR", "red");
    provider.update(&after)?.is_accepted()?;
    provider.scale(&f, 3)?.is_accepted()?;
    rig.settles("three new replicas", || {
        let status = f.status()?;
        let counts = (status.replicas, status.available_replicas);
        check_eq!(counts, (3, 3), "replicas and availableReplicas");
        for _ in 0..9 {
            check_eq!(f.env("COLOUR")?.as_deref(), Some("red"), "the variable");
        }
        Ok(())
    })
}
