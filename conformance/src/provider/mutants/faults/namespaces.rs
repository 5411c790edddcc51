//! Chapter 11: namespaces.
//! It knows how namespaces run into each other.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
