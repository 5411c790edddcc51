//! Chapter 15: what a function may rely on.
//! It knows what a container lacks.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
