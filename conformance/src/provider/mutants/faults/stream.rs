//! Chapter 13: streams.
//! It knows how a stream is held up or cut.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[mutant(
    "stream/gathered",
    &["PR-13.1"],
    "an answer is passed on when it is whole",
    Front(Front {
        whole: true,
        ..Front::NOTHING
    }),
)];
