//! All mutants of a suite, and the clauses that none can break.
//! It knows the clauses of the suite.
//! It refuses a mutant without a clause, two of one name, and an excuse for a clause that is broken.

use std::collections::HashSet;
use std::marker::PhantomData;

use super::super::{Level, Suite};
use super::{Layer, Mutant};

/// Everything that a suite is proven by.
#[derive(Clone, Debug)]
pub struct Catalogue<S, L: 'static> {
    pub mutants: Vec<&'static Mutant<L>>,
    /// Those without a fault: whatever fails on them, the layer itself disturbs.
    pub controls: Vec<&'static Mutant<L>>,
    /// MUST clauses that no mutant breaks, and why none can.
    pub unbroken: &'static [(&'static str, &'static str)],
    suite: PhantomData<S>,
}

impl<S: Suite, L: Layer> Catalogue<S, L> {
    pub fn new(
        mutants: impl Iterator<Item = &'static Mutant<L>>,
        controls: &'static [Mutant<L>],
        unbroken: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            mutants: mutants.collect(),
            controls: controls.iter().collect(),
            unbroken,
            suite: PhantomData,
        }
    }

    /// Those that one of the globs names, controls among them; all mutants where there are none.
    pub fn wanted(&self, named: impl Fn(&str) -> bool, all: bool) -> Vec<&'static Mutant<L>> {
        if all {
            return self.mutants.clone();
        }
        let every = self.mutants.iter().chain(&self.controls).copied();
        every.filter(|mutant| named(mutant.id)).collect()
    }

    /// MUST clauses that no mutant breaks and no reason excuses.
    pub fn unaimed(&self) -> Vec<&'static str> {
        let broken = self.broken();
        let excused = |id: &str| self.unbroken.iter().any(|(known, _)| *known == id);
        let clauses = S::chapters().iter().flat_map(|chapter| chapter.clauses);
        clauses
            .map(|clause| clause.id)
            .filter(|id| is_must::<S>(id) && !broken.contains(id) && !excused(id))
            .collect()
    }

    /// What does not hold together.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        for mutant in self.mutants.iter().chain(&self.controls) {
            if !seen.insert(mutant.id) {
                faults.push(format!("{} is there twice", mutant.id));
            }
            for clause in mutant.breaks {
                if S::clause(clause).is_none() {
                    faults.push(format!("{}: no clause {clause}", mutant.id));
                }
            }
        }
        for mutant in &self.mutants {
            if mutant.is_control() {
                faults.push(format!("{} breaks nothing", mutant.id));
            }
        }
        for control in self.controls.iter().filter(|one| !one.is_control()) {
            faults.push(format!("{} is no control", control.id));
        }
        let broken = self.broken();
        for (id, why) in self.unbroken {
            if !is_must::<S>(id) || broken.contains(id) || why.is_empty() {
                faults.push(format!("{id} needs no excuse, or has none"));
            }
        }
        faults
    }

    fn broken(&self) -> HashSet<&'static str> {
        let all = self.mutants.iter().flat_map(|mutant| mutant.breaks);
        all.copied().collect()
    }
}

pub(super) fn is_must<S: Suite>(id: &str) -> bool {
    S::clause(id).is_some_and(|clause| clause.level == Level::Must)
}
