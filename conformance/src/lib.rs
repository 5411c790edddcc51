//! A black-box judge for what implements `OpenFaaS`: function watchdogs, providers and language templates.
//! It knows the written contract, clause by clause, and how to start a watchdog, reach a provider and talk to either.
//! It refuses to share code with what it judges.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests fail by panicking"
    )
)]

pub mod cli;
pub mod failure;
pub mod fixture;
pub mod judge;
pub mod provider;
pub mod shell;
pub mod template;
pub mod watchdog;
pub mod wire;
