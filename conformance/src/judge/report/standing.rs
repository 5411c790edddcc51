//! How far what was judged conforms, profile by profile and level by level.
//! It knows outcomes, and what was not asked.
//! It refuses to call anything conformant of which something was left out.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::document::{CaseReport, Count, counts};
use crate::judge::{Level, Verdict};

/// What a case without a profile counts for.
pub const CORE: &str = "core";

/// How far something conforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Conformity {
    /// Something fails that no list of deviations names.
    NotConformant,
    /// Something was left out, could not be judged, or is a known deviation.
    PartiallyConformant,
    /// All was judged, and all holds.
    Conformant,
    /// There was nothing to be judged.
    NotApplicable,
}

impl Conformity {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotConformant => "not conformant",
            Self::PartiallyConformant => "partially conformant",
            Self::Conformant => "conformant",
            Self::NotApplicable => "not applicable",
        }
    }

    /// One letter that can be told from others without colour.
    pub fn sign(self) -> &'static str {
        match self {
            Self::NotConformant => "\u{2717}",
            Self::PartiallyConformant => "\u{25d0}",
            Self::Conformant => "\u{2713}",
            Self::NotApplicable => "\u{2013}",
        }
    }
}

impl fmt::Display for Conformity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One profile at one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Standing {
    pub profile: String,
    pub level: Level,
    pub verdict: Conformity,
    pub counts: Vec<Count>,
    /// What would have been judged, but was not asked for.
    pub not_run: usize,
}

impl Standing {
    pub fn count(&self, outcome: Verdict) -> usize {
        let counts = self.counts.iter().filter(|one| one.outcome == outcome);
        counts.map(|one| one.count).sum()
    }

    /// What holds.
    pub fn held(&self) -> usize {
        self.count(Verdict::Pass) + self.count(Verdict::UnexpectedPass)
    }

    /// What is meant for what was judged.
    pub fn meant(&self) -> usize {
        let all: usize = self.counts.iter().map(|one| one.count).sum();
        all + self.not_run - self.count(Verdict::NotApplicable).min(all)
    }

    /// What the numbers say.
    pub fn conformity(&self) -> Conformity {
        if self.meant() == 0 {
            Conformity::NotApplicable
        } else if self.count(Verdict::Fail) > 0 {
            Conformity::NotConformant
        } else if self.held() == self.meant() {
            Conformity::Conformant
        } else {
            Conformity::PartiallyConformant
        }
    }
}

/// A line for a terminal.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (profile, verdict) = (&self.profile, self.verdict.name());
        let (held, meant, level) = (self.held(), self.meant(), self.level);
        write!(
            f,
            "{profile:<15} {verdict:<21} {held} of {meant} {level} hold"
        )?;
        let open = self.count(Verdict::Skip) + self.count(Verdict::Error) + self.not_run;
        for (count, what) in [
            (self.count(Verdict::Fail), "failed"),
            (self.count(Verdict::KnownDeviation), "known not to"),
            (open, "not judged"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// What a case counts for.
#[derive(Clone, Debug)]
pub struct Weight {
    pub profiles: Vec<String>,
    pub level: Level,
}

impl Weight {
    fn counts_for(&self, profile: &str, level: Level) -> bool {
        self.level == level && counts_for(&self.profiles, profile)
    }
}

fn counts_for(profiles: &[String], profile: &str) -> bool {
    if profiles.is_empty() {
        profile == CORE
    } else {
        profiles.iter().any(|one| one == profile)
    }
}

/// Every profile and level that has cases: the core first, then as they come.
pub fn of(cases: &[CaseReport], left_out: &[Weight]) -> Vec<Standing> {
    let mut profiles = vec![CORE.to_owned()];
    let named = cases.iter().map(|case| &case.profiles);
    for profile in named
        .chain(left_out.iter().map(|one| &one.profiles))
        .flatten()
    {
        if !profiles.contains(profile) {
            profiles.push(profile.clone());
        }
    }
    let mut standings = Vec::new();
    for profile in profiles {
        for level in Level::ALL {
            standings.extend(one(&profile, level, cases, left_out));
        }
    }
    standings
}

fn one(profile: &str, level: Level, cases: &[CaseReport], left_out: &[Weight]) -> Option<Standing> {
    let of = |case: &&CaseReport| case.level == level && counts_for(&case.profiles, profile);
    let mut counts = counts(&cases.iter().filter(of).collect::<Vec<_>>());
    counts.retain(|count| count.count > 0);
    let not_run = left_out
        .iter()
        .filter(|one| one.counts_for(profile, level))
        .count();
    if counts.is_empty() && not_run == 0 {
        return None;
    }
    let mut standing = Standing {
        profile: profile.to_owned(),
        level,
        verdict: Conformity::NotApplicable,
        counts,
        not_run,
    };
    standing.verdict = standing.conformity();
    Some(standing)
}

/// The worst of the MUSTs that apply.
pub fn overall(standings: &[Standing]) -> Conformity {
    let musts = standings
        .iter()
        .filter(|standing| standing.level == Level::Must);
    let verdicts: Vec<Conformity> = musts.map(|standing| standing.verdict).collect();
    let order = [
        Conformity::NotConformant,
        Conformity::PartiallyConformant,
        Conformity::Conformant,
    ];
    let worst = order
        .into_iter()
        .find(|conformity| verdicts.contains(conformity));
    worst.unwrap_or(Conformity::NotApplicable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(counted: &[(Verdict, usize)], not_run: usize) -> Conformity {
        let counts = counted
            .iter()
            .map(|&(outcome, count)| Count { outcome, count });
        let standing = Standing {
            profile: CORE.to_owned(),
            level: Level::Must,
            verdict: Conformity::NotApplicable,
            counts: counts.collect(),
            not_run,
        };
        standing.conformity()
    }

    #[test]
    fn only_what_was_judged_whole_and_holds_is_conformant() {
        use Verdict::{Error, Fail, KnownDeviation, NotApplicable, Pass, Skip, UnexpectedPass};
        let holds = [(Pass, 3), (NotApplicable, 2), (UnexpectedPass, 1)];
        assert_eq!(standing(&holds, 0), Conformity::Conformant);
        assert_eq!(standing(&holds, 1), Conformity::PartiallyConformant);
        for left in [Skip, Error, KnownDeviation] {
            let counts = [(Pass, 3), (left, 1)];
            assert_eq!(standing(&counts, 0), Conformity::PartiallyConformant);
        }
        assert_eq!(
            standing(&[(Pass, 3), (Fail, 1)], 0),
            Conformity::NotConformant
        );
        assert_eq!(
            standing(&[(NotApplicable, 9)], 0),
            Conformity::NotApplicable
        );
    }
}
