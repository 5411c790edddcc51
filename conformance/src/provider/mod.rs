//! Providers: the reference one, and what judges them.
//! It knows the provider REST API and the workload contract.
//! It refuses knowledge of watchdogs: those are another suite's.

pub mod reference;
