//! Chapter 19: metrics.
//! It knows how numbers mislead.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
