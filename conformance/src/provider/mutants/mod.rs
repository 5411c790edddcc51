//! Mutants of a provider: the reference provider with one fault, in front of it or inside of it.
//! It knows the provider's routes and the points where a fault can be seeded.
//! It refuses to be in a shipped binary, and faults that only a case would see: a mutant is what real providers get wrong.

pub(super) mod behind;
mod bench;
mod command;
mod faults;
pub mod front;
pub(super) mod half;
mod layers;
mod server;
pub(super) mod start;
pub(super) mod tunnel;
pub(super) mod wire;

pub use command::{command, run};
pub use faults::all;
pub use front::{Asked, Flow, Front, Memory, Told};
pub use layers::{Layer, Mutant};

use crate::judge::mutants::Layer as _;
use crate::provider::reference::faults::plant;

/// Seeds the fault of that name into the reference provider of this process.
pub fn seed(name: &str) -> Result<(), String> {
    let layer = match name.strip_suffix(bench::NEUTRAL) {
        Some(id) => faults::find(id).map(|mutant| mutant.layer.neutral()),
        None => faults::find(name).map(|mutant| mutant.layer),
    };
    let known = "expected an id that `conformance mutate provider --list` tells";
    match layer.ok_or_else(|| format!("--fault {name:?}: {known}"))? {
        Layer::Front(front) => front::stand(front),
        Layer::Wire(fault) => wire::string(fault),
        Layer::Behind(fault) => behind::stand(fault),
        Layer::Start(fault) => start::plant(fault),
        Layer::Inside(fault) => plant(fault),
        Layer::Nowhere => {}
    }
    Ok(())
}
