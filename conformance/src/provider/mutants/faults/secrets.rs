//! Chapter 9: secrets.
//! It knows how a secret is lost, changed or told.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
