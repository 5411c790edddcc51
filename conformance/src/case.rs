//! The words of the judge: clauses, cases, chapters, and how a case ends.
//! It knows no HTTP, no processes and no particular case.
//! It refuses behaviour: all here is data, built in `const` context.

use std::fmt;
use std::io;

use crate::rig::Rig;

/// How strongly a clause is meant, in the sense of RFC 2119.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Must,
    Should,
    May,
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

/// Which of the two historic watchdogs a subject stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Classic,
    Of,
}

impl Flavour {
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Of => "of",
        }
    }

    /// What an unset `mode` means.
    pub fn default_mode(self) -> Mode {
        match self {
            Self::Classic => Mode::Classic,
            Self::Of => Mode::Streaming,
        }
    }
}

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Classic,
    Serializing,
    Streaming,
    Http,
    Static,
}

impl Mode {
    pub const ALL: [Self; 5] = [
        Self::Classic,
        Self::Serializing,
        Self::Streaming,
        Self::Http,
        Self::Static,
    ];

    /// The value of the `mode` variable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Serializing => "serializing",
            Self::Streaming => "streaming",
            Self::Http => "http",
            Self::Static => "static",
        }
    }

    /// Whether every request starts a process.
    pub fn forks(self) -> bool {
        matches!(self, Self::Classic | Self::Serializing | Self::Streaming)
    }
}

/// The modes that start one process per request.
pub const FORK: &[Mode] = &[Mode::Classic, Mode::Serializing, Mode::Streaming];
/// Every mode that runs a function.
pub const FUNCTION: &[Mode] = &[
    Mode::Classic,
    Mode::Serializing,
    Mode::Streaming,
    Mode::Http,
];

/// One numbered sentence of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// `WD-<chapter>.<number>`.
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

/// Which flavours a case judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavours {
    Both,
    Only(Flavour),
}

impl Flavours {
    pub fn include(self, flavour: Flavour) -> bool {
        match self {
            Self::Both => true,
            Self::Only(only) => only == flavour,
        }
    }
}

/// One expectation and the code that checks it.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// `<chapter>/<slug>`, stable.
    pub id: &'static str,
    /// The clause it judges.
    pub clause: &'static str,
    pub level: Level,
    /// One sentence: what is expected.
    pub title: &'static str,
    /// Known defects of the historic watchdogs that it shows.
    pub bugs: &'static [&'static str],
    pub flavours: Flavours,
    /// One run per mode; none: one run in the default mode of the flavour.
    pub modes: &'static [Mode],
    /// Judged only where the profile claims the feature.
    pub feature: Option<&'static str>,
    /// Needs a fixed port, or the machine to itself: runs alone.
    pub exclusive: bool,
    /// Too long for every day: runs only where its id is asked for, not by a glob.
    pub named_only: bool,
    /// The deadline of the case.
    pub seconds: u64,
    pub run: fn(&mut Rig) -> Outcome,
}

impl Case {
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
            bugs: &[],
            flavours: Flavours::Both,
            modes: &[],
            feature: None,
            exclusive: false,
            named_only: false,
            seconds: 30,
            run: unwritten,
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
    pub const fn bugs(mut self, bugs: &'static [&'static str]) -> Self {
        self.bugs = bugs;
        self
    }

    #[must_use]
    pub const fn only(mut self, flavour: Flavour) -> Self {
        self.flavours = Flavours::Only(flavour);
        self
    }

    #[must_use]
    pub const fn modes(mut self, modes: &'static [Mode]) -> Self {
        self.modes = modes;
        self
    }

    #[must_use]
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self.feature = Some(feature);
        self
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
    pub const fn run(mut self, run: fn(&mut Rig) -> Outcome) -> Self {
        self.run = run;
        self
    }
}

/// A case without code is a fault of the suite, never a pass.
fn unwritten(_: &mut Rig) -> Outcome {
    Err(Failure::fault("the case has no code"))
}

/// A part of the contract: its clauses and the cases that judge them.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    pub number: u32,
    /// The first part of the ids of its cases.
    pub name: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub clauses: &'static [Clause],
    /// Groups of cases: one per file of the chapter.
    pub cases: &'static [&'static [Case]],
}

impl Chapter {
    pub fn cases(&self) -> impl Iterator<Item = &'static Case> {
        self.cases.iter().copied().flatten()
    }
}

/// How a case ends.
pub type Outcome = Result<(), Failure>;

/// Why a case did not pass.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The subject does not do what the clause says.
    Failed,
    /// This machine lacks what the case needs.
    NotApplicable,
    /// The suite or the machine is at fault.
    Fault,
}

impl Failure {
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Failed,
            message: message.into(),
        }
    }

    pub fn not_applicable(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::NotApplicable,
            message: message.into(),
        }
    }

    pub fn fault(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Fault,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An I/O error inside a case is, nearly always, the subject's connection.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(format!("I/O: {error}"))
    }
}

/// Fails the case, with the message, unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr, $($message:tt)+) => {
        let held: bool = $condition;
        if !held {
            return Err($crate::case::Failure::failed(format!($($message)+)));
        }
    };
}

/// Fails the case, showing both values, unless they are equal.
#[macro_export]
macro_rules! check_eq {
    ($got:expr, $want:expr, $($message:tt)+) => {
        match (&$got, &$want) {
            (got, want) => {
                if *got != *want {
                    let message = format!($($message)+);
                    let detail = format!("{message}\n   got: {got:?}\n  want: {want:?}");
                    return Err($crate::case::Failure::failed(detail));
                }
            }
        }
    };
}
