//! Robustness.
//! It knows input that nobody should send, and functions that nobody should write.
//! It refuses to call a provider broken for refusing.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 18,
    name: "robustness",
    title: "Robustness",
    intro: "A provider survives what its clients and functions do to it.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
