//! Targets: what a release has to reach.
//! It knows `targets.toml`: ratios to peers, and sizes of our own.
//! It refuses a row that is void, that was not measured, or that has no such figure.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::fault::{During as _, Fault};
use crate::results::{Metric, Results};
use crate::run::number;
use crate::scenario::Subject;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// By how much a quick run may miss a limit, and a figure be worse than before: more than noise, less than a loss that matters.
    pub margin: f64,
    pub target: Vec<Target>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The id of a scenario.
    pub row: String,
    pub figure: Metric,
    /// Compared with: ours over theirs. Without it the figure itself is.
    pub peer: Option<Subject>,
    pub max: Option<f64>,
    pub min: Option<f64>,
    /// Where the limit is not reached: what must hold instead, so that it gets no worse.
    pub hold: Option<f64>,
    /// Why it is not reached, in a line; more is in the README.
    pub why: Option<String>,
}

/// What became of a target.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    pub standing: Standing,
    pub line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Pass,
    /// Known not to be reached, and no worse than known.
    Short,
    Fail,
}

impl Targets {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let targets: Self = toml::from_str(text).during("targets.toml")?;
        for target in &targets.target {
            if target.max.is_some() == target.min.is_some() {
                return Err(Fault::new(format!(
                    "targets.toml: {} needs one of max and min",
                    target.row
                )));
            }
            if target.hold.is_some() != target.why.is_some() {
                return Err(Fault::new(format!(
                    "targets.toml: {} needs both of hold and why, or neither",
                    target.row
                )));
            }
        }
        Ok(targets)
    }

    /// The same figures, beside the build that was before: none is to be worse than it.
    #[must_use]
    pub fn beside_before(self) -> Self {
        let mut seen = BTreeSet::new();
        let target = self
            .target
            .into_iter()
            .filter(|target| seen.insert((target.row.clone(), target.figure)))
            .map(|target| Target {
                peer: Some(Subject::Before),
                max: target.max.map(|_| 1.0),
                min: target.min.map(|_| 1.0),
                hold: None,
                why: None,
                ..target
            });
        Self {
            margin: self.margin,
            target: target.collect(),
        }
    }

    pub fn keep(&mut self, wanted: impl FnMut(&Target) -> bool) {
        self.target.retain(wanted);
    }
}

impl Target {
    pub fn judge(&self, results: &Results, margin: f64) -> Verdict {
        let value = self.value(results);
        let limit = self.max.or(self.min).unwrap_or_default();
        let hold = self.hold.filter(|hold| self.meets(&value, *hold, margin));
        let standing = if self.meets(&value, limit, margin) {
            Standing::Pass
        } else if hold.is_some() {
            Standing::Short
        } else {
            Standing::Fail
        };
        let peer = self.peer.map(|peer| format!(" / {}", peer.name()));
        let mut line = format!(
            "{} {}: {}{}: {}, to be {} {}{}",
            match standing {
                Standing::Pass => "PASS ",
                Standing::Short => "SHORT",
                Standing::Fail => "FAIL ",
            },
            self.row,
            self.figure.label(),
            peer.unwrap_or_default(),
            value.map_or_else(|why| why, number),
            if self.max.is_some() { "<=" } else { ">=" },
            number(limit),
            if margin > 0.0 {
                format!(", {:.0} % granted", margin * 100.0)
            } else {
                String::new()
            }
        );
        if let (Some(hold), Some(why), true) = (self.hold, &self.why, standing != Standing::Pass) {
            let _ = write!(line, " (not reached, held at {}: {why})", number(hold));
        }
        Verdict { standing, line }
    }

    /// Whether a value is on the right side of a limit, the margin granted.
    fn meets(&self, value: &Result<f64, String>, limit: f64, margin: f64) -> bool {
        let Ok(value) = value else { return false };
        if self.max.is_some() {
            *value <= limit * (1.0 + margin)
        } else {
            *value >= limit * (1.0 - margin)
        }
    }

