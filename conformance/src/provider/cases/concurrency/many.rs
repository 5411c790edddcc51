//! Many functions, one after the other and at the same time.
//! It knows how a leak shows: in failures, and in time.
//! It refuses to be part of every day's run.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "concurrency/cycles",
        "PR-17.9",
        "200 functions come and go one after the other, the last as quickly as the first",
    )
    .rows(&["CON-10"])
    .why("What each deployment leaves behind fills the machine in the end.")
    .source("suite policy; faasd leaks addresses of crashed functions")
    .seconds(1800)
    .named_only()
    .run(cycles),
    Case::may(
        "concurrency/fifty",
        "PR-17.10",
        "how many of 50 functions are taken is told",
    )
    .rows(&["CON-11"])
    .why("Community editions stop at 15, and users should know before they plan.")
    .source("faasd and faas-netes: at most 15")
    .seconds(300)
    .named_only()
    .run(fifty),
];

fn cycles(rig: &mut Rig) -> Outcome {
    let mut times = Vec::new();
    for number in 1..=200 {
        let begin = Instant::now();
        one_cycle(rig).map_err(|failure| Failure {
            message: format!("cycle {number} of 200: {failure}"),
            ..failure
        })?;
        times.push(begin.elapsed());
    }
    let middle = |part: &[Duration]| {
        let mut sorted = part.to_vec();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    let first = middle(times.get(..20).unwrap_or_default());
    let last = middle(times.get(180..).unwrap_or_default());
    rig.note(&format!(
        "a cycle took {first:?} at first and {last:?} at last"
    ));
    let most = first * 3 + Duration::from_millis(200);
    check!(
        last <= most,
        "a cycle took {first:?} at first and {last:?} at last, expected no more than {most:?}"
    );
    Ok(())
}

fn one_cycle(rig: &Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)
}

fn fifty(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let mut taken = Vec::new();
    for number in 1..=50 {
        let deployment = rig.function();
        let answer = provider.deploy(&deployment)?;
        if answer.status >= 400 {
            rig.note(&format!("function {number} of 50: {}", answer.told()));
            break;
        }
        answer.is_accepted()?;
        taken.push(rig.handle(&deployment));
    }
    for f in &taken {
        rig.ready(f)?;
    }
    let count = taken.len();
    rig.note(&format!("{count} of 50 functions were taken, and answer"));
    check!(count > 0, "not one function was taken");
    Ok(())
}
