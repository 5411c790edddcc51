//! Logs.
//! It knows the lines of a function's log, and how to ask for some of them.
//! It refuses to demand an order among replicas.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 10,
    name: "logs",
    title: "Logs",
    intro: "What a function writes can be read back, line by line.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
