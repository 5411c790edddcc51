//! Chapter 20: the command line client.
//! It knows what breaks the client that people have.
//! It refuses what other chapters are about.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[];
