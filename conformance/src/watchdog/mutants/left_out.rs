//! Cases that a wrapper disturbs, faults or not, by the layer of the wrapper.
//! It knows their ids and why.
//! It refuses a kill by one of them.

use wildmatch::WildMatch;

use super::layers::Layer;
use crate::judge::mutants::Layer as _;

/// Layer, cases (`id` or `id@mode`, with globs), why.
const LEFT_OUT: &[(&str, &str, &str)] = &[];

/// Whether a run says nothing about mutants of this layer.
pub(super) fn names(layer: &Layer, run: &str) -> bool {
    let id = run.split('@').next().unwrap_or(run);
    let of = LEFT_OUT.iter().filter(|(name, _, _)| *name == layer.name());
    of.map(|(_, glob, _)| WildMatch::new(glob))
        .any(|glob| glob.matches(run) || glob.matches(id))
}
