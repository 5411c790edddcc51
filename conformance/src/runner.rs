//! Runs cases: which ones, how many at a time, for how long, and what their end means.
//! It knows cases, the profile, deviations and the clock.
//! It refuses to print: an observer sees every result as it comes.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wildmatch::WildMatch;

use crate::case::{Case, Failure, FailureKind, Flavour, Mode, Outcome};
use crate::cases;
use crate::deviation::Deviations;
use crate::profile::{MetricsPort, Profile};
use crate::rig::{Ground, Rig, ports};

/// What to judge, and how.
#[derive(Clone, Debug)]
pub struct Options {
    pub subject: PathBuf,
    /// The executable that answers to `fixture NAME ARGS...`.
    pub fixture_exe: PathBuf,
    pub flavour: Flavour,
    pub profile: &'static Profile,
    /// Globs over `id` and `id@mode`; none means all.
    pub run: Vec<String>,
    pub skip: Vec<String>,
    pub jobs: usize,
    pub repeat: usize,
    pub deviations: Deviations,
    pub fail_fast: bool,
    pub timeout_scale: f64,
}

impl Options {
    /// Everything once, a case per core at a time.
    pub fn new(
        subject: PathBuf,
        fixture_exe: PathBuf,
        flavour: Flavour,
        profile: &'static Profile,
    ) -> Self {
        Self {
            subject,
            fixture_exe,
            flavour,
            profile,
            run: Vec::new(),
            skip: Vec::new(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            repeat: 1,
            deviations: Deviations::default(),
            fail_fast: false,
            timeout_scale: 1.0,
        }
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    /// Left out: asked for, or this machine lacks what the case needs.
    Skip,
    /// Not meant for this flavour, mode or subject.
    NotApplicable,
    Error,
    KnownDeviation,
    UnexpectedPass,
}

impl Verdict {
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Skip,
        Self::NotApplicable,
        Self::Error,
        Self::KnownDeviation,
        Self::UnexpectedPass,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::NotApplicable => "not-applicable",
            Self::Error => "error",
            Self::KnownDeviation => "known-deviation",
            Self::UnexpectedPass => "unexpected-pass",
        }
    }

    /// Whether the whole run fails by it.
    pub fn fails(self) -> bool {
        matches!(self, Self::Fail | Self::UnexpectedPass)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One case in one mode.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub case: &'static Case,
    pub mode: Mode,
    /// Which repetition.
    pub round: usize,
}

impl Run {
    /// `id`, or `id@mode` where the case names its modes.
    pub fn id(&self) -> String {
        if self.case.modes.is_empty() {
            self.case.id.to_owned()
        } else {
            format!("{}@{}", self.case.id, self.mode.name())
        }
    }
}

/// A run that ended.
#[derive(Clone, Debug)]
pub struct Judged {
    pub run: Run,
    pub verdict: Verdict,
    pub took: Duration,
    pub message: String,
    pub wire: String,
    pub log: String,
}

/// All results, in the order of the chapters.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub judged: Vec<Judged>,
    pub took: Duration,
}

impl Summary {
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged
            .iter()
            .filter(|judged| judged.verdict == verdict)
            .count()
    }

    /// 0 pass, 1 failures, 3 suite fault.
    pub fn exit_code(&self) -> u8 {
        if self.judged.iter().any(|judged| judged.verdict.fails()) {
            1
        } else if self.count(Verdict::Error) > 0 {
            3
        } else {
            0
        }
    }
}

/// Whether a glob of the command line means this run.
pub fn matches(globs: &[String], run: &Run) -> bool {
    globs.iter().any(|glob| {
        let glob = WildMatch::new(glob);
        glob.matches(run.case.id) || glob.matches(&run.id())
    })
}

/// Whether the command line asks for this run.
fn wanted(globs: &[String], run: &Run) -> bool {
    if run.case.named_only {
        return globs
            .iter()
            .any(|name| name == run.case.id || *name == run.id());
    }
    globs.is_empty() || matches(globs, run)
}

/// Every run of every case, in order.
pub fn expand(flavour: Flavour) -> Vec<Run> {
    let mut runs = Vec::new();
    for case in cases::all() {
        if case.modes.is_empty() {
            runs.push(Run {
                case,
                mode: flavour.default_mode(),
                round: 1,
            });
        }
        for &mode in case.modes {
            runs.push(Run {
                case,
                mode,
                round: 1,
            });
        }
    }
    runs
}

/// Why a run cannot be judged on this subject, if so.
fn inapplicable(options: &Options, run: &Run) -> Option<String> {
    let profile = options.profile;
    if !run.case.flavours.include(options.flavour) {
        return Some(format!("not for the {} flavour", options.flavour.name()));
    }
    if !profile.modes.contains(&run.mode) {
        return Some(format!("{} has no mode {}", profile.name, run.mode.name()));
    }
    let feature = run.case.feature?;
    (!profile.claims(feature)).then(|| format!("{} does not claim {feature}", profile.name))
}

