//! Namespaces.
//! It knows where a function is, and that equal names in two places are two functions.
//! It refuses to change a namespace that the run did not make.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 11,
    name: "namespaces",
    title: "Namespaces",
    intro: "A namespace keeps functions, secrets and logs apart.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
