//! Chapter 5: removals.
//! It knows what a removal leaves behind.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