    fn value(&self, results: &Results) -> Result<f64, String> {
        let row = results.rows.get(&self.row).ok_or("not measured")?;
        let subject = self.peer.unwrap_or(Subject::Fwatchdog);
        for subject in [Subject::Fwatchdog, subject] {
            let measured = row
                .of(subject)
                .ok_or_else(|| format!("{} was not measured", subject.name()))?;
            if let Some(why) = &measured.void {
                return Err(format!("{} is void: {why}", subject.name()));
            }
        }
        let measured = row.of(subject).ok_or("not measured")?;
        let figures = match self.peer {
            Some(_) => &measured.ratios,
            None => &measured.figures,
        };
        let spread = figures.get(&self.figure).ok_or("has no such figure")?;
        Ok(spread.median)
    }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Fail, Pass, Short};
    use super::{Metric, Results, Standing, Subject, Targets};
    use crate::results::tests::{measured, row};
    use crate::scenario::ALL;

    const TEXT: &str = "margin = 0.5\n\
        [[target]]\nrow = \"a\"\nfigure = \"cpu_us\"\npeer = \"nginx\"\nmax = 0.5\n\
        [[target]]\nrow = \"a\"\nfigure = \"cpu_us\"\nmin = 5.0\n";

    fn results(ratio: f64) -> Results {
        let ours = measured(Subject::Fwatchdog, Metric::CpuUs, 4.0, None);
        let theirs = measured(Subject::Nginx, Metric::CpuUs, 8.0, Some(ratio));
        let mut results = Results::default();
        results.rows.insert("a".to_owned(), row(vec![ours, theirs]));
        results
    }

    fn verdicts(results: &Results, margin: f64) -> Vec<Standing> {
        let targets = Targets::parse(TEXT).unwrap().target;
        targets
            .iter()
            .map(|target| target.judge(results, margin).standing)
            .collect()
    }

    #[test]
    fn a_limit_is_met_or_not_and_a_margin_widens_it() {
        assert_eq!(verdicts(&results(0.5), 0.0), [Pass, Fail]);
        assert_eq!(verdicts(&results(0.6), 0.0), [Fail, Fail]);
        assert_eq!(verdicts(&results(0.6), 0.5), [Pass, Pass]);
    }

    #[test]
    fn void_or_missing_is_a_fail() {
        assert_eq!(verdicts(&Results::default(), 0.5), [Fail, Fail]);
        let mut void = results(0.1);
        for row in void.rows.values_mut() {
            row.subjects[0].void = Some("an error".to_owned());
        }
        assert_eq!(verdicts(&void, 0.5), [Fail, Fail]);
    }

    #[test]
    fn what_is_not_reached_is_said_and_must_not_get_worse() {
        let text = TEXT.replace("max = 0.5", "max = 0.5\nhold = 0.8\nwhy = \"so\"");
        let target = &Targets::parse(&text).unwrap().target[0];
        let judged = |ratio| target.judge(&results(ratio), 0.0);
        assert_eq!(judged(0.5).standing, Pass);
        assert_eq!(judged(0.8).standing, Short);
        assert!(
            judged(0.8)
                .line
                .ends_with("(not reached, held at 0.800: so)"),
            "{}",
            judged(0.8).line
        );
        assert_eq!(judged(0.9).standing, Fail);
        let half = TEXT.replace("max = 0.5", "max = 0.5\nhold = 0.8");
        assert!(Targets::parse(&half).is_err());
    }

    #[test]
    fn each_figure_is_held_to_what_it_was_before() {
        let text = TEXT.replace("max = 0.5", "max = 0.5\nhold = 0.8\nwhy = \"so\"");
        let twice = text.replace("min = 5.0", "max = 5.0");
        let targets = Targets::parse(&twice).unwrap().beside_before();
        let [target] = &targets.target[..] else {
            panic!("{targets:?}")
        };
        assert_eq!(
            (target.peer, target.max, target.hold),
            (Some(Subject::Before), Some(1.0), None)
        );
        let judged = |ratio| {
            let ours = measured(Subject::Fwatchdog, Metric::CpuUs, 4.0, None);
            let before = measured(Subject::Before, Metric::CpuUs, 4.0, Some(ratio));
            let mut results = Results::default();
            results.rows.insert("a".to_owned(), row(vec![ours, before]));
            target.judge(&results, 0.25).standing
        };
        assert_eq!([judged(1.2), judged(1.3)], [Pass, Fail]);
    }

    #[test]
    fn a_target_has_one_limit() {
        let none = TEXT.replace("max = 0.5", "");
        assert!(Targets::parse(&none).is_err());
        let both = TEXT.replace("max = 0.5", "max = 0.5\nmin = 1.0");
        assert!(Targets::parse(&both).is_err());
    }

    #[test]
    fn ours_name_rows_and_peers_that_there_are() {
        let targets = Targets::parse(include_str!("../targets.toml")).unwrap();
        for target in &targets.target {
            let scenario = ALL.iter().find(|scenario| scenario.id == target.row);
            let peers = scenario.expect(&target.row).peers;
            assert!(
                target.peer.is_none_or(|peer| peers.contains(&peer)),
                "{target:?}"
            );
        }
    }
}
