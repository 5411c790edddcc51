//! Streams and `WebSocket`s.
//! It knows when bytes come, and not only which.
//! It refuses to measure closer than the machine allows.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 13,
    name: "stream",
    title: "Streams and WebSockets",
    intro: "What a function sends bit by bit arrives bit by bit.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own: `("XXX-01", "A reason."),`.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[];

const CASES: &[Case] = &[];
