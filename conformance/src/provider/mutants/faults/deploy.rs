//! Chapter 3: deployments.
//! It knows how a deployment is taken for another, or for none.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
