//! Updating a function.
//! It knows that an update replaces the whole of a function, and nothing but it.
//! It refuses to judge how a function is deployed first.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: "update",
    title: "Updating a function",
    intro: "An update says the whole of what a function is to be from now on.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
