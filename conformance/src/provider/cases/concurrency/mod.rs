//! Concurrency.
//! It knows many calls at once, of functions and of the API.
//! It refuses to measure speed.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 17,
    name: "concurrency",
    title: "Concurrency",
    intro: "Whatever happens at the same time happens as if it did not.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
