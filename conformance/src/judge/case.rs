//! The words of the judge: levels, clauses, cases and chapters.
//! It knows of a suite only that a case may carry something of its own.
//! It refuses behaviour: all here is data, built in `const` context.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Suite;
use crate::failure::{Failure, Outcome};

/// How strongly a clause is meant, in the sense of RFC 2119.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    Must,
    Should,
    May,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}

/// One numbered sentence of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// `<prefix>-<chapter>.<number>`; the prefix is the suite's.
    pub id: &'static str,
    pub level: Level,
    pub text: &'static str,
}

impl Clause {
    pub const fn must(id: &'static str, text: &'static str) -> Self {
        Self {
            id,
            level: Level::Must,
            text,
        }
    }

    pub const fn should(id: &'static str, text: &'static str) -> Self {
        Self {
            id,
            level: Level::Should,
            text,
        }
    }

    pub const fn may(id: &'static str, text: &'static str) -> Self {
        Self {
            id,
            level: Level::May,
            text,
        }
    }
}

/// One expectation and the code that checks it.
#[derive(Debug)]
pub struct Case<S: Suite> {
    /// `<chapter>/<slug>`, stable.
    pub id: &'static str,
    /// The clause it judges.
    pub clause: &'static str,
    pub level: Level,
    /// One sentence: what is expected.
    pub title: &'static str,
    /// What only its suite reads.
    pub traits: S::Traits,
    /// Needs a fixed port, or the machine to itself: runs alone.
    pub exclusive: bool,
    /// Too long for every day: runs only where its id is asked for, not by a glob.
    pub named_only: bool,
    /// The deadline of the case.
    pub seconds: u64,
    pub run: fn(&mut S::Rig) -> Outcome,
}

impl<S: Suite> Case<S> {
    const fn new(
        level: Level,
        id: &'static str,
        clause: &'static str,
        title: &'static str,
    ) -> Self {
        Self {
            id,
            clause,
            level,
            title,
            traits: S::PLAIN,
            exclusive: false,
            named_only: false,
            seconds: S::SECONDS,
            run: unwritten::<S>,
        }
    }

    pub const fn must(id: &'static str, clause: &'static str, title: &'static str) -> Self {
        Self::new(Level::Must, id, clause, title)
    }

    pub const fn should(id: &'static str, clause: &'static str, title: &'static str) -> Self {
        Self::new(Level::Should, id, clause, title)
    }

    pub const fn may(id: &'static str, clause: &'static str, title: &'static str) -> Self {
        Self::new(Level::May, id, clause, title)
    }

    #[must_use]
    pub const fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    #[must_use]
    pub const fn named_only(mut self) -> Self {
        self.named_only = true;
        self
    }

    #[must_use]
    pub const fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    #[must_use]
    pub const fn run(mut self, run: fn(&mut S::Rig) -> Outcome) -> Self {
        self.run = run;
        self
    }
}

/// A case without code is a fault of the suite, never a pass.
fn unwritten<S: Suite>(_: &mut S::Rig) -> Outcome {
    Err(Failure::fault("the case has no code"))
}

/// A part of the contract: its clauses and the cases that judge them.
#[derive(Debug)]
pub struct Chapter<S: Suite> {
    pub number: u32,
    /// The first part of the ids of its cases.
    pub name: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub clauses: &'static [Clause],
    /// Groups of cases: one per file of the chapter.
    pub cases: &'static [&'static [Case<S>]],
}

impl<S: Suite> Chapter<S> {
    pub fn cases(&self) -> impl Iterator<Item = &'static Case<S>> + use<S> {
        self.cases.iter().copied().flatten()
    }
}
