//! What a function's container may rely on.
//! It knows the process, its files, its user and its end, as the probe tells them.
//! It refuses to look at the machine from outside.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 15,
    name: "workload",
    title: "What a function's container may rely on",
    intro: "A function is a process in a container that serves HTTP on a port; this is what it finds there.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
