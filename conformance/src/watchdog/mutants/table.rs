//! What the mutants proved, for readers.
//! It knows proofs, clauses and the reasons for clauses that cannot be broken.
//! It refuses to round up: a clause counts where a case of its own noticed.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::faults::{UNBROKEN, all};
use super::prove::Proof;
use super::suite::{Level, clause};

/// The proofs, and what they come to.
#[derive(Clone, Debug)]
pub(super) struct Score<'a> {
    proofs: &'a [Proof],
}

impl<'a> Score<'a> {
    pub fn new(proofs: &'a [Proof]) -> Self {
        Self { proofs }
    }

    fn killed(&self) -> usize {
        self.proofs.iter().filter(|proof| proof.killed()).count()
    }

    /// Mutants of MUST clauses that nothing noticed.
    fn must_survivors(&self) -> usize {
        let must = |proof: &&Proof| proof.mutant.breaks.iter().any(|id| is_must(id));
        let of_must = self.proofs.iter().filter(must);
        of_must.filter(|proof| !proof.killed()).count()
    }

    /// MUST clauses that these mutants break and no case of theirs noticed.
    fn unproven(&self) -> Vec<&'static str> {
        let entries = || self.proofs.iter().flat_map(|proof| &proof.killers);
        let proven: HashSet<_> = entries()
            .filter(|(_, killer)| killer.is_some())
            .map(|(id, _)| *id)
            .collect();
        let mut seen = HashSet::new();
        entries()
            .map(|(id, _)| *id)
            .filter(|id| is_must(id) && !proven.contains(id) && seen.insert(*id))
            .collect()
    }

    pub fn passes(&self) -> bool {
        let (all, killed) = (self.proofs.len(), self.killed());
        self.must_survivors() == 0 && self.unproven().is_empty() && killed * 100 >= all * 95
    }

    /// A few lines for the terminal.
    pub fn summary(&self) -> String {
        let (all, killed) = (self.proofs.len(), self.killed());
        let mut out = format!("{killed} of {all} mutants killed\n");
        for id in self.unproven() {
            let text = clause(id).map_or("", |clause| clause.text);
            let _ = writeln!(out, "not proven: {id} {text}");
        }
        out
    }

    pub fn markdown(&self) -> String {
        let (all, killed) = (self.proofs.len(), self.killed());
        let clauses: HashSet<_> = self
            .proofs
            .iter()
            .flat_map(|proof| &proof.killers)
            .filter(|(id, killer)| killer.is_some() && is_must(id))
            .map(|(id, _)| *id)
            .collect();
        let mut out = format!(
            "{killed} of {all} mutants are killed; they break {} MUST clauses, and {} more cannot be broken from outside.\n\n| mutant | where | what goes wrong | breaks | noticed by |\n|---|---|---|---|---|\n",
            clauses.len(),
            UNBROKEN.len(),
        );
        for proof in self.proofs {
            let mutant = proof.mutant;
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                mutant.id,
                mutant.layer.name(),
                mutant.wrong,
                mutant.breaks.join(", "),
                killers(proof)
            );
        }
        out.push_str("\nMUST clauses that cannot be broken from outside:\n\n");
        for (id, why) in UNBROKEN {
            let _ = writeln!(out, "* {id}: {why}");
        }
        out
    }
}

/// The runs that noticed, or that none did.
fn killers(proof: &Proof) -> String {
    let own = proof
        .killers
        .iter()
        .filter_map(|(_, killer)| killer.as_ref());
    let names: Vec<String> = own
        .chain(&proof.elsewhere)
        .map(|id| format!("`{id}`"))
        .collect();
    if names.is_empty() {
        "**survived**".to_owned()
    } else {
        names.join(", ")
    }
}

/// One line for the terminal.
pub(super) fn line(proof: &Proof) -> String {
    let fate = if proof.killed() { "killed" } else { "SURVIVED" };
    let mut out = format!("{fate:<9}{:<44}", proof.mutant.id);
    for (id, killer) in &proof.killers {
        let _ = write!(out, " {id} {}", killer.as_deref().unwrap_or("-"));
    }
    if let Some(killer) = &proof.elsewhere {
        let _ = write!(out, " (elsewhere: {killer})");
    }
    let _ = write!(out, " ({:.1} s)", proof.took.as_secs_f64());
    out
}

pub(super) fn is_must(id: &str) -> bool {
    clause(id).is_some_and(|clause| clause.level == Level::Must)
}

/// MUST clauses that no mutant breaks and no reason excuses.
pub(super) fn unaimed() -> Vec<&'static str> {
    let broken: HashSet<&str> = all().flat_map(|mutant| mutant.breaks).copied().collect();
    let excused = |id: &str| UNBROKEN.iter().any(|(known, _)| *known == id);
    let must = super::suite::all_clauses().filter(|id| is_must(id));
    must.filter(|id| !broken.contains(id) && !excused(id))
        .collect()
}
