//! Scenarios, subjects and rounds, interleaved: A B A B.
//! It knows the order and what becomes of a round that failed.
//! It refuses to stop for a subject that is void or not here: the others are measured.

use std::collections::BTreeMap;

use chrono::Local;

use crate::bench::Bench;
use crate::fault::Fault;
use crate::machine::{self, Machine};
use crate::measure::{self, QUICK_SECONDS, SECONDS, Session};
use crate::results::{Figures, Measured, Metric, Results, Row};
use crate::scenario::{Measure, Peers, Scenario, Subject};
use crate::screen::say;
use crate::stats::Spread;

pub struct Options {
    pub quick: bool,
    pub rounds: Option<usize>,
    pub peers: Peers,
}

impl Options {
    fn rounds(&self, scenario: &Scenario) -> usize {
        match (scenario.measure, self.rounds, self.quick) {
            // A file has the same size each time it is looked at.
            (Measure::Size, ..) => 1,
            (_, Some(rounds), _) => rounds,
            // One stall of the machine is a whole round's tail: the median has to outlive two of them.
            (Measure::Share(_), None, true) | (_, None, false) => 5,
            (_, None, true) => 3,
        }
    }

    fn seconds(&self) -> u64 {
        if self.quick { QUICK_SECONDS } else { SECONDS }
    }
}

pub fn run(bench: &Bench, scenarios: &[&Scenario], options: &Options) -> Results {
    let machine = Machine::look(bench.wrk.as_deref());
    say(machine.line());
    machine::say_if_busy(machine.cpus);
    say(format!(
        "fwatchdog: {} ({}), {} bytes, {}",
        bench.binary.version,
        bench.binary.sha256.get(..12).unwrap_or_default(),
        bench.binary.size,
        bench.binary.build
    ));
    let mut rows = BTreeMap::new();
    for (number, scenario) in scenarios.iter().enumerate() {
        say(format!(
            "== {} of {}: {}: {}",
            number + 1,
            scenarios.len(),
            scenario.id,
            scenario.what
        ));
        match measure_row(bench, scenario, options, &machine) {
            Ok(row) => {
                rows.insert(scenario.id.to_owned(), row);
            }
            Err(fault) => say(format!("   left out: {fault}")),
        }
    }
    Results { machine, rows }
}

/// The rounds of one subject so far.
struct Rounds {
    subject: Subject,
    figures: Vec<Figures>,
    void: Option<String>,
}

fn measure_row(
    bench: &Bench,
    scenario: &Scenario,
    options: &Options,
    machine: &Machine,
) -> Result<Row, Fault> {
    let (mut subjects, missing) = present(bench, scenario, options);
    if let Some(why) = measure::missing(bench, scenario, Subject::Fwatchdog) {
        return Err(Fault::new(why));
    }
    let session = Session::open(bench, scenario, options.seconds())?;
    let rounds = options.rounds(scenario);
    for round in 1..=rounds {
        for rounds_of in &mut subjects {
            one(&session, rounds_of, &format!("round {round} of {rounds}"));
        }
    }
    let row = Row {
        family: scenario.family,
        what: scenario.what.to_owned(),
        date: Local::now().format("%Y-%m-%d %H:%M").to_string(),
        machine: machine.line(),
        sha256: bench.binary.sha256.clone(),
        build: bench.binary.build.clone(),
        load: session.load(),
        rounds,
        seconds: options.seconds(),
        headline: session.headline(),
        subjects: summed(bench, &subjects),
        missing,
    };
    say_row(&row);
    Ok(row)
}

/// The subjects of a scenario that are here, ours first, and a line for each that is not.
fn present(bench: &Bench, scenario: &Scenario, options: &Options) -> (Vec<Rounds>, Vec<String>) {
    let mut subjects = Vec::new();
    let mut missing = Vec::new();
    for subject in std::iter::once(Subject::Fwatchdog).chain(options.peers.of(scenario)) {
        if let Some(why) = measure::missing(bench, scenario, subject) {
            say(format!("   without {}: {why}", subject.name()));
            missing.push(format!("{}: {why}", subject.name()));
        } else {
            subjects.push(Rounds {
                subject,
                figures: Vec::new(),
                void: None,
            });
        }
    }
    (subjects, missing)
}

