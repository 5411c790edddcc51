//! The watchdog suite: the contract of a program that turns others into HTTP functions.
//! It knows the judge, the wire and the fixtures that stand in for functions.
//! It refuses to know any other suite.

pub mod cases;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod profile;
pub mod rig;
mod suite;
pub mod traits;

pub use profile::Profile;
pub use rig::Ground;
pub use suite::Suite;
pub use traits::{Flavour, Mode};

/// What a chapter of cases needs.
pub mod prelude {
    pub use super::rig::{Exit, Rig, Setup, Watchdog, proc};
    pub use super::traits::{FORK, FUNCTION, Flavour, Mode, Mode::*};
    pub use crate::judge::{Clause, Failure, Outcome};
    pub use crate::wire::{Body, End, Framing, Headers, Pattern, Request, Response, Wire};
    pub use crate::{check, check_eq};
    pub use nix::sys::signal::Signal;
    pub use std::time::{Duration, Instant};

    pub type Case = crate::judge::Case<super::Suite>;
    pub type Chapter = crate::judge::Chapter<super::Suite>;
}
