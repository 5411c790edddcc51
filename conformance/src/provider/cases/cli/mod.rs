//! The command line client.
//! It knows the real faas-cli, as an executable.
//! It refuses to run where there is none.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 20,
    name: "cli",
    title: "The command line client",
    intro: "The client that people have must work.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
