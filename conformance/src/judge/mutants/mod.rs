//! Proving a suite: what is judged is run with one fault after the other, and some case has to notice each.
//! It knows a fault by its name, its clauses and the layer it sits in, and a suite by its trait.
//! It refuses to be in a shipped binary, and to know how a fault is made.

mod bench;
mod catalogue;
mod command;
mod mutant;
mod prove;
mod queue;
mod score;
mod section;
mod table;

pub use bench::{Bench, Trouble};
pub use catalogue::Catalogue;
pub use command::{arguments, jobs_and_scale, run};
pub use mutant::{Layer, Mutant};