/// Judges; `observe` sees each result, how many there are so far and how many there will be.
pub fn run(options: &Options, observe: &(dyn Fn(&Judged, usize, usize) + Sync)) -> Summary {
    let start = Instant::now();
    let ground = Arc::new(Ground {
        subject: options.subject.clone(),
        fixture_exe: options.fixture_exe.clone(),
        flavour: options.flavour,
        profile: options.profile,
        timeout_scale: options.timeout_scale,
    });
    let mut asked = expand(options.flavour);
    asked.retain(|run| wanted(&options.run, run));
    let mut runs = Vec::new();
    for run in asked {
        runs.extend((1..=options.repeat.max(1)).map(|round| Run { round, ..run }));
    }
    let stage = Stage {
        options,
        ground,
        total: runs.len(),
        results: Mutex::new(Vec::new()),
        stop: AtomicBool::new(false),
        observe,
    };
    let (alone, together): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .enumerate()
        .partition(|(_, run)| run.case.exclusive);
    let jobs = if options.profile.parallel() {
        options.jobs.max(1)
    } else {
        1
    };
    // Whoever judges a subject with fixed ports has them to himself for the whole run, where nobody else was first.
    let _turn = match options.profile.metrics {
        MetricsPort::Fixed(port) => ports::turn(port),
        MetricsPort::Chosen => None,
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
    }
}

struct Stage<'a> {
    options: &'a Options,
    ground: Arc<Ground>,
    total: usize,
    results: Mutex<Vec<(usize, Judged)>>,
    stop: AtomicBool,
    observe: &'a (dyn Fn(&Judged, usize, usize) + Sync),
}

impl Stage<'_> {
    fn work(&self, runs: Vec<(usize, Run)>, jobs: usize) {
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
                        if self.stop.load(Ordering::SeqCst) {
                            return;
                        }
                        self.note(index, self.judge(run));
                    }
                });
            }
        });
    }

    fn note(&self, index: usize, judged: Judged) {
        if self.options.fail_fast && judged.verdict.fails() {
            self.stop.store(true, Ordering::SeqCst);
        }
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        (self.observe)(&judged, results.len() + 1, self.total);
        results.push((index, judged));
    }

    fn judge(&self, run: Run) -> Judged {
        let quiet = |verdict, message: String| Judged {
            run,
            verdict,
            took: Duration::ZERO,
            message,
            wire: String::new(),
            log: String::new(),
        };
        if let Some(why) = inapplicable(self.options, &run) {
            return quiet(Verdict::NotApplicable, why);
        }
        if matches(&self.options.skip, &run) {
            return quiet(Verdict::Skip, "asked to skip".to_owned());
        }
        let performed = perform(&self.ground, run);
        let (verdict, message) = self.verdict(&run, performed.outcome);
        let told = !matches!(verdict, Verdict::Pass | Verdict::Skip);
        Judged {
            run,
            verdict,
            took: performed.took,
            message,
            wire: if told { performed.wire } else { String::new() },
            log: if told { performed.log } else { String::new() },
        }
    }

    /// Reads the outcome in the light of the deviations.
    fn verdict(&self, run: &Run, outcome: Outcome) -> (Verdict, String) {
        let listed = self.options.deviations.of(run);
        match (outcome, listed) {
            (Ok(()), None) => (Verdict::Pass, String::new()),
            (Ok(()), Some(entry)) if entry.flaky => (Verdict::Pass, entry.reason.clone()),
            (Ok(()), Some(entry)) => (
                Verdict::UnexpectedPass,
                format!("listed as {}: {}", entry.bug, entry.reason),
            ),
            (Err(failure), listed) => match (failure.kind, listed) {
                (FailureKind::NotApplicable, _) => (Verdict::Skip, failure.message),
                (FailureKind::Fault, _) => (Verdict::Error, failure.message),
                (FailureKind::Failed, None) => (Verdict::Fail, failure.message),
                (FailureKind::Failed, Some(entry)) => (
                    Verdict::KnownDeviation,
                    format!("{}: {}", entry.bug, failure.message),
                ),
            },
        }
    }
}

struct Performed {
    outcome: Outcome,
    took: Duration,
    wire: String,
    log: String,
}

/// Runs one case in a thread of its own, so that a hang costs its deadline and no more.
fn perform(ground: &Arc<Ground>, run: Run) -> Performed {
    let start = Instant::now();
    let mut rig = match Rig::new(Arc::clone(ground), run.mode) {
        Ok(rig) => rig,
        Err(failure) => {
            let (wire, log) = (String::new(), String::new());
            return Performed {
                outcome: Err(failure),
                took: start.elapsed(),
                wire,
                log,
            };
        }
    };
    let limit = Duration::from_secs(run.case.seconds).mul_f64(ground.timeout_scale);
    let (story, dir) = (rig.story(), rig.hold());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| (run.case.run)(&mut rig)));
        let outcome = outcome
            .unwrap_or_else(|panic| Err(Failure::fault(format!("panic: {}", text(&*panic)))));
        let _ = sender.send(outcome);
    });
    let outcome = match receiver.recv_timeout(limit) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => {
            dir.kill_all();
            Err(Failure::failed(format!("not over within its {limit:?}")))
        }
        Err(RecvTimeoutError::Disconnected) => Err(Failure::fault("the case vanished")),
    };
    let took = start.elapsed();
    Performed {
        outcome,
        took,
        wire: story.wire(),
        log: story.log(),
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
