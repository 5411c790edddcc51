//! A black-box judge for function watchdogs.
//! It knows the written contract, clause by clause, and how to start a subject and talk to it.
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

pub mod case;
pub mod cases;
pub mod cli;
pub mod deviation;
pub mod fixture;
pub mod profile;
pub mod report;
pub mod rig;
pub mod runner;
pub mod spec;
#[cfg(feature = "mutants")]
pub mod watchdog;
pub mod wire;

/// What a chapter of cases needs.
pub mod prelude {
    pub use crate::case::{
        Case, Chapter, Clause, FORK, FUNCTION, Failure, Flavour, Mode, Mode::*, Outcome,
    };
    pub use crate::rig::{Exit, Rig, Setup, Watchdog, proc};
    pub use crate::wire::{Body, End, Framing, Headers, Pattern, Request, Response, Wire};
    pub use crate::{check, check_eq};
    pub use nix::sys::signal::Signal;
    pub use std::time::{Duration, Instant};
}
