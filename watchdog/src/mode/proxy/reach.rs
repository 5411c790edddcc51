//! Whether the upstream can be reached, and why not.
//!
//! Owns what is known of that, and the words about it in the log. May know the site and how long requests are to wait. Refuses to say anything twice, and
//! anything at all in the first moments of a start.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::site::Site;
use crate::failure::Failure;
use crate::said;

/// Steps between attempts to connect at start: short at first, as most functions are quick.
const FIRST_STEP: Duration = Duration::from_millis(10);
const LAST_STEP: Duration = Duration::from_millis(50);

/// After `startup_timeout`, and for attempts that cost either side more than a closed port does.
const LONG_STEP: Duration = Duration::from_secs(2);

/// That nothing listens yet is no news so soon after the start.
const QUIET: Duration = Duration::from_secs(1);

/// Causes that come by turns are not told more often.
const GAP: Duration = Duration::from_secs(5);

const STARTING: &str = "function is still starting";
const GONE: &str = "function has terminated";

/// What is known of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream {
    Starting,
    /// It has accepted a connection.
    Up,
    /// It has, but not the last one.
    Lost,
    /// Its process has ended: no use waiting.
    Gone,
}

#[derive(Debug)]
pub(super) struct Reach {
    upstream: watch::Sender<Upstream>,
    /// Why it cannot be reached, where it cannot.
    cause: Mutex<Option<String>>,
    /// Requests wait for it until then.
    patience: Option<Instant>,
    startup_timeout: Duration,
}

impl Reach {
    pub(super) fn new(startup_timeout: Duration) -> Self {
        Self {
            upstream: watch::Sender::new(Upstream::Starting),
            cause: Mutex::default(),
            patience: Instant::now().checked_add(startup_timeout),
            startup_timeout,
        }
    }

    pub(super) fn upstream(&self) -> Upstream {
        *self.upstream.borrow()
    }

    /// Its process has ended. Requests that wait for it need not.
    pub(super) fn gone(&self) {
        self.upstream.send_replace(Upstream::Gone);
    }

    /// What a prober is told, where it cannot be reached.
    pub(super) fn trouble(&self) -> Option<String> {
        let what = match self.upstream() {
            Upstream::Up => return None,
            Upstream::Gone => return Some(GONE.to_owned()),
            Upstream::Starting => STARTING,
            Upstream::Lost => "function is not reachable",
        };
        let cause = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        let cause = cause.as_ref().map(|cause| format!(": {cause}"));
        Some(format!("{what}{}", cause.unwrap_or_default()))
    }

    /// Connects until the upstream accepts.
    pub(super) async fn wait_until_up(&self, site: &Site) {
        let mut step = FIRST_STEP;
        let mut words = Words::new(self.patience, self.startup_timeout);
        while let Err(error) = site.try_dial().await {
            let cause = worded(&error);
            words.failed(&cause);
            self.set_cause(Some(cause));
            let early = self.patience.is_none_or(|until| Instant::now() < until);
            let last = if early && is_cheap(&error) {
                LAST_STEP
            } else {
                LONG_STEP
            };
            sleep(step.min(words.left().max(FIRST_STEP))).await;
            step = (step * 2).min(last);
        }
        words.reached(site);
        self.found(Upstream::Starting);
    }

    /// What a connection that was tried has come to.
    pub(super) fn tried(&self, result: Result<(), String>) {
        match result {
            Ok(()) => self.found(Upstream::Lost),
            Err(cause) => {
                let lost = self.step(Upstream::Up, Upstream::Lost);
                if lost {
                    tracing::warn!("the function is not reachable any more: {cause}");
                }
                self.set_cause(Some(cause));
            }
        }
    }

    /// It is up, where it was thought to be `before`.
    fn found(&self, before: Upstream) {
        if self.step(before, Upstream::Up) {
            self.set_cause(None);
            if before == Upstream::Lost {
                tracing::info!("the function is reachable again");
            }
        }
    }

    fn step(&self, from: Upstream, to: Upstream) -> bool {
        self.upstream.send_if_modified(|upstream| {
            let steps = *upstream == from;
            if steps {
                *upstream = to;
            }
            steps
        })
    }

    fn set_cause(&self, cause: Option<String>) {
        *self.cause.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }

    /// Waits for an upstream that is still starting.
    pub(super) async fn startup(&self) -> Result<(), Failure> {
        let mut upstream = self.upstream.subscribe();
        let settled = upstream.wait_for(|upstream| *upstream != Upstream::Starting);
        let late = |_| Failure::Unavailable(STARTING);
        let settled = match self.patience {
            Some(until) => timeout_at(until, settled).await.map_err(late)?,
            None => settled.await,
        };
        match settled.as_deref() {
            Ok(Upstream::Up | Upstream::Lost) => Ok(()),
            _ => Err(Failure::Unavailable(GONE)),
        }
    }

    #[cfg(test)]
    pub(super) fn set(&self, upstream: Upstream) {
        self.upstream.send_replace(upstream);
    }
}

/// Whether an attempt that ends so costs nothing worth saving.
fn is_cheap(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound
    )
}

/// An error as a line of bounded length: the other side has part in its words.
pub(super) fn worded(error: &io::Error) -> String {
    let mut line = String::new();
    said::message(&mut line, &error.to_string());
    line
}

/// What the log was told of a start.
#[derive(Debug)]
struct Words {
    /// The last cause that was told.
    told: String,
    /// When the next may be.
    next: Instant,
    /// When waiting is over, if that was not told.
    patience: Option<Instant>,
    limit: Duration,
}

impl Words {
    fn new(patience: Option<Instant>, limit: Duration) -> Self {
        Self {
            told: String::new(),
            next: Instant::now() + QUIET,
            patience,
            limit,
        }
    }

    /// How long until the end of waiting is to be told.
    fn left(&self) -> Duration {
        let left = self.patience.map(|until| until - Instant::now());
        left.unwrap_or(Duration::MAX)
    }

    fn failed(&mut self, cause: &str) {
        let now = Instant::now();
        if self.patience.is_some_and(|until| until <= now) {
            self.patience = None;
            tracing::warn!(
                "the function was not reachable within startup_timeout ({:?}): {cause}",
                self.limit
            );
        } else if self.told != cause && self.next <= now {
            tracing::warn!("the function is not reachable yet: {cause}");
        } else {
            return;
        }
        cause.clone_into(&mut self.told);
        self.next = now + GAP;
    }

    fn reached(&self, site: &Site) {
        if !self.told.is_empty() {
            tracing::info!("the function is reachable: {}", site.place());
        }
    }
}
