//! What a mutant is: a name, the clauses it breaks, and where its fault sits.
//! It knows nothing of how the fault is made: that is the layer's part.
//! It refuses behaviour: all here is data, built in `const` context.

use std::fmt::Debug;

/// What is judged, with one fault.
#[derive(Clone, Copy, Debug)]
pub struct Mutant<L> {
    pub id: &'static str,
    /// Clauses that do not hold any more; the first is what it is about. None: a control, which has no fault.
    pub breaks: &'static [&'static str],
    /// A few words: what goes wrong.
    pub wrong: &'static str,
    pub layer: L,
}

/// Where a fault is.
pub trait Layer: Copy + Debug + Send + Sync + 'static {
    /// How it is called in tables.
    fn name(&self) -> &'static str;

    /// The same layer without its fault: what fails there as well proves nothing.
    #[must_use]
    fn neutral(self) -> Self;

    /// Which neutral layers are one and the same.
    fn shape(&self) -> String;
}

impl<L> Mutant<L> {
    pub fn is_control(&self) -> bool {
        self.breaks.is_empty()
    }
}
