//! When the keys are fetched.
//!
//! Owns the pace: at start until it works, then at intervals, and when a token names an unknown key. May know the outcome of each attempt. Refuses to
//! forget keys because of a failure, and to be hurried by callers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::warn;

use super::keys::{self, KeySet};
use crate::config;

/// How often is often enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two fetches that went well.
    pub(super) every: Duration,
    /// After the first failure; doubled with each that follows.
    pub(super) retry: Duration,
    pub(super) longest_retry: Duration,
    /// Tokens with unknown keys lead to one fetch within this time.
    pub(super) gap: Duration,
    /// How long a request waits for such a fetch.
    pub(super) patience: Duration,
}

impl Pace {
    pub(super) const USUAL: Self = Self {
        every: Duration::from_mins(5),
        retry: Duration::from_millis(250),
        longest_retry: Duration::from_secs(30),
        gap: Duration::from_secs(10),
        patience: Duration::from_secs(5),
    };
}

/// What is known, and how old it is.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) keys: Option<Arc<KeySet>>,
    tried: Option<Instant>,
}

impl State {
    pub(super) fn is_within(&self, gap: Duration) -> bool {
        self.tried.is_some_and(|at| at.elapsed() < gap)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self
            .keys
            .as_ref()
            .map(|keys| keys.names().collect::<Vec<_>>());
        f.debug_struct("State")
            .field("keys", &keys)
            .field("tried", &self.tried)
            .finish()
    }
}

/// Runs as long as its owner lives.
pub(super) async fn keep_fresh(
    config: config::Auth,
    pace: Pace,
    state: watch::Sender<State>,
    wanted: Arc<Notify>,
) {
    let mut retry = pace.retry;
    loop {
        let fetched = keys::fetch(&config).await;
        let rest = match &fetched {
            Ok(_) => pace.every,
            Err(why) => {
                warn!("[JWT Auth] cannot fetch the keys, next attempt in {retry:?}: {why}");
                retry
            }
        };
        retry = if fetched.is_ok() {
            pace.retry
        } else {
            (retry * 2).min(pace.longest_retry)
        };
        state.send_modify(|state| {
            state.tried = Some(Instant::now());
            state.keys = fetched.ok().map(Arc::new).or(state.keys.take());
        });
        let asked = async {
            tokio::time::sleep(pace.gap).await;
            wanted.notified().await;
        };
        // Whichever comes first.
        let _ = tokio::time::timeout(rest, asked).await;
    }
}
