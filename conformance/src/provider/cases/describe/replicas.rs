//! How many replicas there are.
//! It knows what is wanted and what is available.
//! It refuses to scale further than it must: there is a chapter for that.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "describe/replicas",
        "PR-7.4",
        "a default deployment has one replica",
    )
    .rows(&["DSC-04"])
    .why("More cost money, and none costs the first caller.")
    .source("documentation")
    .run(one),
    Case::must(
        "describe/available",
        "PR-7.5",
        "a function that answers is available",
    )
    .rows(&["DSC-05"])
    .why("faas-cli and gateways wait for this number before they call.")
    .source("faas-cli commands/ready.go")
    .run(available),
    Case::must(
        "describe/unavailable",
        "PR-7.5",
        "a function that cannot start is not available",
    )
    .rows(&["DSC-06"])
    .why("Callers are sent to what cannot answer.")
    .source("suite policy")
    .run(unavailable),
    Case::should(
        "describe/not-over",
        "PR-7.6",
        "no more are available than are wanted",
    )
    .rows(&["DSC-07"])
    .why("A replica too many is paid for, and may be an old one.")
    .source("SDK types/function_status.go")
    .run(not_over),
];

/// How long a provider may take to have seen what callers see already, in seconds.
const SEEN: f64 = 5.0;

fn one(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    check_eq!(f.status()?.replicas, 1, "replicas of a default deployment");
    rig.stays(0.5, || {
        let provider = &rig.provider();
        check_eq!(provider.status(&f)?.replicas, 1, "replicas, a little later");
        Ok(())
    })
}

fn available(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.until(SEEN, "an available replica", || {
        let provider = &rig.provider();
        let count = provider.status(&f)?.available_replicas;
        check!(
            count >= 1,
            "availableReplicas is {count} of a function that answers"
        );
        Ok(())
    })
}

fn unavailable(rig: &mut Rig) -> Outcome {
    let ends = rig.function().env("PROBE_EXIT", "3");
    let answer = rig.provider().deploy(&ends)?;
    if answer.status < 400 {
        answer.is_accepted()?;
    }
    rig.stays(2.0, || {
        let provider = &rig.provider();
        let answer = provider.describe(&ends)?.is_one_of(&[200, 404])?;
        if answer.status == 200 {
            let count = answer.json::<Status>()?.available_replicas;
            check_eq!(
                count,
                0,
                "availableReplicas of a function that ends at once"
            );
        }
        Ok(())
    })
}

fn not_over(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    if rig.claims(Profile::Scale) {
        let provider = rig.provider();
        provider.scale(&f, 2)?.is_accepted()?;
        rig.replicas(&f, 2)?;
        provider.scale(&f, 1)?.is_accepted()?;
    }
    let at_most = || {
        let provider = &rig.provider();
        let status = provider.status(&f)?;
        let (wanted, there) = (status.replicas, status.available_replicas);
        check!(
            there <= wanted,
            "availableReplicas is {there}, replicas is {wanted}"
        );
        Ok(())
    };
    rig.settles("no more than are wanted", at_most)?;
    rig.stays(0.5, at_most)
}
