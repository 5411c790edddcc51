//! The faults that can be seeded into the reference provider, each at one named point.
//! It knows their names, and which one is on.
//! It refuses to be there: without the feature that plants faults `on` is `false` for the compiler.

/// A point where the reference provider can be made to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {}

/// Whether that fault is seeded.
pub const fn on(fault: Fault) -> bool {
    match fault {}
}
