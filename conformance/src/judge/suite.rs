//! What a set of clauses has to say of itself to be judged by.
//! It knows what the runner and the reports ask.
//! It refuses to know any suite.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use super::redact::{Redactor, Secret};
use super::{Case, Chapter, Clause, Deviations, Facts, Failure, Run};

/// A contract and the means to judge it: chapters of cases, and the rig that they are given.
pub trait Suite: Copy + Debug + Send + Sync + 'static {
    /// Its word on the command line and in reports.
    const NAME: &'static str;
    /// What the ids of its clauses begin with.
    const PREFIXES: &'static [&'static str];
    /// The head of its part of SPEC.md.
    const SPEC: &'static str;
    /// What a case has before it says more.
    const PLAIN: Self::Traits;
    /// The deadline of a case that names none.
    const SECONDS: u64 = 30;

    /// What a case carries that only this suite reads.
    type Traits: Copy + Debug + Send + Sync + 'static;
    /// What tells two runs of one case apart; `Infallible` where nothing does.
    type Variant: Copy + Eq + Debug + Display + Send + Sync + 'static;
    /// What is judged and how: shared by all runs.
    type Ground: Debug + Send + Sync + 'static;
    /// What a case is given. Dropping it tidies up; the runner waits for that.
    type Rig: Debug + Send + 'static;
    /// What the runner keeps of a rig while a case has it.
    type Hold: Hold;

    fn chapters() -> &'static [Chapter<Self>];

    /// One run for each; none: one run without a variant.
    fn variants(case: &Case<Self>) -> &'static [Self::Variant];

    /// Why a run has no meaning for what is judged, if so.
    fn inapplicable(ground: &Self::Ground, run: &Run<Self>) -> Option<String>;

    fn rig(ground: &Arc<Self::Ground>, run: &Run<Self>) -> Result<Self::Rig, Failure>;

    fn hold(rig: &Self::Rig) -> Self::Hold;

    /// By how much every limit of time is longer.
    fn timeout_scale(ground: &Self::Ground) -> f64;

    /// Whether two cases can run beside each other at all.
    fn parallel(ground: &Self::Ground) -> bool;

    /// What a report says of what was judged.
    fn implementation(ground: &Self::Ground, deviations: &Deviations) -> Implementation;

    /// What nobody may read in a report or on a screen: passwords, tokens.
    fn secrets(_: &Self::Ground) -> Vec<Secret> {
        Vec::new()
    }

    /// The parts of the contract that a case counts for; none: the core.
    fn profiles(_: &Case<Self>) -> Vec<&'static str> {
        Vec::new()
    }

    /// What a report says of a case, beyond what every case has.
    fn facts(case: &Case<Self>) -> Facts;

    /// What `explain` tells of a case, beyond what every case has.
    fn explanation(case: &Case<Self>) -> Vec<(&'static str, String)>;

    /// The command that runs this alone again.
    fn reproduce(ground: &Self::Ground, run: &Run<Self>) -> String;

    fn cases() -> impl Iterator<Item = &'static Case<Self>> {
        Self::chapters().iter().flat_map(Chapter::cases)
    }

    fn clause(id: &str) -> Option<&'static Clause> {
        let clauses = Self::chapters().iter().flat_map(|chapter| chapter.clauses);
        clauses.into_iter().find(|clause| clause.id == id)
    }
}

/// A hand on a run from outside the case.
pub trait Hold: Send {
    /// Ends whatever the case started, so that nothing it waits for stays away for ever.
    fn stop(&self);

    /// What nobody may read of this run, beyond the secrets of the suite.
    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    /// What happened so far, for the reader of a failure; secrets are taken out of it afterwards.
    fn evidence(&self) -> Evidence;
}

/// What can be told about a run after it ended.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What was sent and received.
    pub wire: String,
    /// What the judged side wrote.
    pub log: String,
    /// Commands that repeat what was asked, each with what came.
    pub commands: String,
    /// What a reader should know although nothing failed.
    pub notes: Vec<String>,
}

impl Evidence {
    pub(super) fn clean(&mut self, redactor: &Redactor) {
        for text in [&mut self.wire, &mut self.log, &mut self.commands]
            .into_iter()
            .chain(&mut self.notes)
        {
            *text = redactor.clean(text);
        }
    }
}

/// What was judged, in the words of its suite.
#[derive(Clone, Debug, Default)]
pub struct Implementation {
    /// Few words that tell it from others.
    pub name: String,
    /// For a reader: a word and what it says.
    pub lines: Vec<(&'static str, String)>,
    /// For a program: fields of the report, in order.
    pub facts: Facts,
}
