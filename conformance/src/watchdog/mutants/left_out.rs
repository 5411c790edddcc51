//! Cases that a wrapper disturbs, faults or not, by the layer of the wrapper.
//! It knows their ids and why.
//! It refuses a kill by one of them.

use wildmatch::WildMatch;

use super::layers::Layer;

/// Layer, cases (`id` or `id@mode`, with globs), why.
const LEFT_OUT: &[(&str, &str, &str)] = &[];

/// Whether a run says nothing about mutants of this layer.
pub(super) fn names(layer: &Layer, run: &str) -> bool {
    let mut entries = LEFT_OUT.iter();
    entries.any(|(name, glob, _)| {
        *name == layer.name()
            && (WildMatch::new(glob).matches(run)
                || run
                    .split('@')
                    .next()
                    .is_some_and(|id| WildMatch::new(glob).matches(id)))
    })
}
