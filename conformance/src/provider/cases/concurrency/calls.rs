//! Many calls of functions at once.
//! It knows answers that can be told apart.
//! It refuses to say how quick is quick: only that nobody waits for somebody else's slow call.

use super::several;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "concurrency/one-function",
        "PR-17.1",
        "of 100 calls at once each gets its own answer",
    )
    .rows(&["CON-01"])
    .why("A swapped answer shows one user what belongs to another.")
    .source("suite policy")
    .run(one_function),
    Case::must(
        "concurrency/ten-functions",
        "PR-17.1",
        "of 200 calls of ten functions each is answered by the one that was called",
    )
    .rows(&["CON-02"])
    .why("An address that is used again sends calls to the wrong function.")
    .source("suite policy")
    .exclusive()
    .run(ten_functions),
    Case::should(
        "concurrency/slow-calls",
        "PR-17.7",
        "50 slow calls keep nobody from the health, the list and another function",
    )
    .rows(&["CON-08"])
    .why("A function that has become slow must not take the platform along.")
    .source("suite policy")
    .run(slow_calls),
    Case::should(
        "concurrency/followers",
        "PR-17.8",
        "20 followers of one log all see a new line",
    )
    .rows(&["CON-09"])
    .profiles(&[Profile::Core, Profile::Logs])
    .why("In an incident everybody looks at the same log.")
    .source("suite policy")
    .run(followers),
];

/// How long one of many calls may take, in seconds.
const LONGEST: f64 = 30.0;
/// How long a slow call takes, in milliseconds; and what the others may take meanwhile, in seconds.
const SLOW: u64 = 3000;
const QUICK: f64 = 2.0;

fn one_function(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let caller = rig.provider().patient(rig.timeout(LONGEST));
    all_at_once(100, |number| {
        let token = format!("token {number} of {}", f.name);
        let request = Request::post(&format!("/raw?n={number}")).body(token.as_str());
        let answer = caller.invoke(&f, &request)?.is(200)?;
        check_eq!(answer.text(), token, "the answer to call {number} of 100");
        Ok(())
    })?;
    Ok(())
}

fn ten_functions(rig: &mut Rig) -> Outcome {
    let all = several(rig, 10, |number| {
        rig.function().env("WHO", &format!("function {number}"))
    })?;
    let caller = rig.provider().patient(rig.timeout(LONGEST));
    all_at_once(200, |call| {
        let number = call % all.len();
        let Some(f) = all.get(number) else {
            return Err(Failure::fault("there are fewer functions"));
        };
        let answer = caller.invoke(f, &Request::get("/env/WHO"))?.is(200)?;
        check_eq!(
            answer.text(),
            format!("function {number}"),
            "who answered for function {number}"
        );
        Ok(())
    })?;
    Ok(())
}

fn slow_calls(rig: &mut Rig) -> Outcome {
    let (f, other) = (rig.probe()?, rig.probe()?);
    let caller = rig.provider().patient(rig.timeout(LONGEST));
    let target = format!("/sleep/{SLOW}");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            all_at_once(50, |_| {
                let answer = caller.invoke(&f, &Request::get(&target))?.is(200)?;
                check_eq!(answer.text(), "slept", "the answer to a slow call");
                Ok(())
            })
        });
        let others = while_busy(rig, &f, &other);
        let slow = slow.join();
        others?;
        slow.map_err(|_| Failure::fault("a slow call panicked"))??;
        Ok(())
    })
}

/// Asks for other things once the slow calls are all under way.
fn while_busy(rig: &Rig, f: &Function, other: &Function) -> Outcome {
    rig.until(10.0, "50 slow calls under way", || {
        let provider = &rig.provider();
        let now: Value = Function::new(provider, f).json("/inflight")?;
        let now = now.get("now").and_then(Value::as_u64).unwrap_or_default();
        check!(now > 50, "{now} calls are under way, expected 51");
        Ok(())
    })?;
    let provider = rig.provider().patient(rig.timeout(QUICK));
    provider.healthz()?.is(200)?;
    provider.list()?.is(200)?;
    provider.describe(f)?.is(200)?;
    provider
        .invoke(other, &Request::get("/instance"))?
        .is(200)?;
    Ok(())
}

fn followers(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let mut streams = all_at_once(20, |_| {
        let (head, wire) = provider.follow(&f, "")?;
        check_eq!(head.status, 200, "the status of a followed log");
        Ok(wire)
    })?;
    f.get("/log?stream=out&n=1&tag=seen-by-all")?.is(200)?;
    for (number, wire) in streams.iter_mut().enumerate() {
        wire.set_timeout(rig.timeout(10.0))?;
        wire.read_until(b"seen-by-all").map_err(|failure| Failure {
            message: format!("follower {number} of 20: {failure}"),
            ..failure
        })?;
    }
    Ok(())
}
