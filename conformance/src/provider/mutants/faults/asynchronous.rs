//! Chapter 14: queued calls.
//! It knows how a queued call is lost, made twice or told wrongly.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
