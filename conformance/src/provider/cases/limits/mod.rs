//! Limits on what a function may use.
//! It knows how much memory and processor time are asked for, and what a function sees of it.
//! It refuses to judge speed.

mod memory;
mod quantities;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 16,
    name: "limits",
    title: "Limits",
    intro: "A deployment says how much its function may use.",
    clauses: CLAUSES,
    cases: &[memory::CASES, quantities::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must("PR-16.1", "A limit on memory is accepted."),
    Clause::must(
        "WL-16.1",
        "A function that takes more memory than its limit is stopped or refused; the platform goes on.",
    ),
    Clause::should("WL-16.2", "A function may use the memory below its limit."),
    Clause::should(
        "WL-16.3",
        "A function can read its limit from its control group.",
    ),
    Clause::should("WL-16.4", "An update of the limit takes effect."),
    Clause::should(
        "PR-16.2",
        "Limits on processor time, and reservations, are accepted; a provider that has none ignores them.",
    ),
    Clause::should(
        "PR-16.3",
        "An amount that cannot be read is 400, and nothing is deployed.",
    ),
    Clause::should(
        "PR-16.4",
        "An amount at or below zero is refused whole, or means no limit.",
    ),
    Clause::should(
        "PR-16.5",
        "Amounts are plain numbers, or have a decimal or a binary suffix.",
    ),
    Clause::may(
        "PR-16.6",
        "Graphics processors are given, or refused with a 4xx.",
    ),
];
