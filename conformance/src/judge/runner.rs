//! Runs cases: which ones, how many at a time, and what their end means.
//! It knows a suite by its trait, deviations and the clock.
//! It refuses to print: an observer sees every result as it comes, without secrets.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::perform::perform;
use super::redact::Redactor;
use super::run::expand;
use super::{Deviations, Evidence, Level, Run, Suite, Verdict};

/// What to judge, and how.
#[derive(Debug)]
pub struct Options<S: Suite> {
    pub ground: Arc<S::Ground>,
    /// Globs over `id` and `id@variant`; none means all.
    pub run: Vec<String>,
    pub skip: Vec<String>,
    pub jobs: usize,
    pub repeat: usize,
    pub deviations: Deviations,
    pub fail_fast: bool,
    /// The weakest level of which a failure makes the whole run fail.
    pub fails_on: Level,
    /// Set from outside: no further case starts, and those that run are stopped.
    pub stop: Arc<AtomicBool>,
}

impl<S: Suite> Options<S> {
    /// Everything once, a case per core at a time.
    pub fn new(ground: S::Ground) -> Self {
        Self::on(Arc::new(ground))
    }

    /// The same, on a ground that others have as well.
    pub fn on(ground: Arc<S::Ground>) -> Self {
        Self {
            ground,
            run: Vec::new(),
            skip: Vec::new(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            repeat: 1,
            deviations: Deviations::default(),
            fail_fast: false,
            fails_on: Level::May,
            stop: Arc::default(),
        }
    }

    /// The runs that are asked for, repetitions and all.
    pub fn runs(&self) -> Vec<Run<S>> {
        let mut runs = Vec::new();
        for run in expand::<S>() {
            if run.wanted(&self.run) {
                runs.extend((1..=self.repeat.max(1)).map(|round| Run { round, ..run }));
            }
        }
        runs
    }
}

// Derived, it would ask for a ground that can be cloned.
impl<S: Suite> Clone for Options<S> {
    fn clone(&self) -> Self {
        Self {
            ground: Arc::clone(&self.ground),
            run: self.run.clone(),
            skip: self.skip.clone(),
            deviations: self.deviations.clone(),
            stop: Arc::clone(&self.stop),
            ..*self
        }
    }
}

/// A run that ended.
#[derive(Clone, Debug)]
pub struct Judged<S: Suite> {
    pub run: Run<S>,
    pub verdict: Verdict,
    pub took: Duration,
    pub message: String,
    /// Kept only where there is something to look into.
    pub evidence: Evidence,
}

/// All results, in the order of the chapters.
#[derive(Clone, Debug)]
pub struct Summary<S: Suite> {
    pub judged: Vec<Judged<S>>,
    pub took: Duration,
    pub fails_on: Level,
    /// What the run made and its suite could not remove, each with the reason.
    pub left_behind: Vec<String>,
}

impl<S: Suite> Summary<S> {
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged
            .iter()
            .filter(|judged| judged.verdict == verdict)
            .count()
    }

    /// 0 pass, 1 failures, 3 suite fault.
    pub fn exit_code(&self) -> u8 {
        let outcomes = self.judged.iter();
        Verdict::exit_code(
            outcomes.map(|judged| (judged.verdict, judged.run.case.level)),
            self.fails_on,
            &self.left_behind,
        )
    }
}

/// Sees each result, how many there are so far and how many there will be.
pub type Observer<'a, S> = &'a (dyn Fn(&Judged<S>, usize, usize) + Sync);

/// Judges.
pub fn run<S: Suite>(options: &Options<S>, observe: Observer<'_, S>) -> Summary<S> {
    let start = Instant::now();
    let runs = options.runs();
    let stage = Stage {
        options,
        total: runs.len(),
        results: Mutex::new(Vec::new()),
        enough: AtomicBool::new(false),
        redactor: Redactor::new(&S::secrets(&options.ground)),
        observe,
    };
    let (alone, together): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .enumerate()
        .partition(|(_, run)| run.case.exclusive);
    let jobs = if S::parallel(&options.ground) {
        options.jobs.max(1)
    } else {
        1
    };
    stage.work(together, jobs);
    stage.work(alone, 1);
    let mut results = stage
        .results
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    let judged = results.into_iter().map(|(_, judged)| judged).collect();
    Summary {
        judged,
        took: start.elapsed(),
        fails_on: options.fails_on,
        left_behind: Vec::new(),
    }
}

struct Stage<'a, S: Suite> {
    options: &'a Options<S>,
    total: usize,
    results: Mutex<Vec<(usize, Judged<S>)>>,
    /// A failure was all that was asked for.
    enough: AtomicBool,
    redactor: Redactor,
    observe: Observer<'a, S>,
}

impl<S: Suite> Stage<'_, S> {
    fn work(&self, runs: Vec<(usize, Run<S>)>, jobs: usize) {
        let queue = Mutex::new(VecDeque::from(runs));
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        let next = queue
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .pop_front();
                        let Some((index, run)) = next else { return };
                        if self.over() {
                            return;
                        }
                        self.note(index, self.judge(run));
                    }
                });
            }
        });
    }

    fn over(&self) -> bool {
        self.enough.load(Ordering::SeqCst) || self.options.stop.load(Ordering::SeqCst)
    }

    fn note(&self, index: usize, judged: Judged<S>) {
        if self.options.fail_fast && judged.verdict.fails() {
            self.enough.store(true, Ordering::SeqCst);
        }
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        (self.observe)(&judged, results.len() + 1, self.total);
        results.push((index, judged));
    }

    fn judge(&self, run: Run<S>) -> Judged<S> {
        let quiet = |verdict, message: String| Judged {
            run,
            verdict,
            took: Duration::ZERO,
            message,
            evidence: Evidence::default(),
        };
        if let Some(why) = S::inapplicable(&self.options.ground, &run) {
            return quiet(Verdict::NotApplicable, why);
        }
        if run.matches(&self.options.skip) {
            return quiet(Verdict::Skip, "asked to skip".to_owned());
        }
        let performed = perform(&self.options.ground, run, &self.options.stop);
        let listed = self.options.deviations.of(&run);
        let (verdict, message) = Verdict::of(performed.outcome, listed);
        let mut evidence = performed.evidence;
        if !verdict.wants_reading() {
            evidence = Evidence {
                notes: evidence.notes,
                ..Evidence::default()
            };
        }
        let redactor = self.redactor.and(&performed.secrets);
        evidence.clean(&redactor);
        Judged {
            run,
            verdict,
            took: performed.took,
            message: redactor.clean(&message),
            evidence,
        }
    }
}
