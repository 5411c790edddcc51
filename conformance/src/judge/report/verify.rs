//! Whether a report can be trusted as far as it can be checked without judging again.
//! It knows the schema, sums, and which suites there were.
//! It refuses to stop at the first fault: each is one line.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::document::{CaseReport, Document, SCHEMA, counts};
use super::standing::overall;
use crate::judge::Verdict;

/// The versions of the suite that this program can read.
pub const SUITES: [&str; 1] = [env!("CARGO_PKG_VERSION")];

/// A report of another schema has the same fault in every case.
const SHOWN: usize = 20;

/// Every fault of the report; none, when it holds together.
pub fn faults(path: &Path, contracts: &[&str]) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(faults_of(&text, contracts))
}

fn faults_of(text: &str, contracts: &[&str]) -> Vec<String> {
    let mut value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return vec![format!("no JSON: {error}")],
    };
    let mut faults = unreadable_cases(&mut value);
    if faults.len() > SHOWN {
        let more = faults.len() - SHOWN;
        faults.truncate(SHOWN);
        faults.push(format!("{more} more cases cannot be read"));
    }
    let document: Document = match serde_json::from_value(value) {
        Ok(document) => document,
        Err(error) => {
            faults.push(format!("no report: {error}"));
            return faults;
        }
    };
    faults.extend(known(&document, contracts));
    faults.extend(repeated(&document));
    // Where a case could not be read, no sum can be right.
    if faults.is_empty() {
        faults.extend(sums(&document));
        faults.extend(profiles(&document));
    }
    faults
}

/// Takes out the cases that cannot be read, and says why.
fn unreadable_cases(value: &mut Value) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(Value::Array(cases)) = value.get_mut("cases") else {
        return faults;
    };
    let mut index = 0;
    cases.retain(|case| {
        index += 1;
        let Err(error) = serde_json::from_value::<CaseReport>(case.clone()) else {
            return true;
        };
        let id = case.get("id").and_then(Value::as_str).unwrap_or("no id");
        faults.push(format!("cases[{}] ({id}): {error}", index - 1));
        false
    });
    faults
}

fn known(document: &Document, contracts: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    if document.schema != SCHEMA {
        let schema = document.schema;
        faults.push(format!("schema {schema}: this program reads {SCHEMA}"));
    }
    if !SUITES.contains(&document.suite.as_str()) {
        let (suite, known) = (&document.suite, SUITES.join(", "));
        faults.push(format!("suite {suite:?} is not known: one of {known}"));
    }
    if !contracts.contains(&document.contract.as_str()) {
        let (contract, known) = (&document.contract, contracts.join(", "));
        faults.push(format!(
            "contract {contract:?} is not known: one of {known}"
        ));
    }
    if chrono::DateTime::parse_from_rfc3339(&document.date).is_err() {
        faults.push(format!("date {:?} is not RFC 3339", document.date));
    }
    faults
}

fn repeated(document: &Document) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let again = |case: &&CaseReport| !seen.insert((case.id.clone(), case.round));
    let repeated = document.cases.iter().filter(again);
    repeated
        .map(|case| format!("{} (round {}) is there twice", case.id, case.round))
        .collect()
}

fn sums(document: &Document) -> Vec<String> {
    let mut faults = Vec::new();
    for counted in counts(&document.cases.iter().collect::<Vec<_>>()) {
        let (outcome, there) = (counted.outcome, counted.count);
        let told = document.count(outcome);
        // A short report names none of these.
        let left_out = outcome == Verdict::NotApplicable && there == 0;
        if told != there && !left_out {
            faults.push(format!("counts tell {told} {outcome}, the cases {there}"));
        }
    }
    let outcomes = document.cases.iter().map(|case| (case.outcome, case.level));
    let exit = Verdict::exit_code(outcomes, document.fails_on, &document.left_behind);
    if document.exit != exit {
        let told = document.exit;
        faults.push(format!(
            "exit code {told}, but the cases and what was left behind make it {exit}"
        ));
    }
    faults
}

fn profiles(document: &Document) -> Vec<String> {
    let mut faults = Vec::new();
    for told in &document.conformance {
        let (verdict, name, level) = (told.conformity(), &told.profile, told.level);
        if told.verdict != verdict {
            let said = told.verdict;
            faults.push(format!(
                "{name} {level} is told {said}, but its counts make it {verdict}"
            ));
        }
    }
    for made in super::standing::of(&document.cases, &[]) {
        faults.extend(miscounted(document, &made));
    }
    let verdict = overall(&document.conformance);
    if document.verdict != verdict {
        let said = document.verdict;
        faults.push(format!(
            "it is told {said}, but its profiles make it {verdict}"
        ));
    }
    faults
}

fn miscounted(document: &Document, made: &super::standing::Standing) -> Option<String> {
    let (name, level) = (&made.profile, made.level);
    let told = document.standing(name, level);
    let Some(told) = told else {
        return Some(format!("{name} {level} has cases, but no verdict"));
    };
    Verdict::ALL
        .into_iter()
        .filter(|outcome| *outcome != Verdict::NotApplicable)
        .find(|outcome| told.count(*outcome) != made.count(*outcome))
        .map(|outcome| {
            let (told, made) = (told.count(outcome), made.count(outcome));
            format!("{name} {level} is told {told} {outcome}, the cases make it {made}")
        })
}
