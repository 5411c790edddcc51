//! Chapter 17: many at once.
//! It knows what goes wrong only when much happens at once.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
