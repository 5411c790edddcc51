//! What a report holds, as it lies in `results.json`.
//! It knows figures, their units, and how new rows take the place of old ones.
//! It refuses to let a void row have figures that count.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::fault::{During as _, Fault};
use crate::machine::Machine;
use crate::scenario::{Family, Subject};
use crate::stats::Spread;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// CPU time of the server per request, or per event of a stream.
    CpuUs,
    Rps,
    P50Us,
    P90Us,
    P99Us,
    P999Us,
    OpenRps,
    OpenP50Us,
    OpenP90Us,
    OpenP99Us,
    OpenP999Us,
    PeakRssMib,
    RssMib,
    FileMib,
    TimeMs,
    CpuMs,
    /// Accepted and answered under overload, of the capacity.
    GoodputShare,
    /// The p99 of those accepted, of the p99 without overload.
    P99Share,
}

impl Metric {
    pub const ALL: [Self; 18] = [
        Self::CpuUs,
        Self::Rps,
        Self::P50Us,
        Self::P90Us,
        Self::P99Us,
        Self::P999Us,
        Self::OpenRps,
        Self::OpenP50Us,
        Self::OpenP90Us,
        Self::OpenP99Us,
        Self::OpenP999Us,
        Self::PeakRssMib,
        Self::RssMib,
        Self::FileMib,
        Self::TimeMs,
        Self::CpuMs,
        Self::GoodputShare,
        Self::P99Share,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::CpuUs => "CPU per request, us",
            Self::Rps => "requests/s",
            Self::P50Us => "p50, us",
            Self::P90Us => "p90, us",
            Self::P99Us => "p99, us",
            Self::P999Us => "p99.9, us",
            Self::OpenRps => "open loop, requests/s",
            Self::OpenP50Us => "open loop p50, us",
            Self::OpenP90Us => "open loop p90, us",
            Self::OpenP99Us => "open loop p99, us",
            Self::OpenP999Us => "open loop p99.9, us",
            Self::PeakRssMib => "peak RSS, MiB",
            Self::RssMib => "RSS, MiB",
            Self::FileMib => "file, MiB",
            Self::TimeMs => "time, ms",
            Self::CpuMs => "CPU, ms",
            Self::GoodputShare => "goodput / capacity",
            Self::P99Share => "p99 / unloaded p99",
        }
    }
}

/// The figures of one round.
pub type Figures = BTreeMap<Metric, f64>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub subject: Subject,
    pub version: String,
    /// Why this is no measurement: the first error of any round.
    pub void: Option<String>,
    pub figures: BTreeMap<Metric, Spread>,
    /// fwatchdog over this one, from the rounds of both.
    pub ratios: BTreeMap<Metric, Spread>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub family: Family,
    pub what: String,
    /// When, on what, with which binary of ours, and how.
    pub date: String,
    pub machine: String,
    pub sha256: String,
    pub build: String,
    pub load: String,
    pub rounds: usize,
    pub seconds: u64,
    pub headline: Metric,
    pub subjects: Vec<Measured>,
    /// What could not be measured, and why.
    pub missing: Vec<String>,
}

impl Row {
    pub fn of(&self, subject: Subject) -> Option<&Measured> {
        self.subjects
            .iter()
            .find(|measured| measured.subject == subject)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    pub rows: BTreeMap<String, Row>,
}

impl Results {
    /// What a file holds; nothing where there is none.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).during(path.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).during(path.display()),
        }
    }

    pub fn write(&self, path: &Path) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(self).during("results as JSON")?;
        fs::write(path, text + "\n").during(path.display())
    }

    /// New rows take the place of old ones; the others stay.
    pub fn merge(&mut self, newer: Self) {
        self.machine = newer.machine;
        self.rows.extend(newer.rows);
    }
}

#[cfg(test)]
pub mod tests {
    use super::{Family, Measured, Metric, Results, Row, Spread, Subject};

    pub fn measured(subject: Subject, metric: Metric, value: f64, ratio: Option<f64>) -> Measured {
        let spread = |value: f64| Spread::of(vec![value]).unwrap();
        Measured {
            subject,
            version: "1".to_owned(),
            void: None,
            figures: [(metric, spread(value))].into(),
            ratios: ratio
                .map(|ratio| (metric, spread(ratio)))
                .into_iter()
                .collect(),
        }
    }

    pub fn row(subjects: Vec<Measured>) -> Row {
        Row {
            family: Family::Http,
            what: "a thing".to_owned(),
            date: "2026-01-01".to_owned(),
            machine: "a machine".to_owned(),
            sha256: "00ff".to_owned(),
            build: "cargo".to_owned(),
            load: "wrk".to_owned(),
            rounds: 1,
            seconds: 1,
            headline: Metric::CpuUs,
            subjects,
            missing: Vec::new(),
        }
    }

    #[test]
    fn a_merge_keeps_the_rows_it_does_not_bring() {
        let one = row(vec![measured(Subject::Fwatchdog, Metric::CpuUs, 1.0, None)]);
        let two = row(vec![measured(Subject::Fwatchdog, Metric::CpuUs, 2.0, None)]);
        let mut all = Results::default();
        all.rows.insert("a".to_owned(), one.clone());
        all.rows.insert("b".to_owned(), one.clone());
        let mut newer = Results::default();
        newer.rows.insert("b".to_owned(), two.clone());
        all.merge(newer);
        assert_eq!(all.rows.get("a"), Some(&one));
        assert_eq!(all.rows.get("b"), Some(&two));
    }

    #[test]
    fn json_gives_back_what_it_was_given() {
        let mut all = Results::default();
        let ours = measured(Subject::Fwatchdog, Metric::Rps, 7.5, None);
        let theirs = measured(Subject::NginxUnbuffered, Metric::Rps, 5.0, Some(1.5));
        all.rows.insert("a".to_owned(), row(vec![ours, theirs]));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), all);
    }
}
