//! MUST clauses that no mutant breaks.
//! It knows why not.
//! It refuses to excuse what only takes work.

/// Clause, why it cannot be broken from outside.
pub(in super::super) const UNBROKEN: &[(&str, &str)] = &[];
