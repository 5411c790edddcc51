//! Mutants of a provider: the reference provider with one fault, in front of it or inside of it.
//! It knows the provider's routes and the points where a fault can be seeded.
//! It refuses to be in a shipped binary, and faults that only a case would see: a mutant is what real providers get wrong.

pub(super) mod behind;
mod faults;
pub mod front;
pub(super) mod half;
mod layers;
pub(super) mod start;
pub(super) mod tunnel;
pub(super) mod wire;

pub use faults::all;
pub use front::{Asked, Flow, Front, Memory, Told};
pub use layers::{Layer, Mutant};

use super::reference::faults::plant;

/// Behind the name of a mutant: the same without its fault.
const NEUTRAL: &str = ".none";

/// Seeds the fault of that name into the reference provider of this process.
pub fn seed(name: &str) -> Result<(), String> {
    let found = |id: &str| all().find(|mutant| mutant.id == id);
    let layer = match name.strip_suffix(NEUTRAL) {
        Some(id) => found(id).map(|mutant| crate::judge::mutants::Layer::neutral(mutant.layer)),
        None => found(name).map(|mutant| mutant.layer),
    };
    let known = "expected an id that `conformance mutate provider --list` tells";
    let layer = layer.ok_or_else(|| format!("--fault {name:?}: {known}"))?;
    match layer {
        Layer::Front(front) => front::stand(front),
        Layer::Wire(fault) => wire::string(fault),
        Layer::Behind(fault) => behind::stand(fault),
        Layer::Start(fault) => start::plant(fault),
        Layer::Inside(fault) => plant(fault),
        Layer::Nowhere => {}
    }
    Ok(())
}
