//! Chapter 2: who is let in.
//! It knows whom a door lets in that it should not, and whom it keeps out.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
