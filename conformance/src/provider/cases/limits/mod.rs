//! Limits.
//! It knows that limits and reservations are taken, and that limits hold.
//! It refuses to put the machine in danger.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 16,
    name: "limits",
    title: "Limits",
    intro: "A function can be kept to so much memory and so much CPU.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
