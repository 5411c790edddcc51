//! No replica at all.
//! It knows the way to nothing and back, by hand and by a call.
//! It refuses to wait until a provider scales down by itself.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "scale/to-zero",
        "PR-8.15",
        "scaled to 0, a function is listed and has no replica",
    )
    .rows(&["SCL-20"])
    .profiles(ZERO)
    .why("A function that vanishes when it is idle cannot be started again.")
    .source("documentation, openfaas-pro/scale-to-zero")
    .run(to_zero),
    Case::must(
        "scale/to-zero-twice",
        "PR-8.15",
        "scaled to 0 once more, it stays at 0",
    )
    .rows(&["SCL-21"])
    .profiles(ZERO)
    .why("An idler repeats itself; what was to sleep would wake up each time.")
    .source("seen at faasd 0.19.0, which resumes")
    .run(to_zero_twice),
    Case::must(
        "scale/from-zero",
        "PR-8.16",
        "scaled from 0 to 1, it answers with the same settings",
    )
    .rows(&["SCL-22"])
    .profiles(ZERO)
    .why("A function that wakes up without its settings does the wrong thing.")
    .source("documentation, openfaas-pro/scale-to-zero")
    .run(from_zero),
    Case::must(
        "scale/cold-start",
        "PR-8.17",
        "at a gateway a call at 0 is answered with the right body",
    )
    .rows(&["SCL-23"])
    .profiles(COLD)
    .why("The first user after a pause would get an error.")
    .source("certifier scaling_test")
    .run(cold_start),
    Case::should(
        "scale/cold-crowd",
        "PR-8.17",
        "at a gateway 20 calls at once at 0 are all answered, by one replica",
    )
    .rows(&["SCL-25"])
    .profiles(COLD)
    .why("A page that makes many calls would start a replica for each.")
    .source("gateway scaling")
    .run(cold_crowd),
    Case::must(
        "scale/not-running",
        "PR-8.18",
        "a call of a function that does not run reaches nothing else",
    )
    .rows(&["SCL-24"])
    .why("An empty address leads to the host itself, behind every wall.")
    .source("seen at faasd, which calls localhost:8080")
    .run(not_running),
    Case::should(
        "scale/no-zero",
        "PR-8.19",
        "who cannot scale to 0 says 400, and the function stays",
    )
    .rows(&["SCL-26"])
    .unless(Profile::ScaleZero)
    .why("Who believes that nothing runs is surprised by the bill.")
    .source("faasd and faas-netes")
    .run(no_zero),
];

const ZERO: &[Profile] = &[Profile::ScaleZero];
const COLD: &[Profile] = &[Profile::ScaleZero, Profile::Gateway];

/// How long a call of what does not run is waited for, in seconds: no answer reaches nobody.
const PATIENCE: f64 = 3.0;
/// How such a call may end, if it is answered.
const UNANSWERED: &[u16] = &[404, 500, 502, 503, 504];
/// Places where other endpoints of a machine answer with something else.
const ELSEWHERE: &[&str] = &["/", "/healthz", "/system/info", "/metrics", "/ui/"];

/// A function that sleeps.
fn asleep(rig: &Rig, deployment: &Deployment) -> Result<Function, Failure> {
    let f = rig.start(deployment)?;
    rig.provider().scale(&f, 0)?.is_accepted()?;
    rig.replicas(&f, 0)?;
    Ok(f)
}

fn to_zero(rig: &mut Rig) -> Outcome {
    let f = asleep(rig, &rig.function())?;
    rig.stays(0.5, || {
        let provider = &rig.provider();
        let listed = provider.listed(&f)?;
        let told = listed.map(|entry| (entry.replicas, entry.available_replicas));
        check_eq!(
            told,
            Some((0, 0)),
            "replicas and availableReplicas in the list"
        );
        Ok(())
    })
}

fn to_zero_twice(rig: &mut Rig) -> Outcome {
    let f = asleep(rig, &rig.function())?;
    for _ in 0..2 {
        rig.provider().scale(&f, 0)?.is_accepted()?;
        rig.stays(1.0, || {
            let provider = &rig.provider();
            let status = provider.status(&f)?;
            let counts = (status.replicas, status.available_replicas);
            check_eq!(counts, (0, 0), "replicas and availableReplicas");
            Ok(())
        })?;
    }
    Ok(())
}

fn from_zero(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().env("COLOUR", "green").label("kept", "yes");
    let f = asleep(rig, &deployment)?;
    rig.provider().scale(&f, 1)?.is_accepted()?;
    let status = rig.replicas(&f, 1)?;
    rig.ready(&f)?;
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    let told = status.labels.get("kept").map(String::as_str);
    check_eq!(told, Some("yes"), "the label");
    Ok(())
}

fn cold_start(rig: &mut Rig) -> Outcome {
    let f = asleep(rig, &rig.function().env("COLOUR", "green"))?;
    let answer = f.post("/raw?cold=yes", "who is there?")?.is(200)?;
    check_eq!(answer.text(), "who is there?", "the answer to a call at 0");
    check_eq!(f.env("COLOUR")?.as_deref(), Some("green"), "the variable");
    rig.replicas(&f, 1)?;
    Ok(())
}

fn cold_crowd(rig: &mut Rig) -> Outcome {
    let f = asleep(rig, &rig.function())?;
    let caller = rig.provider();
    let instances = all_at_once(20, |_| {
        let request = Request::get("/instance");
        Ok(caller.invoke(&f, &request)?.is(200)?.text())
    })?;
    let first = instances.first();
    check!(
        instances.iter().all(|one| Some(one) == first),
        "more than one replica answered: {instances:?}"
    );
    rig.replicas(&f, 1)?;
    Ok(())
}

fn not_running(rig: &mut Rig) -> Outcome {
    if rig.claims(Profile::ScaleZero) && !rig.is_gateway() {
        reaches_nothing(rig, asleep(rig, &rig.function())?)?;
    }
    let ends = rig.function().env("PROBE_EXIT", "3");
    let answer = rig.provider().deploy(&ends)?;
    if answer.status < 400 {
        answer.is_accepted()?;
    }
    reaches_nothing(rig, &ends)
}

/// Calls of all kinds of places are answered by an error of the platform, if at all.
fn reaches_nothing(rig: &Rig, named: impl Named + Sync) -> Outcome {
    let brief = rig.provider().patient(rig.timeout(PATIENCE));
    all_at_once(ELSEWHERE.len(), |number| {
        let place = ELSEWHERE.get(number).copied().unwrap_or("/");
        // No answer is as good as an error.
        let Ok(answer) = brief.invoke(&named, &Request::get(place)) else {
            return Ok(());
        };
        answer.is_one_of(UNANSWERED)?;
        Ok(())
    })?;
    Ok(())
}

fn no_zero(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().scale(&f, 0)?.is(400)?;
    rig.stays(1.0, || {
        let provider = &rig.provider();
        check_eq!(provider.status(&f)?.replicas, 1, "replicas after a refusal");
        provider.invoke(&f, &Request::get("/instance"))?.is(200)?;
        Ok(())
    })
}
