//! Metrics.
//! It knows counters and their labels.
//! It refuses to ask for a scrape interval.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 19,
    name: "metrics",
    title: "Metrics",
    intro: "What happened can be counted from outside.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
