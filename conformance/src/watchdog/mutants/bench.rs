//! Where mutants of a watchdog are judged: an executable of their name for each, beside the real one.
//! It knows the real binary, and that a name of ours makes the executable a shim.
//! It refuses to judge: the judge does.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::layers::{Layer, Mutant};
use super::shim::SUBJECT;
use super::{faults, left_out};
use crate::judge::mutants::{self, Trouble};
use crate::judge::{self, Options, Run, Suite as _};
use crate::watchdog::{Flavour, Ground, Profile, Suite};

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
    /// The ground of a run on that executable.
    fn ground(&self, executable: PathBuf) -> Ground {
        let exe = self.fixture_exe.clone();
        let mut ground = Ground::new(executable, exe, self.flavour, self.profile);
        ground.timeout_scale = self.timeout_scale;
        ground
    }
}

/// The executables.
#[derive(Debug)]
pub(super) struct Bench {
    subject: Subject,
    dir: TempDir,
}

impl Bench {
    /// Makes an executable for every mutant, beside the name of the real binary.
    pub fn new(subject: Subject) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("mutants-").tempdir()?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        symlink(&subject.binary, dir.path().join(SUBJECT))?;
        for mutant in faults::with_controls() {
            for name in [mutant.id.to_owned(), faults::neutral_name(mutant.id)] {
                symlink(&subject.fixture_exe, dir.path().join(name))?;
            }
        }
        Ok(Self { subject, dir })
    }
}

impl mutants::Bench for Bench {
    type Suite = Suite;
    type Layer = Layer;
    type Stand = PathBuf;

    fn stand(&self, mutant: &'static Mutant, faulty: bool) -> Result<PathBuf, Trouble> {
        let name = if faulty {
            mutant.id.to_owned()
        } else {
            faults::neutral_name(mutant.id)
        };
        Ok(self.dir.path().join(name))
    }

    fn options(&self, stand: &PathBuf, _: &Run<Suite>) -> Result<Options<Suite>, Trouble> {
        Ok(Options::new(self.subject.ground(stand.clone())))
    }

    fn runs(&self) -> Vec<Run<Suite>> {
        let ground = self.subject.ground(self.subject.binary.clone());
        let mut runs = judge::run::expand::<Suite>();
        runs.retain(|run| !run.case.named_only && Suite::inapplicable(&ground, run).is_none());
        runs
    }

    fn is_left_out(&self, layer: &Layer, run: &str) -> bool {
        left_out::names(layer, run)
    }
}
