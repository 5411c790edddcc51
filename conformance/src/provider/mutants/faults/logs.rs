//! Chapter 10: logs.
//! It knows how lines are lost, changed or mixed.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
