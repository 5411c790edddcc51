//! What the mutants proved.
//! It knows proofs and clauses.
//! It refuses to round up: a clause counts where a case of its own noticed.

use std::collections::HashSet;

use super::super::Suite;
use super::Catalogue;
use super::catalogue::is_must;
use super::prove::Proof;

/// The share of mutants that has to be killed, in percent.
const ENOUGH: usize = 95;

/// The proofs, and what they come to.
#[derive(Debug)]
pub(super) struct Score<'a, S, L: 'static> {
    pub proofs: &'a [Proof<L>],
    pub catalogue: &'a Catalogue<S, L>,
}

impl<S: Suite, L> Score<'_, S, L> {
    /// The mutants that could be judged here.
    pub fn judged(&self) -> usize {
        self.proofs.iter().filter(|proof| !proof.left_out).count()
    }

    pub fn killed(&self) -> usize {
        self.proofs.iter().filter(|proof| proof.killed()).count()
    }

    /// Mutants of MUST clauses that nothing noticed.
    fn must_survivors(&self) -> usize {
        let must = |proof: &&Proof<L>| proof.mutant.breaks.iter().any(|id| is_must::<S>(id));
        let of_must = self.proofs.iter().filter(must);
        of_must
            .filter(|proof| !proof.killed() && !proof.left_out)
            .count()
    }

    /// MUST clauses that a case of theirs was seen to judge.
    pub fn proven(&self) -> HashSet<&'static str> {
        let entries = self.proofs.iter().flat_map(|proof| &proof.killers);
        entries
            .filter(|(id, killer)| killer.is_some() && is_must::<S>(id))
            .map(|(id, _)| *id)
            .collect()
    }

    /// MUST clauses that these mutants break and no case of theirs noticed.
    pub fn unproven(&self) -> Vec<&'static str> {
        self.without_proof(|proof| !proof.left_out)
    }

    /// MUST clauses all of whose mutants were left out.
    pub fn unjudged(&self) -> Vec<&'static str> {
        let mut unjudged = self.without_proof(|proof| proof.left_out);
        let unproven = self.unproven();
        unjudged.retain(|id| !unproven.contains(id));
        unjudged
    }

    fn without_proof(&self, counts: impl Fn(&Proof<L>) -> bool) -> Vec<&'static str> {
        let proven = self.proven();
        let mut seen = HashSet::new();
        let proofs = self.proofs.iter().filter(|proof| counts(proof));
        proofs
            .flat_map(|proof| &proof.killers)
            .map(|(id, _)| *id)
            .filter(|id| is_must::<S>(id) && !proven.contains(id) && seen.insert(*id))
            .collect()
    }

    pub fn passes(&self) -> bool {
        let (all, killed) = (self.judged(), self.killed());
        let untroubled = self.proofs.iter().all(|proof| proof.trouble.is_none());
        untroubled
            && self.must_survivors() == 0
            && self.unproven().is_empty()
            && killed * 100 >= all * ENOUGH
    }
}
