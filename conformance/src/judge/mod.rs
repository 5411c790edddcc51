//! The judge apart from what it judges: clauses, cases, runs, verdicts, reports.
//! It knows a suite by its trait alone.
//! It refuses HTTP, processes and particular suites: those are floors beside and above it.

pub mod case;
pub mod deviation;
pub mod facts;
#[cfg(feature = "mutants")]
pub mod mutants;
mod perform;
pub mod redact;
pub mod report;
pub mod run;
pub mod runner;
pub mod spec;
pub mod suite;
pub mod verdict;

pub use crate::failure::{Failure, FailureKind, Outcome};
pub use case::{Case, Chapter, Clause, Level};
pub use deviation::{Deviations, Entry};
pub use facts::{Fact, Facts};
pub use run::Run;
pub use runner::{Judged, Options, Summary};
pub use suite::{Evidence, Hold, Implementation, Suite};
pub use verdict::Verdict;
