//! The layers of a provider that a fault can be in.
//! It knows what is the same layer without its fault.
//! It refuses a fault of the functions themselves: those are not judged.

use super::behind::Behind;
use super::front::Front;
use super::start::Start;
use super::wire::Wire;
use crate::judge::mutants;
use crate::provider::reference::faults::Fault;

/// The reference provider, with one fault.
pub type Mutant = mutants::Mutant<Layer>;

/// Where the fault is.
#[derive(Clone, Copy, Debug)]
pub enum Layer {
    /// Between clients and the provider: requests and answers are changed on their way.
    Front(Front),
    /// Between clients and the provider as well: the bytes of connections are changed.
    Wire(Wire),
    /// Between the provider and others: what it sends to functions and to callbacks is changed.
    Behind(Behind),
    /// Replicas are started otherwise.
    Start(Start),
    /// A decision of the provider itself.
    Inside(Fault),
    /// There is none: what a fault inside is compared with.
    Nowhere,
}

impl mutants::Layer for Layer {
    fn name(&self) -> &'static str {
        match self {
            Self::Front(_) => "front",
            Self::Wire(_) => "wire",
            Self::Behind(_) => "behind",
            Self::Start(_) => "start",
            Self::Inside(_) | Self::Nowhere => "inside",
        }
    }

    fn neutral(self) -> Self {
        match self {
            Self::Front(front) => Self::Front(front.neutral()),
            _ => Self::Nowhere,
        }
    }

    fn shape(&self) -> String {
        match self {
            Self::Front(front) => front.shape(),
            _ => String::new(),
        }
    }
}
