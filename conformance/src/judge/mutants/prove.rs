//! Whether the suite notices a mutant.
//! It knows which cases judge the clauses that it breaks, and tries them one by one.
//! It refuses a kill by a case that fails without the fault as well.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::super::{Case, Judged, Options, Run, Suite, Verdict, runner};
use super::queue::side_by_side;
use super::{Bench, Layer, Mutant, Trouble};

/// What became of a mutant.
#[derive(Clone, Debug)]
pub(super) struct Proof<L: 'static> {
    pub mutant: &'static Mutant<L>,
    /// For each clause that it breaks, the run that notices.
    pub killers: Vec<(&'static str, Option<String>)>,
    /// A run of another clause that notices, where none of its own does.
    pub elsewhere: Option<String>,
    /// Whether no case of its clauses can be run here.
    pub left_out: bool,
    /// Why it could not be judged to the end.
    pub trouble: Option<Trouble>,
    pub took: Duration,
}

impl<L> Proof<L> {
    pub fn killed(&self) -> bool {
        self.elsewhere.is_some() || self.killers.iter().any(|(_, killer)| killer.is_some())
    }
}

type Once<T> = Arc<OnceLock<T>>;
/// What stands, or why it does not.
type Stood<B> = Result<<B as Bench>::Stand, Trouble>;

/// Judges mutants.
pub(super) struct Prover<B: Bench> {
    bench: B,
    /// Whether the cases of its clauses are all that is tried.
    own_cases: bool,
    /// Those that need the machine to themselves have it.
    quiet: RwLock<()>,
    /// What stands without a fault, by the shape of its layer.
    neutral: Mutex<HashMap<String, Once<Stood<B>>>>,
    /// Whether a run passes there, by that shape and the id of the run.
    controls: Mutex<HashMap<(String, String), Once<bool>>>,
}

impl<B: Bench> Prover<B> {
    pub fn new(bench: B, own_cases: bool) -> Self {
        Self {
            bench,
            own_cases,
            quiet: RwLock::new(()),
            neutral: Mutex::default(),
            controls: Mutex::default(),
        }
    }

    /// Tries the cases of its clauses, then those of their chapters.
    pub fn prove(&self, mutant: &'static Mutant<B::Layer>) -> Proof<B::Layer> {
        let start = Instant::now();
        let mut proof = Proof {
            mutant,
            killers: mutant.breaks.iter().map(|&clause| (clause, None)).collect(),
            elsewhere: None,
            left_out: false,
            trouble: None,
            took: Duration::ZERO,
        };
        proof.trouble = self.try_out(&mut proof).err();
        proof.took = start.elapsed();
        proof
    }

    fn try_out(&self, proof: &mut Proof<B::Layer>) -> Result<(), Trouble> {
        let mutant = proof.mutant;
        let own = self.runs(|case| mutant.breaks.contains(&case.clause));
        if own.is_empty() {
            proof.left_out = true;
            return Ok(());
        }
        let stand = self.bench.stand(mutant, true)?;
        let mut tried = HashSet::new();
        for (clause, killer) in &mut proof.killers {
            let runs = self.runs(|case| case.clause == *clause);
            *killer = self.killer(mutant, &stand, &runs, &mut tried)?;
        }
        if !proof.killed() && !self.own_cases {
            let chapters: HashSet<_> = mutant.breaks.iter().map(|id| chapter(id)).collect();
            let runs = self.runs(|case| chapters.contains(chapter(case.clause)));
            proof.elsewhere = self.killer(mutant, &stand, &runs, &mut tried)?;
        }
        Ok(())
    }

    /// What does not pass on it, of those cases.
    pub fn failures(
        &self,
        mutant: &'static Mutant<B::Layer>,
        wanted: &[String],
        jobs: usize,
    ) -> Result<Vec<Judged<B::Suite>>, Trouble> {
        let stand = self.bench.stand(mutant, true)?;
        let mut runs = self.bench.runs();
        runs.retain(|run| run.wanted(wanted) && !self.bench.is_left_out(&mutant.layer, &run.id()));
        let judged = side_by_side(runs, jobs, |run| self.judged(&stand, &run));
        let mut judged: Vec<_> = judged
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        judged.retain(|judged| judged.verdict.fails() || judged.verdict == Verdict::Error);
        Ok(judged)
    }

    /// The runs of these cases: each case in one variant, then in the others.
    fn runs(&self, wanted: impl Fn(&Case<B::Suite>) -> bool) -> Vec<Run<B::Suite>> {
        let mut seen = HashSet::new();
        let all = self.bench.runs().into_iter();
        let (first, more): (Vec<_>, Vec<_>) = all
            .filter(|run| wanted(run.case))
            .partition(|run| seen.insert(run.case.id));
        first.into_iter().chain(more).collect()
    }

    fn killer(
        &self,
        mutant: &'static Mutant<B::Layer>,
        stand: &B::Stand,
        runs: &[Run<B::Suite>],
        tried: &mut HashSet<String>,
    ) -> Result<Option<String>, Trouble> {
        for run in runs {
            let id = run.id();
            if !tried.insert(id.clone()) || self.bench.is_left_out(&mutant.layer, &id) {
                continue;
            }
            let verdict = self.verdict(stand, run)?;
            if verdict == Some(Verdict::Fail) && self.passes_without_fault(mutant, run)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn passes_without_fault(
        &self,
        mutant: &'static Mutant<B::Layer>,
        run: &Run<B::Suite>,
    ) -> Result<bool, Trouble> {
        let shape = mutant.layer.shape();
        let stand = once(&self.neutral, shape.clone());
        let stand = stand.get_or_init(|| self.bench.stand(mutant, false));
        let stand = stand.as_ref().map_err(Clone::clone)?;
        let known = once(&self.controls, (shape, run.id()));
        if let Some(passes) = known.get() {
            return Ok(*passes);
        }
        let passes = self.verdict(stand, run)? == Some(Verdict::Pass);
        Ok(*known.get_or_init(|| passes))
    }

    fn verdict(&self, stand: &B::Stand, run: &Run<B::Suite>) -> Result<Option<Verdict>, Trouble> {
        Ok(self.judged(stand, run)?.map(|judged| judged.verdict))
    }

    fn judged(
        &self,
        stand: &B::Stand,
        run: &Run<B::Suite>,
    ) -> Result<Option<Judged<B::Suite>>, Trouble> {
        let options = Options {
            run: vec![run.id()],
            jobs: 1,
            ..self.bench.options(stand, run)?
        };
        let judge = || judge_one(&options);
        if run.case.exclusive {
            let _alone = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
            return Ok(judge());
        }
        let _beside = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        Ok(judge())
    }
}

fn judge_one<S: Suite>(options: &Options<S>) -> Option<Judged<S>> {
    let summary = runner::run(options, &|_, _, _| {});
    summary.judged.into_iter().next()
}

/// What is made once under that key.
fn once<K: Eq + std::hash::Hash, T>(all: &Mutex<HashMap<K, Once<T>>>, key: K) -> Once<T> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(key).or_default())
}

/// `PR-1` of `PR-1.2`.
fn chapter(clause: &str) -> &str {
    clause.split('.').next().unwrap_or(clause)
}
