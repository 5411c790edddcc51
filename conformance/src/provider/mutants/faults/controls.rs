//! Mutants without a fault: what fails here is the layer's doing.
//! It knows one for each layer.
//! It refuses to break anything.

use super::prelude::*;

pub(super) const LIST: &[Mutant] = &[
    mutant("none", &[], "nothing", Nowhere),
    mutant("none-front", &[], "nothing", Front(Front::NOTHING)),
    mutant("none-downloads", &[], "nothing", downloads(|_, _| {})),
    mutant("none-uploads", &[], "nothing", uploads(|_, _| {})),
];
