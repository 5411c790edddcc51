//! What judges watchdogs.
//! It knows its mutants.
//! It refuses to be known by the judge.

#[cfg(feature = "mutants")]
pub mod mutants;
