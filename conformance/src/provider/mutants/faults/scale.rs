//! Chapter 8: replicas.
//! It knows how a number of replicas is not brought about.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
