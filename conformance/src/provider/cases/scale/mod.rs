//! Scaling a function.
//! It knows replicas: how many are wanted, how many there are, and who answers.
//! It refuses to wait for what a load would do by itself, but where a row asks for it.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: "scale",
    title: "Scaling a function",
    intro: "The number of replicas can be set; calls go on while it changes.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
