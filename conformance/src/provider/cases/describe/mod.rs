//! Describing a function.
//! It knows the description of one function.
//! It refuses to judge whether what is described is true of the process: chapters on deploying and limits do.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: "describe",
    title: "Describing a function",
    intro: "The description says what a function is and how it fares.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
