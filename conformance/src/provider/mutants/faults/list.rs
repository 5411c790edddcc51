//! Chapter 6: the list of functions.
//! It knows how a list goes wrong.
//! It refuses the description of one function.

use super::prelude::*;

pub(super) const FAULTS: &[Mutant] = &[mutant(
    "list/calls-uncounted",
    &["PR-6.9"],
    "the number of calls stays 0",
    Inside(Fault::CallsUncounted),
)];
