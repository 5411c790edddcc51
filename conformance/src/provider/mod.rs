//! The provider suite: the REST API of a provider or a gateway, and what a function's container may rely on.
//! It knows the judge, the wire and the probe that it deploys.
//! It refuses to know any other suite, and any particular provider.

pub mod cases;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod opening;
pub mod profile;
pub mod reference;
pub mod rig;
mod suite;
pub mod traits;

pub use profile::{Profile, Profiles};
pub use rig::{Ground, Setting};
pub use suite::Suite;

/// What a chapter of cases needs.
pub mod prelude {
    pub use super::cases::Dropped;
    pub use super::profile::Profile;
    pub use super::rig::answer::{ACCEPTED, CREATED, UNREACHED};
    pub use super::rig::crowd::{all_at_once, at_once, meanwhile};
    pub use super::rig::ground::DEFAULT_NAMESPACE;
    pub use super::rig::probe::{Digested, Echo, SecretFile};
    pub use super::rig::{
        Answer, Callback, Credentials, Deployment, Function, Info, LogLine, Named, Provider, Rig,
        SecretEntry, Shape, Status,
    };
    pub use crate::judge::{Clause, Failure, Outcome};
    pub use crate::wire::{
        Body, End, Framing, Headers, Metrics, Pattern, Request, Response, WebSocket, Wire,
    };
    pub use crate::{check, check_eq};
    pub use serde_json::{Value, json};
    pub use std::time::{Duration, Instant};

    pub type Case = crate::judge::Case<super::Suite>;
    pub type Chapter = crate::judge::Chapter<super::Suite>;
}