/// One round of one subject; a void one is not asked again.
fn one(session: &Session<'_>, rounds: &mut Rounds, round: &str) {
    if rounds.void.is_some() {
        return;
    }
    let name = rounds.subject.name();
    match session.round(rounds.subject) {
        Ok(figures) => {
            say(format!(
                "   {round}, {name}: {}",
                brief(&figures, session.headline())
            ));
            rounds.figures.push(figures);
        }
        Err(fault) => {
            say(format!("   {round}, {name}: VOID: {fault}"));
            rounds.void = Some(format!("{round}: {fault}"));
        }
    }
}

/// How many figures of a round are shown.
const BRIEF: usize = 5;

/// The figure that counts, then the first others.
fn brief(figures: &Figures, headline: Metric) -> String {
    let others = figures.keys().copied().filter(|metric| *metric != headline);
    let shown = std::iter::once(headline).chain(others).take(BRIEF);
    let shown = shown.filter_map(|metric| {
        let value = figures.get(&metric)?;
        Some(format!("{} {}", metric.label(), number(*value)))
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn summed(bench: &Bench, subjects: &[Rounds]) -> Vec<Measured> {
    let ours = subjects
        .iter()
        .find(|rounds| rounds.subject == Subject::Fwatchdog);
    subjects
        .iter()
        .map(|rounds| Measured {
            subject: rounds.subject,
            version: bench.version(rounds.subject),
            void: rounds.void.clone(),
            figures: each_metric(|metric| Spread::of(column(rounds, metric))),
            ratios: each_metric(|metric| ratio(ours?, rounds, metric)),
        })
        .collect()
}

fn each_metric(spread: impl Fn(Metric) -> Option<Spread>) -> BTreeMap<Metric, Spread> {
    let all = Metric::ALL.into_iter();
    all.filter_map(|metric| Some((metric, spread(metric)?)))
        .collect()
}

fn column(rounds: &Rounds, metric: Metric) -> Vec<f64> {
    let values = rounds.figures.iter();
    values
        .filter_map(|figures| figures.get(&metric).copied())
        .collect()
}

/// No ratio where either of the two is void.
fn ratio(ours: &Rounds, theirs: &Rounds, metric: Metric) -> Option<Spread> {
    let sound = ours.void.is_none() && theirs.void.is_none();
    if !sound || theirs.subject == Subject::Fwatchdog {
        return None;
    }
    Spread::ratio(&column(ours, metric), &column(theirs, metric))
}

fn say_row(row: &Row) {
    for measured in &row.subjects {
        let figure = measured.figures.get(&row.headline);
        let value = figure.map_or_else(|| "-".to_owned(), |spread| number(spread.median));
        let ratio = measured
            .ratios
            .get(&row.headline)
            .map(|ratio| {
                format!(
                    ", ours is {} of it ({}..{})",
                    number(ratio.median),
                    number(ratio.min),
                    number(ratio.max)
                )
            })
            .unwrap_or_default();
        say(format!(
            "   {:18} {} {value}{ratio}",
            measured.subject.name(),
            row.headline.label()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Metric, Rounds, Subject, column, number, ratio};

    fn rounds(subject: Subject, values: &[f64], void: Option<&str>) -> Rounds {
        Rounds {
            subject,
            figures: values
                .iter()
                .map(|value| Figures::from([(Metric::CpuUs, *value)]))
                .collect(),
            void: void.map(str::to_owned),
        }
    }

    #[test]
    fn a_ratio_needs_two_that_are_sound() {
        let ours = rounds(Subject::Fwatchdog, &[1.0, 2.0], None);
        let theirs = rounds(Subject::Nginx, &[4.0, 4.0], None);
        let ratio_of =
            |ours, theirs| ratio(ours, theirs, Metric::CpuUs).map(|spread| spread.median);
        assert_eq!(ratio_of(&ours, &theirs), Some(0.375));
        let void = rounds(Subject::Nginx, &[4.0], Some("an error"));
        assert_eq!(ratio_of(&ours, &void), None);
        assert_eq!(ratio_of(&ours, &ours), None);
        assert_eq!(column(&ours, Metric::Rps), Vec::<f64>::new());
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(
            [0.1234, 1.234, 12.34, 1234.5].map(number),
            ["0.123", "1.23", "12.3", "1234"]
        );
    }
}
