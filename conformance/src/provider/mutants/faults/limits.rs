//! Chapter 16: limits.
//! It knows how a limit is lost.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
