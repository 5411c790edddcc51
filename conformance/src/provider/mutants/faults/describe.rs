//! Chapter 7: the description of a function.
//! It knows how a description goes wrong.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
