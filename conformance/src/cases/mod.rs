//! Every case of the suite.
//! It knows the chapters and finds clauses and cases in them.
//! It refuses registration by side effect: the slices are explicit.

pub mod watchdog;

use crate::case::{Case, Chapter, Clause};

pub fn all() -> impl Iterator<Item = &'static Case> {
    watchdog::CHAPTERS.iter().flat_map(Chapter::cases)
}

pub fn clause(id: &str) -> Option<&'static Clause> {
    watchdog::CHAPTERS
        .iter()
        .flat_map(|chapter| chapter.clauses)
        .find(|clause| clause.id == id)
}
