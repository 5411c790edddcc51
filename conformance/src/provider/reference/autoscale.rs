//! Replicas by load: what an alert manager in front of a gateway brings about.
//! It knows how often each function was called of late.
//! It refuses to scale a function whose labels leave no room, or one that sleeps.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::interval;

use super::Provider;
use super::api::raise;
use super::function::Function;
use super::metrics::full_name;

const STEP: Duration = Duration::from_secs(1);
/// Over so many steps, more calls than this for each fire.
const WINDOW: usize = 5;
const CALLS: u64 = 5;

/// The calls of one function at each of the last steps.
#[derive(Debug, Default)]
struct Watched {
    counts: VecDeque<u64>,
    /// The alert fires, and so many steps ago the function was last scaled for it.
    firing: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
enum Deed {
    Nothing,
    Raise,
    Rest,
}

impl Watched {
    fn step(&mut self, count: u64) -> Deed {
        self.counts.push_back(count);
        if self.counts.len() <= WINDOW {
            return Deed::Nothing;
        }
        let first = self.counts.pop_front().unwrap_or(count);
        let busy = count.saturating_sub(first) > CALLS * WINDOW as u64;
        match (busy, self.firing) {
            (true, Some(steps)) if steps < WINDOW => {
                self.firing = Some(steps + 1);
                Deed::Nothing
            }
            (true, _) => {
                self.firing = Some(1);
                Deed::Raise
            }
            (false, Some(_)) => {
                self.firing = None;
                Deed::Rest
            }
            (false, None) => Deed::Nothing,
        }
    }
}

/// Watches every function until the provider is told to end.
pub async fn watch(provider: Arc<Provider>, mut stop: watch::Receiver<bool>) {
    let (mut all, mut clock) = (BTreeMap::<String, Watched>::new(), interval(STEP));
    loop {
        tokio::select! {
            _ = stop.wait_for(|&stop| stop) => return,
            _ = clock.tick() => {}
        }
        let functions = provider.world.all();
        all.retain(|name, _| {
            functions
                .iter()
                .any(|function| full_name(function) == *name)
        });
        for function in functions {
            let watched = all.entry(full_name(&function)).or_default();
            let deed = watched.step(function.invoked.load(Ordering::Relaxed));
            act(&deed, &function, provider.options.max_replicas);
        }
    }
}

fn act(deed: &Deed, function: &Function, max_replicas: u32) {
    let wanted = function.wanted();
    let (least, most) = wanted.deployment.bounds().unwrap_or((1, 1));
    if wanted.replicas == 0 || least == most {
        return;
    }
    match deed {
        Deed::Nothing => {}
        Deed::Raise => {
            let factor = wanted.deployment.factor();
            function.scale(raise(wanted.replicas, most.min(max_replicas), factor));
        }
        Deed::Rest => function.scale(least.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_raises_and_rest_lowers() {
        let mut watched = Watched::default();
        let busy: Vec<Deed> = (0..12).map(|step| watched.step(step * 10)).collect();
        let raised = busy.iter().filter(|deed| **deed == Deed::Raise).count();
        assert_eq!(raised, 2);
        let idle: Vec<Deed> = (0..9).map(|_| watched.step(120)).collect();
        assert_eq!(idle.iter().filter(|deed| **deed == Deed::Rest).count(), 1);
        assert!(!idle.contains(&Deed::Raise));
    }
}
