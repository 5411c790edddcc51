//! Removing a function.
//! It knows what is gone after a removal, and what must still be there.
//! It refuses to remove what the case did not make.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: "delete",
    title: "Removing a function",
    intro: "A removed function is gone for good, and only that one.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
