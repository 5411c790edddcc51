//! The template suite: the contract of a function that a language template has built.
//! It knows the judge, the wire and the watchdog in front of every function, which it starts with the watchdog suite's rig.
//! It refuses to know a language: the fixture has the same routes in all of them.

pub mod cases;
pub mod profile;
pub mod rig;
mod suite;
pub mod traits;

pub use profile::Profile;
pub use rig::Ground;
pub use suite::Suite;

/// What a chapter of cases needs.
pub mod prelude {
    pub use super::rig::{Echo, Rig, all_at_once};
    pub use crate::judge::{Clause, Failure, Outcome};
    pub use crate::watchdog::rig::{Setup, Watchdog, proc};
    pub use crate::wire::{End, Pattern, Request, Response};
    pub use crate::{check, check_eq};
    pub use nix::sys::signal::Signal;
    pub use serde_json::{Value, json};

    pub type Case = crate::judge::Case<super::Suite>;
    pub type Chapter = crate::judge::Chapter<super::Suite>;
}
