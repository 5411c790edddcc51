//! Listing functions.
//! It knows the list and its entries.
//! It refuses to expect an order, or to be alone on the provider.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 6,
    name: "list",
    title: "Listing functions",
    intro: "The list says which functions there are in a namespace.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
