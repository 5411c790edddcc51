//! Chapter 18: hostile input.
//! It knows how a provider is brought down or led astray.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
