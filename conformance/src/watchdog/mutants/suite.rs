//! The one door to the suite.
//! It knows where the judge keeps cases, clauses and its runner.
//! It refuses to let anything else here know.

use std::path::PathBuf;

use crate::judge::{self, Suite as _};
use crate::watchdog::{Ground, Suite};

pub(super) use crate::judge::runner::run;
pub(super) use crate::judge::{Clause, Level, Verdict};
pub(super) use crate::watchdog::{Flavour, Profile};

pub(super) type Case = judge::Case<Suite>;
pub(super) type Judged = judge::Judged<Suite>;
pub(super) type Options = judge::Options<Suite>;
pub(super) type Run = judge::Run<Suite>;

/// What to judge, whatever stands in its place.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub binary: PathBuf,
    pub fixture_exe: PathBuf,
    pub flavour: Flavour,
    pub profile: &'static Profile,
    pub timeout_scale: f64,
}

impl Subject {
    /// One case at a time, on that executable.
    pub fn options(&self, shim: PathBuf) -> Options {
        let exe = self.fixture_exe.clone();
        let mut ground = Ground::new(shim, exe, self.flavour, self.profile);
        ground.timeout_scale = self.timeout_scale;
        Options {
            jobs: 1,
            ..Options::new(ground)
        }
    }

    /// Every run that can be judged on this subject, without those that run by name alone.
    pub fn runs(&self) -> Vec<Run> {
        let ground = Ground::new(
            self.binary.clone(),
            self.fixture_exe.clone(),
            self.flavour,
            self.profile,
        );
        let mut runs = judge::run::expand::<Suite>();
        runs.retain(|run| !run.case.named_only && Suite::inapplicable(&ground, run).is_none());
        runs
    }
}

pub(super) fn clause(id: &str) -> Option<&'static Clause> {
    Suite::clause(id)
}

pub(super) fn all_clauses() -> impl Iterator<Item = &'static str> {
    let chapters = Suite::chapters().iter();
    chapters
        .flat_map(|chapter| chapter.clauses)
        .map(|clause| clause.id)
}
