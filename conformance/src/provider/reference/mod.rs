//! The reference provider: functions as local processes behind the provider REST API.
//! It knows the contract's routes, in the shape of a provider and in that of a gateway, and fwatchdog.
//! It refuses to be a product: it is for tests, demos and work on templates, on one machine, with no wall between functions.
#![expect(
    clippy::result_large_err,
    reason = "a refusal is the answer itself, moved once on its way to the client"
)]

pub(super) mod answer;
mod api;
mod auth;
mod autoscale;
mod deployment;
pub(super) mod faults;
mod forward;
pub(super) mod function;
pub(super) mod image;
mod invoke;
mod json;
mod keeper;
pub(super) mod launch;
mod logs;
mod memory;
mod metrics;
mod names;
mod options;
mod quantity;
mod queue;
mod relay;
mod replica;
mod root;
mod route;
mod server;
mod sweep;
pub(super) mod upload;
mod without;
mod world;

#[cfg(feature = "mutants")]
pub(super) use names::{DEFAULT, is_label};
#[cfg(feature = "mutants")]
pub(super) use options::fwatchdog;
pub use options::{command, run};
#[cfg(feature = "mutants")]
pub(super) use route::decode;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use auth::Door;
use function::Function;
use image::Images;
use metrics::Metrics;
use without::Without;
use world::World;

/// Whose place the provider takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Provider,
    Gateway,
}

/// How it was started.
#[derive(Clone, Debug)]
struct Options {
    shape: Shape,
    door: Door,
    images: Images,
    /// This executable, which is also the probe.
    own: PathBuf,
    fwatchdog: PathBuf,
    /// The longest that a request to the API may take to arrive.
    read_timeout: Duration,
    /// The longest that an invocation may take, to its last byte.
    timeout: Duration,
    /// How long an invocation waits for a replica that is ready.
    hold: Duration,
    /// From SIGTERM to SIGKILL.
    grace: Duration,
    max_replicas: u32,
    /// Whether it can keep functions from writing to what they take for their root.
    closes: bool,
    /// Whether functions are told with a label of the provider's own.
    labelled: bool,
    without: Without,
}

/// Everything that requests share.
struct Provider {
    options: Options,
    root: root::Root,
    world: World,
    metrics: Metrics,
    keepers: Mutex<JoinSet<()>>,
    /// Calls that wait in the queue or are being made.
    calls: Mutex<JoinSet<()>>,
    turns: Arc<Semaphore>,
    /// Becomes true when the provider is told to end.
    stop: watch::Receiver<bool>,
}

impl Provider {
    fn root(&self) -> &Path {
        self.root.path()
    }

    /// The secrets of those names, where they exist.
    fn secret_values(&self, namespace: &str, names: &[String]) -> Vec<(String, Vec<u8>)> {
        let value = |name: &String| Some((name.clone(), self.world.secret(namespace, name)?));
        names.iter().filter_map(value).collect()
    }

    /// Gives the function its keeper. Nobody who leaves can come between the two.
    fn keep(self: &Arc<Self>, function: Arc<Function>) {
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        while keepers.try_join_next().is_some() {}
        keepers.spawn(keeper::keep(Arc::clone(self), function));
    }

    /// Makes what is queued, as far as there is time, and then ends every function.
    async fn close(&self) {
        let mut calls = taken(&self.calls);
        let made = async { while calls.join_next().await.is_some() {} };
        if timeout(server::DRAIN, made).await.is_err() {
            calls.shutdown().await;
        }
        self.world.clear();
        let mut keepers = taken(&self.keepers);
        while keepers.join_next().await.is_some() {}
    }
}

fn taken(tasks: &Mutex<JoinSet<()>>) -> JoinSet<()> {
    std::mem::take(&mut *tasks.lock().unwrap_or_else(PoisonError::into_inner))
}
