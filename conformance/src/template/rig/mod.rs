//! What a case is given: a function that a template has built, and a watchdog to start it behind.
//! It knows the environment that the function wants, and the watchdog suite's rig, which has everything else.
//! It refuses to build: what is judged is there already.

mod environment;
mod function;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::profile::Profile;
use crate::judge::Failure;
use crate::watchdog::rig::{Hold, Rig as Bench, Setup, Watchdog};
use crate::watchdog::{Ground as Watched, Mode};

pub use function::{Echo, all_at_once, echo, json_of, peak};

/// What every run shares.
#[derive(Debug)]
pub struct Ground {
    pub lang: String,
    /// Where the function was built.
    pub folder: PathBuf,
    pub profile: &'static Profile,
    /// The watchdog in front of it.
    pub watchdog: Arc<Watched>,
    environment: Vec<(String, String)>,
}

impl Ground {
    /// `folder` has the file `environment`, as `templates/native` leaves it.
    pub fn native(lang: &str, folder: &Path, watchdog: Watched) -> Result<Self, String> {
        Ok(Self {
            lang: lang.to_owned(),
            folder: folder.to_owned(),
            profile: Profile::of(lang),
            environment: environment::read(&folder.join("environment"))?,
            watchdog: Arc::new(watchdog),
        })
    }
}

/// The tools of one run of one case: those of the watchdog suite, and the function.
#[derive(Debug)]
pub struct Rig {
    ground: Arc<Ground>,
    bench: Bench,
}

impl Deref for Rig {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

impl Rig {
    pub fn new(ground: Arc<Ground>) -> Result<Self, Failure> {
        let bench = Bench::new(Arc::clone(&ground.watchdog), Mode::Http)?;
        Ok(Self { ground, bench })
    }

    /// The function behind its watchdog, to be configured and started.
    pub fn function(&self) -> Setup {
        let environment = self.ground.environment.iter();
        let setup = environment.fold(self.watchdog(), |setup, (name, value)| {
            setup.env(name, value)
        });
        if self.ground.watchdog.profile.claims("term-signal-timing") {
            return setup;
        }
        // A watchdog that knows no other way passes the signal on at once.
        setup.env("term_signal_timing", "immediate")
    }

    /// The function as it is, ready.
    pub fn start(&self) -> Result<Watchdog, Failure> {
        self.ready(self.function())
    }

    /// Starts what was configured, and waits until it is ready.
    pub fn ready(&self, setup: Setup) -> Result<Watchdog, Failure> {
        let function = setup.start()?;
        function.wait_status("/_/ready", 200, 20.0)?;
        Ok(function)
    }

    pub(super) fn hold(&self) -> Hold {
        self.bench.hold()
    }
}
