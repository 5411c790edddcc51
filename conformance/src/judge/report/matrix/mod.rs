//! Several reports beside each other: what each implementation holds of the contract.
//! It knows profiles, chapters and clauses as rows, implementations as columns.
//! It refuses to mix contracts: each has a table of its own.

mod html;
mod markdown;
mod picture;

use std::collections::BTreeMap;

use super::Document;
use super::document::{CaseReport, ClauseReport};
use super::standing::Conformity;
use crate::judge::{Level, Verdict};

pub use html::render as html;
pub use markdown::render as markdown;
pub use picture::render as picture;

/// One contract with everything that was judged by it.
struct Table<'a> {
    contract: &'a str,
    reports: Vec<&'a Document>,
    /// Profile and level of every row of verdicts: those that anybody has.
    profiles: Vec<(&'a str, Level)>,
    chapters: Vec<Group<'a>>,
}

/// A chapter, its cells, and the same clause by clause.
struct Group<'a> {
    name: &'a str,
    title: &'a str,
    cells: Vec<Cell>,
    clauses: Vec<Row<'a>>,
}

struct Row<'a> {
    clause: &'a str,
    text: Option<&'a ClauseReport>,
    cells: Vec<Cell>,
}

/// What became of some cases in one report.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    held: usize,
    failed: usize,
    known: usize,
    open: usize,
}

impl Cell {
    fn of<'a>(cases: impl Iterator<Item = &'a CaseReport>) -> Self {
        let mut cell = Self::default();
        for case in cases {
            match case.outcome {
                Verdict::Pass | Verdict::UnexpectedPass => cell.held += 1,
                Verdict::Fail => cell.failed += 1,
                Verdict::KnownDeviation => cell.known += 1,
                Verdict::Skip | Verdict::Error => cell.open += 1,
                Verdict::NotApplicable => {}
            }
        }
        cell
    }

    fn meant(self) -> usize {
        self.held + self.failed + self.known + self.open
    }

    fn conformity(self) -> Conformity {
        if self.meant() == 0 {
            Conformity::NotApplicable
        } else if self.failed > 0 {
            Conformity::NotConformant
        } else if self.held == self.meant() {
            Conformity::Conformant
        } else {
            Conformity::PartiallyConformant
        }
    }
}

/// What the signs mean.
const LEGEND: &str = "\u{2713} all of it holds \u{b7} \u{25d0} known deviations, or not all was judged \u{b7} \u{2717} something fails \u{b7} \u{2013} nothing was judged. Numbers: what holds of what was judged.";

/// A table for each contract, in the order in which they come.
fn tables(documents: &[Document]) -> Vec<Table<'_>> {
    let mut contracts: Vec<&str> = Vec::new();
    for document in documents {
        if !contracts.contains(&document.contract.as_str()) {
            contracts.push(&document.contract);
        }
    }
    contracts
        .into_iter()
        .map(|contract| {
            let of = |document: &&Document| document.contract == contract;
            table(contract, documents.iter().filter(of).collect())
        })
        .collect()
}

fn table<'a>(contract: &'a str, reports: Vec<&'a Document>) -> Table<'a> {
    let mut profiles: Vec<(&str, Level)> = Vec::new();
    for standing in reports.iter().flat_map(|report| &report.conformance) {
        let row = (standing.profile.as_str(), standing.level);
        if standing.meant() > 0 && !profiles.contains(&row) {
            profiles.push(row);
        }
    }
    // A profile that only a later report has stands with its own levels.
    let order: Vec<&str> = profiles.iter().map(|(name, _)| *name).collect();
    profiles.sort_by_key(|(name, level)| {
        let place = order.iter().position(|one| one == name);
        (place, *level)
    });
    Table {
        contract,
        chapters: chapters(&reports),
        reports,
        profiles,
    }
}

fn chapters<'a>(reports: &[&'a Document]) -> Vec<Group<'a>> {
    // Whoever has most of them knows their order best.
    let mut fullest = reports.to_vec();
    fullest.sort_by_key(|report| std::cmp::Reverse(report.chapters.len()));
    let mut names: Vec<&str> = Vec::new();
    for case in fullest.into_iter().flat_map(|report| &report.cases) {
        if !names.contains(&case.chapter()) {
            names.push(case.chapter());
        }
    }
    names.into_iter().map(|name| group(name, reports)).collect()
}

fn group<'a>(name: &'a str, reports: &[&'a Document]) -> Group<'a> {
    let of = |report: &&'a Document| -> Vec<&'a CaseReport> {
        let cases = report.cases.iter();
        cases.filter(|case| case.chapter() == name).collect()
    };
    let columns: Vec<Vec<&CaseReport>> = reports.iter().map(of).collect();
    let mut clauses: BTreeMap<(u32, u32, &str), &str> = BTreeMap::new();
    for case in columns.iter().flatten() {
        clauses.insert(place(&case.clause), &case.clause);
    }
    let rows = clauses.into_values().map(|clause| Row {
        clause,
        text: reports.iter().find_map(|report| report.clause(clause)),
        cells: columns
            .iter()
            .map(|cases| Cell::of(cases.iter().copied().filter(|case| case.clause == clause)))
            .collect(),
    });
    let told = reports.iter().flat_map(|report| &report.chapters);
    let title = told
        .filter(|chapter| chapter.name == name)
        .map(|chapter| chapter.title.as_str())
        .next();
    Group {
        name,
        title: title.unwrap_or(name),
        cells: columns
            .iter()
            .map(|cases| Cell::of(cases.iter().copied()))
            .collect(),
        clauses: rows.collect(),
    }
}

/// Where a clause stands: `WD-1.12` comes after `WD-1.2`.
fn place(clause: &str) -> (u32, u32, &str) {
    let number = clause.rsplit('-').next().unwrap_or_default();
    let (chapter, rest) = number.split_once('.').unwrap_or((number, ""));
    let read = |text: &str| text.parse().unwrap_or(u32::MAX);
    (read(chapter), read(rest), clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_stand_in_the_order_of_their_numbers() {
        let mut clauses = ["WL-2.1", "PR-10.1", "PR-2.10", "PR-2.9", "PR-2.1"];
        clauses.sort_by_key(|clause| place(clause));
        assert_eq!(
            clauses,
            ["PR-2.1", "WL-2.1", "PR-2.9", "PR-2.10", "PR-10.1"]
        );
    }

    #[test]
    fn a_cell_is_whole_only_when_all_of_it_holds() {
        let cell = |held, failed, known, open| {
            Cell {
                held,
                failed,
                known,
                open,
            }
            .conformity()
        };
        assert_eq!(cell(2, 0, 0, 0), Conformity::Conformant);
        assert_eq!(cell(2, 0, 1, 0), Conformity::PartiallyConformant);
        assert_eq!(cell(2, 0, 0, 1), Conformity::PartiallyConformant);
        assert_eq!(cell(2, 1, 1, 1), Conformity::NotConformant);
        assert_eq!(cell(0, 0, 0, 0), Conformity::NotApplicable);
    }
}
