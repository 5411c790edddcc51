//! Calls while an update is under way.
//! It knows the old answer and the new one.
//! It refuses to ask for more than an answer: that none fails is told, not demanded.

use std::collections::BTreeMap;

use super::turns;
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "update/calls",
        "PR-4.12",
        "every call during an update is answered by the old function, the new one, or with a 5xx",
    )
    .rows(&["UPD-16"])
    .why("A call that hangs or is answered by something else costs more than one that fails.")
    .source("suite policy")
    .run(calls),
    Case::may(
        "update/without-downtime",
        "PR-4.13",
        "how many calls fail during an update is told",
    )
    .rows(&["UPD-17"])
    .why("Whoever updates should know whether users will notice.")
    .source("faasd stops the old function first, Kubernetes the new one last")
    .run(without_downtime),
];

/// How long a call during an update may take.
const LONGEST: f64 = 20.0;

fn calls(rig: &mut Rig) -> Outcome {
    for answer in during_update(rig)? {
        let answer = answer?;
        let text = answer.text();
        let known = matches!(text.as_str(), "green" | "red");
        let good = (answer.status == 200 && known) || (500..600).contains(&answer.status);
        check!(
            good && answer.end.is_clean(),
            "a call during an update: {}, expected green or red, or a 5xx",
            answer.told()
        );
    }
    Ok(())
}

fn without_downtime(rig: &mut Rig) -> Outcome {
    let seen = during_update(rig)?;
    let all = seen.len();
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    for answer in seen {
        let what = match answer {
            Ok(answer) if answer.status == 200 => continue,
            Ok(answer) => answer.status.to_string(),
            Err(failure) => failure.message,
        };
        *failed.entry(what).or_default() += 1;
    }
    rig.note(&if failed.is_empty() {
        format!("none of {all} calls failed during an update")
    } else {
        format!("of {all} calls during an update failed: {failed:?}")
    });
    let lost: usize = failed.values().sum();
    check!(lost < all, "all of {all} calls failed: {failed:?}");
    Ok(())
}

/// The answers of calls that were made from before an update until well after it.
fn during_update(rig: &Rig) -> Result<Vec<Result<Answer, Failure>>, Failure> {
    let before = rig.function().env("COLOUR", "green");
    let f = rig.start(&before)?;
    let quiet = rig.provider();
    let caller = quiet.patient(rig.timeout(LONGEST));
    let (seen, updated) = meanwhile(
        2,
        || caller.invoke(&f, &Request::get("/env/COLOUR")),
        || {
            let after = before.env("COLOUR", "red");
            rig.provider().update(&after)?.is_accepted()?;
            turns(rig, &f, "COLOUR", Some("red"))?;
            rig.stays(0.3, || {
                let provider = &rig.provider();
                provider.status(&f)?;
                Ok(())
            })
        },
    );
    updated?;
    let last = seen.len();
    check!(last > 2, "{last} calls were made during an update");
    Ok(seen)
}
