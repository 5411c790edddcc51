//! Secrets.
//! It knows how secrets are kept, listed, changed and given to functions.
//! It refuses to tell the value of a secret anywhere but in a function that may read it.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 9,
    name: "secrets",
    title: "Secrets",
    intro: "A secret is a file in the functions that name it, and is told to nobody else.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
