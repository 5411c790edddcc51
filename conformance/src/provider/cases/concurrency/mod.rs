//! Concurrency.
//! It knows many calls at once, of functions and of the API.
//! It refuses to measure speed.

mod api;
mod calls;
mod many;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 17,
    name: "concurrency",
    title: "Concurrency",
    intro: "Whatever happens at the same time happens as if it did not.",
    clauses: CLAUSES,
    cases: &[calls::CASES, api::CASES, many::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-17.1",
        "Of many calls at once each has its own answer, of the function that it called.",
    ),
    Clause::must("PR-17.2", "Many functions can be deployed at once."),
    Clause::should(
        "PR-17.3",
        "Deployments of one name at once leave one function, and it is what it is told to be.",
    ),
    Clause::should(
        "PR-17.4",
        "An update and a removal at once leave the function whole, or gone.",
    ),
    Clause::should(
        "PR-17.5",
        "Many secrets can be created at once, and none gets the value of another.",
    ),
    Clause::should(
        "PR-17.6",
        "The list answers many at once while functions come and go.",
    ),
    Clause::should(
        "PR-17.7",
        "Slow calls of functions keep nobody from the health and the list.",
    ),
    Clause::should("PR-17.8", "Many can follow a log at once."),
    Clause::should(
        "PR-17.9",
        "The two hundredth deployment is as good as the first.",
    ),
    Clause::may("PR-17.10", "A provider says how many functions it takes."),
];

/// A few functions, deployed at once and each answering; `make` says what each is.
fn several(
    rig: &Rig,
    count: usize,
    make: impl Fn(usize) -> Deployment + Sync,
) -> Result<Vec<Function>, Failure> {
    let provider = rig.provider();
    all_at_once(count, |number| {
        let deployment = make(number);
        provider.deploy(&deployment)?.is_accepted()?;
        let f = Function::new(&provider, &deployment);
        rig.ready(&f)?;
        Ok(f)
    })
}
