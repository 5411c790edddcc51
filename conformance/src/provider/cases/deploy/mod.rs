//! Deploying a function.
//! It knows what a new function is to be, and what must be refused.
//! It refuses to judge what an existing function becomes: that is the chapter on updates.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: "deploy",
    title: "Deploying a function",
    intro: "A function is a name, an image and what it is to be given; a provider takes it at once and starts it soon.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
