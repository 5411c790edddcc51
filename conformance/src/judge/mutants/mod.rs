//! Mutants of what is judged: faults that are made on purpose, to prove a suite by.
//! It knows a fault by its name, its clauses and the layer it sits in.
//! It refuses to be in a shipped binary, and to know how a fault is made.

mod mutant;

pub use mutant::{Layer, Mutant};
