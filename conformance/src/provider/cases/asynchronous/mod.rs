//! Asynchronous invocations.
//! It knows the queue of a gateway and the callbacks it makes.
//! It refuses to expect an order in the queue.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 14,
    name: "async",
    title: "Asynchronous invocations",
    intro: "An invocation can be left in a queue; the answer goes to a callback.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
