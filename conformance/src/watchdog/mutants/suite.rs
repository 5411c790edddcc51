//! The one door to the suite.
//! It knows where the judge keeps cases, clauses and its runner.
//! It refuses to let anything else here know.

pub(super) use crate::case::{Case, Flavour, Level};
pub(super) use crate::cases::clause;
pub(super) use crate::profile::Profile;
pub(super) use crate::runner::{Judged, Options, Run, Verdict, expand, run};

pub(super) fn all_clauses() -> impl Iterator<Item = &'static str> {
    let chapters = crate::cases::watchdog::CHAPTERS.iter();
    chapters
        .flat_map(|chapter| chapter.clauses)
        .map(|clause| clause.id)
}
