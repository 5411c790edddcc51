//! Invoking a function.
//! It knows what of a request reaches the function, and what of its answer comes back.
//! It refuses streams and queues: they have chapters of their own.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 12,
    name: "invoke",
    title: "Invoking a function",
    intro: "An invocation is an HTTP request that passes through; a function sees what the client sent, and the client what the function answered.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
