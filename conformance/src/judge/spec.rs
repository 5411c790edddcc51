//! SPEC.md, written from the clauses of a suite.
//! It knows chapters and which cases judge which clause.
//! It refuses what contradicts itself: ids that are there twice, cases without a clause.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{Chapter, Suite};

/// The part of one suite.
pub fn markdown<S: Suite>() -> String {
    let mut out = S::SPEC.to_owned();
    for chapter in S::chapters() {
        let _ = write!(
            out,
            "\n## {}. {}\n\n{}\n",
            chapter.number, chapter.title, chapter.intro
        );
        for clause in chapter.clauses {
            let _ = write!(
                out,
                "\n**{}** ({}) {}\n",
                clause.id, clause.level, clause.text
            );
            let ids: Vec<String> = S::cases()
                .filter(|case| case.clause == clause.id)
                .map(|case| format!("`{}`", case.id))
                .collect();
            let judged = if ids.is_empty() {
                "not judged yet".to_owned()
            } else {
                ids.join(", ")
            };
            let _ = writeln!(out, "  \n*Cases:* {judged}");
        }
    }
    out
}

/// What is wrong with the ids of a suite; nothing, when all is well.
pub fn faults<S: Suite>() -> Vec<String> {
    let mut faults = Vec::new();
    let mut clauses = HashSet::new();
    let mut cases = HashSet::new();
    for chapter in S::chapters() {
        for clause in chapter.clauses {
            if !clauses.insert(clause.id) {
                faults.push(format!("{} twice", clause.id));
            }
            if !numbered(chapter, clause.id) {
                faults.push(format!("{} in chapter {}", clause.id, chapter.number));
            }
        }
        for case in chapter.cases() {
            if !cases.insert(case.id) {
                faults.push(format!("{} twice", case.id));
            }
            if !case.id.starts_with(&format!("{}/", chapter.name)) {
                faults.push(format!("{} in chapter {}", case.id, chapter.name));
            }
        }
    }
    for case in S::cases().filter(|case| !clauses.contains(case.clause)) {
        faults.push(format!("{} names {}", case.id, case.clause));
    }
    faults
}

fn numbered<S: Suite>(chapter: &Chapter<S>, clause: &str) -> bool {
    let number = format!("{}.", chapter.number);
    S::PREFIXES
        .iter()
        .filter_map(|prefix| clause.strip_prefix(prefix))
        .any(|rest| rest.starts_with(&number))
}
