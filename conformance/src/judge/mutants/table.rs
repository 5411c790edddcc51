//! What the mutants proved, for readers: a line each, a table of all, a table by chapter.
//! It knows the terminal's form and Markdown.
//! It refuses to decide anything: the score does.

use std::fmt::Write as _;

use super::super::{Chapter, Suite};
use super::Layer;
use super::catalogue::is_must;
use super::prove::Proof;
use super::score::Score;

/// One line for the terminal.
pub(super) fn line<L>(proof: &Proof<L>) -> String {
    let fate = match (proof.killed(), proof.left_out) {
        (true, _) => "killed",
        (_, true) => "left out",
        _ => "SURVIVED",
    };
    let mut out = format!("{fate:<9}{:<44}", proof.mutant.id);
    for (id, killer) in &proof.killers {
        let _ = write!(out, " {id} {}", killer.as_deref().unwrap_or("-"));
    }
    if let Some(killer) = &proof.elsewhere {
        let _ = write!(out, " (elsewhere: {killer})");
    }
    if let Some(trouble) = &proof.trouble {
        let _ = write!(out, " (not judged: {trouble})");
    }
    let _ = write!(out, " ({:.1} s)", proof.took.as_secs_f64());
    out
}

impl<S: Suite, L: Layer> Score<'_, S, L> {
    /// A few lines for the terminal.
    pub fn summary(&self) -> String {
        let mut out = format!("{}\n", self.told());
        for id in self.unproven() {
            let text = S::clause(id).map_or("", |clause| clause.text);
            let _ = writeln!(out, "not proven: {id} {text}");
        }
        for id in self.unjudged() {
            let _ = writeln!(out, "not judged here: {id}");
        }
        for id in self.catalogue.unaimed() {
            let _ = writeln!(out, "no mutant: {id}");
        }
        let left_out = self.proofs.len() - self.judged();
        if left_out > 0 {
            let _ = writeln!(
                out,
                "{left_out} left out: no case of theirs can be run here"
            );
        }
        out
    }

    /// The score in one sentence.
    fn told(&self) -> String {
        let (all, killed) = (self.judged(), self.killed());
        let proven = self.proven().len();
        let excused = match self.catalogue.unbroken.len() {
            0 => String::new(),
            1 => "; one more cannot be broken".to_owned(),
            count => format!("; {count} more cannot be broken"),
        };
        format!(
            "{killed} of {all} mutants are killed, and {proven} MUST clauses are proven by them{excused}."
        )
    }

    /// How each chapter stands.
    pub fn by_chapter(&self) -> String {
        let proven = self.proven();
        let mut out = format!(
            "{}\n\n| chapter | mutants | killed | MUST clauses | proven |\n|---|--:|--:|--:|--:|\n",
            self.told()
        );
        for chapter in S::chapters() {
            let own: Vec<_> = self.of(chapter).collect();
            let killed = own.iter().filter(|proof| proof.killed()).count();
            let must = || chapter.clauses.iter().filter(|one| is_must::<S>(one.id));
            let (musts, shown) = (
                must().count(),
                must().filter(|one| proven.contains(one.id)).count(),
            );
            let (title, mutants) = (chapter.title, own.len());
            let _ = writeln!(
                out,
                "| {title} | {mutants} | {killed} | {musts} | {shown} |"
            );
        }
        let lacking = [self.unproven(), self.unjudged(), self.catalogue.unaimed()].concat();
        if !lacking.is_empty() {
            let _ = writeln!(out, "\nMUST clauses not proven: {}.", lacking.join(", "));
        }
        out
    }

    /// The proofs of the mutants that are about a chapter.
    fn of(&self, chapter: &Chapter<S>) -> impl Iterator<Item = &Proof<L>> {
        self.proofs.iter().filter(|proof| {
            let about = proof.mutant.breaks.first();
            about.is_some_and(|id| chapter.clauses.iter().any(|clause| clause.id == *id))
        })
    }

    /// Every mutant.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "{}\n\n| mutant | where | what goes wrong | breaks | noticed by |\n|---|---|---|---|---|\n",
            self.told()
        );
        for proof in self.proofs {
            let mutant = proof.mutant;
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                mutant.id,
                mutant.layer.name(),
                mutant.wrong.replace('|', "\\|"),
                mutant.breaks.join(", "),
                killers(proof)
            );
        }
        if !self.catalogue.unbroken.is_empty() {
            out.push_str("\nMUST clauses that cannot be broken:\n\n");
        }
        for (id, why) in self.catalogue.unbroken {
            let _ = writeln!(out, "* {id}: {why}");
        }
        out
    }
}

/// The runs that noticed, or that none did.
fn killers<L>(proof: &Proof<L>) -> String {
    let own = proof
        .killers
        .iter()
        .filter_map(|(_, killer)| killer.as_ref());
    let names: Vec<String> = own
        .chain(&proof.elsewhere)
        .map(|id| format!("`{id}`"))
        .collect();
    if proof.left_out {
        "no case that can be run here".to_owned()
    } else if names.is_empty() {
        "**survived**".to_owned()
    } else {
        names.join(", ")
    }
}
