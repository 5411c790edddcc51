//! Where mutants are judged: what a suite has to bring along.
//! It knows that a mutant is started, and then judged run by run.
//! It refuses to know how.

use super::super::{Options, Run, Suite};
use super::{Layer, Mutant};

/// Why a mutant could not be judged.
pub type Trouble = String;

/// The means of a suite to judge its mutants.
pub trait Bench: Sync {
    type Suite: Suite;
    type Layer: Layer;
    /// A mutant that can be judged. Dropping it ends it.
    type Stand: Send + Sync;

    /// Starts the mutant; without its fault where that is not wanted.
    fn stand(
        &self,
        mutant: &'static Mutant<Self::Layer>,
        faulty: bool,
    ) -> Result<Self::Stand, Trouble>;

    /// How that run is judged on it.
    fn options(
        &self,
        stand: &Self::Stand,
        run: &Run<Self::Suite>,
    ) -> Result<Options<Self::Suite>, Trouble>;

    /// Every run that has a meaning for what is judged, without those that run by name alone.
    fn runs(&self) -> Vec<Run<Self::Suite>>;

    /// Whether a run says nothing about mutants of this layer, by the id of the run.
    fn is_left_out(&self, _: &Self::Layer, _: &str) -> bool {
        false
    }
}
