//! The layers around a watchdog that a fault can be in.
//! It knows their names, and what is the same layer without its fault.
//! It refuses to know how they work.

use super::around::Start;
use super::below::Launch;
use super::beside::Scene;
use super::logs::Line;
use super::over::Over;
use super::relay::Relay;
use crate::judge::mutants;

/// A watchdog with one fault; its name is also that of the executable that is judged.
pub type Mutant = mutants::Mutant<Layer>;

/// Where the fault is.
#[derive(Clone, Copy, Debug)]
pub enum Layer {
    /// Between clients and the watchdog.
    Front(Relay),
    /// Between scrapers and the metrics port.
    Metrics(Relay),
    /// Between the watchdog and the server of http mode.
    Upstream(Relay),
    /// Between the watchdog and the issuer of tokens.
    Issuer(Relay),
    /// What the watchdog is started with: environment, arguments, working directory, limits.
    Around(fn(&mut Start)),
    /// The lines it writes to stderr.
    Stderr(fn(&mut Line)),
    /// The lines it writes to stdout.
    Stdout(fn(&mut Line)),
    /// Files and processes, while it runs.
    Beside(fn(&Scene)),
    /// A parent between it and whoever started it: signals in, exit code out.
    Over(Over),
    /// Around the process of the function: words, environment, pipes, exit code.
    Below(fn(&mut Launch)),
}

impl mutants::Layer for Layer {
    fn name(&self) -> &'static str {
        match self {
            Self::Front(_) => "front",
            Self::Metrics(_) => "front (metrics)",
            Self::Upstream(_) => "below (upstream)",
            Self::Issuer(_) => "below (issuer)",
            Self::Around(_) => "around",
            Self::Stderr(_) | Self::Stdout(_) => "around (logs)",
            Self::Beside(_) => "around (files)",
            Self::Over(_) => "around (signals)",
            Self::Below(_) => "below",
        }
    }

    fn neutral(self) -> Self {
        match self {
            Self::Front(relay) => Self::Front(relay.neutral()),
            Self::Metrics(relay) => Self::Metrics(relay.neutral()),
            Self::Upstream(relay) => Self::Upstream(relay.neutral()),
            Self::Issuer(relay) => Self::Issuer(relay.neutral()),
            Self::Around(_) => Self::Around(|_| {}),
            Self::Stderr(_) => Self::Stderr(|_| {}),
            Self::Stdout(_) => Self::Stdout(|_| {}),
            Self::Beside(_) => Self::Beside(|_| {}),
            Self::Over(over) => Self::Over(over.neutral()),
            Self::Below(_) => Self::Below(|_| {}),
        }
    }

    fn shape(&self) -> String {
        match self {
            Self::Front(relay)
            | Self::Metrics(relay)
            | Self::Upstream(relay)
            | Self::Issuer(relay) => self.name().to_owned() + &relay.shape(),
            Self::Over(over) => self.name().to_owned() + &over.shape(),
            Self::Stdout(_) => "around (stdout)".to_owned(),
            _ => self.name().to_owned(),
        }
    }
}
