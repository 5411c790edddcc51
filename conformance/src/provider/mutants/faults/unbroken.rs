//! MUST clauses that no mutant breaks.
//! It knows why not.
//! It refuses to excuse what only takes work.

/// Clause, why it cannot be broken.
pub(super) const UNBROKEN: &[(&str, &str)] = &[];
