//! What a subject claims to be: its modes, its features and how it is configured.
//! It knows three profiles, as data.
//! It refuses to excuse failures: that is what deviations are for.

use super::traits::{Flavour, Mode};

/// How the metrics port is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsPort {
    /// Told by the variable `metrics_port`.
    Chosen,
    /// Always this one: only one subject can run at a time.
    Fixed(u16),
}

/// A kind of subject.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    pub name: &'static str,
    pub modes: &'static [Mode],
    pub features: &'static [&'static str],
    pub metrics: MetricsPort,
    /// Whether the variable `mode` selects the mode.
    pub mode_variable: bool,
    /// The flavour, where there is only one.
    pub flavour: Option<Flavour>,
}

/// Every feature a case may ask for.
pub const FEATURES: &[&str] = &[
    "access-log-json",
    "bind-address",
    "body-limits",
    "bool-words",
    "call-id",
    "cgi-env",
    "cgi-length-host",
    "cgi-response",
    "check-config",
    "cli-command",
    "disconnect-setting",
    "drain-delay",
    "etag",
    "exit-codes",
    "first-answer",
    "fprocess-json",
    "fprocess-quotes",
    "h2c",
    "h2c-upstream",
    "header-limit",
    "healthcheck-http",
    "http-ready-gate",
    "internal-header",
    "jwt-discovery",
    "jwt-refresh",
    "kill-grace",
    "log-json",
    "lean-uploads",
    "metrics-port",
    "more-metrics",
    "precompressed",
    "prefork",
    "print-config",
    "queue",
    "ready",
    "retry-after",
    "shutdown-timeout",
    "spa-fallback",
    "startup-timeout",
    "static-hardening",
    "spool",
    "stream-idle-timeout",
    "strict-config",
    "subreaper",
    "term-signal-timing",
    "unix-upstream",
];

const FWATCHDOG: Profile = Profile {
    name: "fwatchdog",
    modes: &Mode::ALL,
    features: FEATURES,
    metrics: MetricsPort::Chosen,
    mode_variable: true,
    flavour: None,
};

const OF_WATCHDOG: Profile = Profile {
    name: "of-watchdog",
    modes: &[Mode::Streaming, Mode::Serializing, Mode::Http, Mode::Static],
    features: &["ready"],
    metrics: MetricsPort::Fixed(8081),
    mode_variable: true,
    flavour: Some(Flavour::Of),
};

const CLASSIC_WATCHDOG: Profile = Profile {
    name: "classic-watchdog",
    modes: &[Mode::Classic],
    features: &[],
    metrics: MetricsPort::Fixed(8081),
    mode_variable: false,
    flavour: Some(Flavour::Classic),
};

pub const ALL: &[Profile] = &[FWATCHDOG, OF_WATCHDOG, CLASSIC_WATCHDOG];

impl Profile {
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|profile| profile.name == name)
    }

    pub fn claims(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// Whether two subjects can run beside each other.
    pub fn parallel(&self) -> bool {
        self.metrics == MetricsPort::Chosen
    }
}
