//! The mutants, chapter by chapter of the contract.
//! It knows their list, and the short words that a row is written with.
//! It refuses machinery: a fault is data and a few lines.
//!
//! A row is `mutant(id, clauses, what goes wrong, layer)`. The id is `chapter/what-goes-wrong`; the first clause is the one that it is about. A fault is
//! what a real provider gets wrong, not what a case happens to look at: where no case notices, the case is mended. The layer is one of
//! [`when_asked`], [`when_told`], [`downloads`], [`uploads`], [`Front`] with more than one of them, or `Inside` for what only the inside can do: a
//! variant of `Fault`, and `if seeded!(ThatVariant)` at one point of the reference provider.
#![expect(
    clippy::indexing_slicing,
    reason = "the JSON is the reference provider's; a fault that fails on it takes down its connection and no more"
)]

mod asynchronous;
mod auth;
mod calls;
mod cli;
mod concurrency;
mod controls;
mod delete;
mod deploy;
mod describe;
mod invoke;
mod limits;
mod list;
mod logs;
mod metrics;
mod namespaces;
mod robustness;
mod scale;
mod secrets;
mod seen;
mod stream;
mod sys;
mod tools;
mod unbroken;
mod update;
mod workload;

use std::time::Duration;

use super::front::{Asked, Flow, Front, Memory, Told};
use super::layers::{Layer, Mutant};
use crate::judge::mutants::Catalogue;
use crate::provider::Suite;

/// Longer than anybody waits.
const FOR_GOOD: Duration = Duration::from_hours(1);

/// The chapters' lists.
const LISTS: &[&[Mutant]] = &[
    sys::FAULTS,
    auth::FAULTS,
    deploy::FAULTS,
    deploy::given::FAULTS,
    deploy::refused::FAULTS,
    deploy::missing::FAULTS,
    deploy::names::FAULTS,
    update::FAULTS,
    update::refused::FAULTS,
    delete::FAULTS,
    delete::odd::FAULTS,
    list::FAULTS,
    describe::FAULTS,
    scale::FAULTS,
    scale::zero::FAULTS,
    scale::labels::FAULTS,
    secrets::FAULTS,
    secrets::given::FAULTS,
    secrets::refused::FAULTS,
    logs::FAULTS,
    logs::lines::FAULTS,
    logs::query::FAULTS,
    logs::whose::FAULTS,
    namespaces::FAULTS,
    namespaces::change::FAULTS,
    invoke::FAULTS,
    invoke::requests::FAULTS,
    invoke::fields::FAULTS,
    invoke::answers::FAULTS,
    invoke::trouble::FAULTS,
    stream::FAULTS,
    asynchronous::FAULTS,
    asynchronous::callbacks::FAULTS,
    workload::FAULTS,
    limits::FAULTS,
    concurrency::FAULTS,
    robustness::FAULTS,
    robustness::wire::FAULTS,
    metrics::FAULTS,
    cli::FAULTS,
];

/// Every mutant.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    LISTS.iter().copied().flatten()
}

/// Everything that the suite is proven by.
pub(super) fn catalogue() -> Catalogue<Suite, Layer> {
    Catalogue::new(all(), controls::LIST, unbroken::UNBROKEN)
}

/// The one of that name, controls among them.
pub(super) fn find(id: &str) -> Option<&'static Mutant> {
    all().chain(controls::LIST).find(|mutant| mutant.id == id)
}

/// What a list of mutants is made of.
mod prelude {
    pub(super) use crate::provider::mutants::front::Front;
    pub(super) use crate::provider::mutants::layers::{Layer::*, Mutant};
    pub(super) use crate::provider::reference::faults::Fault;

    pub(super) use serde_json::{Value, json};

    pub(super) use super::{Asked, Flow, Layer, Memory, Told};
    pub(super) use super::{FOR_GOOD, downloads, mutant, uploads, when_asked, when_told};
}

const fn mutant(
    id: &'static str,
    breaks: &'static [&'static str],
    wrong: &'static str,
    layer: Layer,
) -> Mutant {
    Mutant {
        id,
        breaks,
        wrong,
        layer,
    }
}

/// A request is changed on its way to the provider.
const fn when_asked(asked: fn(&mut Asked, &Memory)) -> Layer {
    Layer::Front(Front {
        asked,
        ..Front::NOTHING
    })
}

/// An answer is changed on its way to the client.
const fn when_told(told: fn(&mut Told, &Asked, &Memory)) -> Layer {
    Layer::Front(Front {
        told,
        ..Front::NOTHING
    })
}

/// The bytes of the answers of functions are changed as they pass.
const fn downloads(flow: Flow) -> Layer {
    Layer::Front(Front {
        flow: Some(flow),
        ..Front::NOTHING
    })
}

/// The bytes of the uploads to functions are changed as they pass.
const fn uploads(flow: Flow) -> Layer {
    Layer::Front(Front {
        upload: Some(flow),
        ..Front::NOTHING
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_and_clauses_hold_together() {
        assert_eq!(catalogue().faults(), Vec::<String>::new());
    }
}
