//! Whether the suite notices a mutant.
//! It knows which cases judge the clauses that it breaks, and tries them one by one.
//! It refuses a kill by a case that fails without the fault as well.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::layers::Mutant;
use super::shim::SUBJECT;
use super::suite::{Case, Judged, Options, Run, Subject, Verdict, run};
use super::{faults, left_out};

/// What became of a mutant.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub mutant: &'static Mutant,
    /// For each clause that it breaks, the run that notices.
    pub killers: Vec<(&'static str, Option<String>)>,
    /// A run of another clause that notices, where none of its own does.
    pub elsewhere: Option<String>,
    pub took: Duration,
}

impl Proof {
    pub fn killed(&self) -> bool {
        self.elsewhere.is_some() || self.killers.iter().any(|(_, killer)| killer.is_some())
    }
}

/// The shape of a layer, and a run.
type Control = (String, String);

/// Where mutants are judged.
#[derive(Debug)]
pub(super) struct Bench {
    subject: Subject,
    own_cases: bool,
    dir: TempDir,
    /// Those that need the machine to themselves have it.
    quiet: RwLock<()>,
    controls: Mutex<HashMap<Control, Arc<OnceLock<bool>>>>,
}

impl Bench {
    /// Makes an executable for every mutant, beside the name of the real binary.
    pub fn new(subject: Subject, own_cases: bool) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("mutants-").tempdir()?;
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(dir.path(), open)?;
        symlink(&subject.binary, dir.path().join(SUBJECT))?;
        for mutant in faults::with_controls() {
            for name in [mutant.id.to_owned(), faults::neutral_name(mutant.id)] {
                symlink(&subject.fixture_exe, dir.path().join(name))?;
            }
        }
        Ok(Self {
            subject,
            own_cases,
            dir,
            quiet: RwLock::new(()),
            controls: Mutex::default(),
        })
    }

    fn shim(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    /// Tries the cases of its clauses, then those of their chapters.
    pub fn prove(&self, mutant: &'static Mutant) -> Proof {
        let start = Instant::now();
        let mut tried = HashSet::new();
        let killers: Vec<_> = mutant
            .breaks
            .iter()
            .map(|&clause| (clause, self.of_clause(clause)))
            .map(|(clause, runs)| (clause, self.killer(mutant, &runs, &mut tried)))
            .collect();
        let mut proof = Proof {
            mutant,
            killers,
            elsewhere: None,
            took: Duration::ZERO,
        };
        if !proof.killed() && !self.own_cases {
            let chapters = self.of_chapters(mutant.breaks);
            proof.elsewhere = self.killer(mutant, &chapters, &mut tried);
        }
        proof.took = start.elapsed();
        proof
    }

    /// Every run with no fault on, but for those that are left out; what does not pass.
    pub fn control(&self, mutant: &'static Mutant, wanted: &[String], jobs: usize) -> Vec<Judged> {
        let options = Options {
            run: wanted.to_vec(),
            skip: left_out::globs(&mutant.layer),
            jobs,
            ..self.subject.options(self.shim(mutant.id))
        };
        let mut judged = run(&options, &|_, _, _| {}).judged;
        judged.retain(|judged| judged.verdict.fails() || judged.verdict == Verdict::Error);
        judged
    }

    /// The runs of these cases that this subject can be judged by: each case in one mode, then in the others.
    fn runs(&self, wanted: impl Fn(&Case) -> bool) -> Vec<Run> {
        let mut seen = HashSet::new();
        let all = self.subject.runs().into_iter();
        let (first, more): (Vec<Run>, Vec<Run>) = all
            .filter(|run| wanted(run.case))
            .partition(|run| seen.insert(run.case.id));
        first.into_iter().chain(more).collect()
    }

    fn of_clause(&self, clause: &str) -> Vec<Run> {
        self.runs(|case| case.clause == clause)
    }

    fn of_chapters(&self, clauses: &[&str]) -> Vec<Run> {
        let chapter = |clause: &str| clause.split('.').next().map(str::to_owned);
        self.runs(|case| {
            clauses
                .iter()
                .any(|clause| chapter(clause) == chapter(case.clause))
        })
    }

    fn killer(
        &self,
        mutant: &'static Mutant,
        runs: &[Run],
        tried: &mut HashSet<String>,
    ) -> Option<String> {
        let kills = |run: &&Run| {
            tried.insert(run.id())
                && !left_out::names(&mutant.layer, &run.id())
                && self.verdict(mutant.id, run) == Some(Verdict::Fail)
                && self.passes_without_fault(mutant, run)
        };
        runs.iter().find(kills).map(Run::id)
    }

    fn passes_without_fault(&self, mutant: &'static Mutant, run: &Run) -> bool {
        let key = (mutant.layer.shape(), run.id());
        let known = {
            let mut controls = self.controls.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(controls.entry(key).or_default())
        };
        *known.get_or_init(|| {
            let name = faults::neutral_name(mutant.id);
            self.verdict(&name, run) == Some(Verdict::Pass)
        })
    }

    fn verdict(&self, name: &str, wanted: &Run) -> Option<Verdict> {
        let options = Options {
            run: vec![wanted.id()],
            ..self.subject.options(self.shim(name))
        };
        let judge = || {
            let summary = run(&options, &|_, _, _| {});
            summary.judged.first().map(|judged| judged.verdict)
        };
        if wanted.case.exclusive {
            let _alone = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
            return judge();
        }
        let _beside = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        judge()
    }
}

/// Whether a mutant is a control: it breaks nothing.
pub(super) fn is_control(mutant: &Mutant) -> bool {
    mutant.breaks.is_empty()
}
