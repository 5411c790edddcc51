//! The mutants, chapter by chapter of the contract.
//! It knows their list and how to find one by its name.
//! It refuses machinery: a fault is data and a few lines.

mod auth;
mod classic;
mod config;
mod controls;
mod files;
mod health;
mod lifecycle;
mod limits;
mod loads;
mod logs;
mod metrics;
mod proxy;
mod server;
mod streaming;
mod tools;
mod unbroken;
mod upgrade;

use super::layers::{Layer, Mutant};

use crate::judge::mutants::{Catalogue, Layer as _};
use crate::watchdog::Suite;

/// The chapters' lists.
const LISTS: &[&[Mutant]] = &[
    config::LIST,
    server::LIST,
    classic::LIST,
    streaming::LIST,
    proxy::LIST,
    upgrade::LIST,
    files::LIST,
    health::LIST,
    lifecycle::LIST,
    logs::LIST,
    metrics::LIST,
    limits::LIST,
    auth::LIST,
    loads::LIST,
];

/// Behind the name of a mutant: the same without its fault.
const NEUTRAL: &str = ".none";

/// Every mutant.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    LISTS.iter().copied().flatten()
}

/// Everything that the suite is proven by.
pub(super) fn catalogue() -> Catalogue<Suite, Layer> {
    Catalogue::new(all(), controls::LIST, unbroken::UNBROKEN)
}

/// And those that do nothing.
pub(super) fn with_controls() -> impl Iterator<Item = &'static Mutant> {
    all().chain(controls::LIST)
}

pub(super) fn neutral_name(id: &str) -> String {
    format!("{id}{NEUTRAL}")
}

/// What a shim of that name does.
pub(super) fn layer(name: &str) -> Option<Layer> {
    let find = |id: &str| with_controls().find(|mutant| mutant.id == id);
    match name.strip_suffix(NEUTRAL) {
        Some(id) => Some(find(id)?.layer.neutral()),
        None => Some(find(name)?.layer),
    }
}

/// What a list of mutants is made of.
mod prelude {
    pub(super) use crate::watchdog::mutants::around::Start;
    pub(super) use crate::watchdog::mutants::below::edit;
    pub(super) use crate::watchdog::mutants::layers::{Layer::*, Mutant};
    pub(super) use crate::watchdog::mutants::logs::Line;
    pub(super) use crate::watchdog::mutants::over::Over;
    pub(super) use crate::watchdog::mutants::relay::{Fate, Frame, Head, Relay, Talk};

    pub(super) use super::mutant;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_and_clauses_hold_together() {
        assert_eq!(catalogue().faults(), Vec::<String>::new());
        for mutant in with_controls() {
            let wrong = mutant.id.contains(['/', '.']);
            assert!(!wrong, "{} is no name of a file", mutant.id);
        }
    }

    #[test]
    fn each_must_clause_is_broken_or_has_a_reason_why_not() {
        assert_eq!(catalogue().unaimed(), Vec::<&str>::new());
    }

    #[test]
    fn there_are_many() {
        assert!(all().count() >= 120);
    }
}
