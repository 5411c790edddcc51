//! What becomes of an outcome: the seven verdicts.
//! It knows outcomes and deviations.
//! It refuses to run anything.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Entry, FailureKind, Level, Outcome};

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Pass,
    Fail,
    /// Left out: asked for, or this machine lacks what the case needs.
    Skip,
    /// Not meant for what is judged.
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

    /// Whether the whole run fails by it, where its level is none of those that may.
    pub fn fails(self) -> bool {
        matches!(self, Self::Fail | Self::UnexpectedPass)
    }

    /// What a run ends with: 0 pass, 1 failures, 3 suite fault. What is weaker than `fails_on` may fail; what the suite
    /// leaves behind is its fault.
    pub fn exit_code(
        outcomes: impl Iterator<Item = (Self, Level)>,
        fails_on: Level,
        left_behind: &[String],
    ) -> u8 {
        let mut code = if left_behind.is_empty() { 0 } else { 3 };
        for (verdict, level) in outcomes {
            match verdict {
                Self::UnexpectedPass => return 1,
                Self::Fail if level <= fails_on => return 1,
                Self::Error => code = 3,
                _ => {}
            }
        }
        code
    }

    /// Whether somebody has to do something about it.
    pub fn needs_care(self) -> bool {
        matches!(self, Self::Fail | Self::UnexpectedPass | Self::Error)
    }

    /// Whether there is more to it than a word.
    pub fn wants_reading(self) -> bool {
        !matches!(self, Self::Pass | Self::Skip | Self::NotApplicable)
    }

    /// Reads the outcome in the light of what is listed; the verdict and its message.
    pub fn of(outcome: Outcome, listed: Option<&Entry>) -> (Self, String) {
        match (outcome, listed) {
            (Ok(()), None) => (Self::Pass, String::new()),
            (Ok(()), Some(entry)) if entry.flaky => (Self::Pass, entry.reason.clone()),
            (Ok(()), Some(entry)) => (
                Self::UnexpectedPass,
                format!("listed as {}: {}", entry.bug, entry.reason),
            ),
            (Err(failure), listed) => match (failure.kind, listed) {
                (FailureKind::Skipped, _) => (Self::Skip, failure.message),
                (FailureKind::NotApplicable, _) => (Self::NotApplicable, failure.message),
                (FailureKind::Fault, _) => (Self::Error, failure.message),
                (FailureKind::Failed, None) => (Self::Fail, failure.message),
                (FailureKind::Failed, Some(entry)) => (
                    Self::KnownDeviation,
                    format!("{}: {}", entry.bug, failure.message),
                ),
            },
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
