//! Chapter 4: updates.
//! It knows what an update leaves behind.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
