//! How a provider stands, profile by profile, after a run.
//! It knows verdicts, levels and which cases a profile has.
//! It refuses to call conformant what was not judged whole.

use std::fmt;

use super::profile::Profile;
use super::{Ground, Suite};
use crate::judge::{Judged, Level, Suite as _, Summary, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every MUST was judged and holds.
    Conformant,
    /// No MUST failed unannounced, and some were left out, not judged, or are known not to hold.
    Partial,
    /// A MUST failed.
    Not,
    /// The profile is not there.
    NotApplicable,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conformant => "conformant",
            Self::Partial => "partially conformant",
            Self::Not => "not conformant",
            Self::NotApplicable => "not applicable",
        })
    }
}

/// The standing in one profile, and what made it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub profile: Profile,
    pub standing: Standing,
    pub passed: usize,
    pub failed: usize,
    pub known: usize,
    /// Skipped, in error, or not asked for.
    pub open: usize,
    /// Cases of any level that were judged.
    pub judged: usize,
}

/// Every profile, in order.
pub fn of(ground: &Ground, summary: &Summary<Suite>) -> Vec<Line> {
    let lines = Profile::ALL.into_iter();
    lines
        .map(|profile| line(ground, summary, profile))
        .collect()
}

fn line(ground: &Ground, summary: &Summary<Suite>, profile: Profile) -> Line {
    let mut line = Line {
        profile,
        standing: Standing::NotApplicable,
        passed: 0,
        failed: 0,
        known: 0,
        open: 0,
        judged: 0,
    };
    for case in Suite::cases() {
        let counts = case.traits.profiles.contains(&profile)
            && case.traits.profiles.iter().all(|one| ground.claims(*one))
            && case.traits.unless.is_none_or(|one| !ground.claims(one))
            && !case.named_only;
        if !counts {
            continue;
        }
        let runs: Vec<&Judged<Suite>> = summary
            .judged
            .iter()
            .filter(|judged| judged.run.case.id == case.id)
            .collect();
        line.judged += usize::from(!runs.is_empty());
        if case.level == Level::Must {
            line.count(&runs);
        }
    }
    if ground.claims(profile) {
        line.standing = line.verdict();
    }
    line
}

impl Line {
    /// One case, all of its rounds: the worst counts.
    fn count(&mut self, runs: &[&Judged<Suite>]) {
        let any = |verdict| runs.iter().any(|judged| judged.verdict == verdict);
        if any(Verdict::Fail) {
            self.failed += 1;
        } else if any(Verdict::KnownDeviation) {
            self.known += 1;
        } else if any(Verdict::Skip) || any(Verdict::Error) || runs.is_empty() {
            self.open += 1;
        } else if any(Verdict::Pass) || any(Verdict::UnexpectedPass) {
            self.passed += 1;
        }
    }

    fn verdict(&self) -> Standing {
        if self.failed > 0 {
            Standing::Not
        } else if self.known > 0 || self.open > 0 || self.judged == 0 {
            Standing::Partial
        } else {
            Standing::Conformant
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let must = self.passed + self.failed + self.known + self.open;
        let (name, standing) = (self.profile.name(), self.standing.to_string());
        write!(
            f,
            "{name:<15} {standing:<21} {} of {must} MUST hold",
            self.passed
        )?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.known, "known not to"),
            (self.open, "not judged"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
