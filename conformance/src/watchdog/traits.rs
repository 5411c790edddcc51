//! What a case of this suite has beyond others: flavours, modes, a feature, known defects.
//! It knows the two historic watchdogs by name.
//! It refuses behaviour: all here is data, built in `const` context.

use std::fmt;

use super::Suite;
use crate::judge::Case;

/// Which of the two historic watchdogs a subject stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Classic,
    Of,
}

impl Flavour {
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Of => "of",
        }
    }

    /// What an unset `mode` means.
    pub fn default_mode(self) -> Mode {
        match self {
            Self::Classic => Mode::Classic,
            Self::Of => Mode::Streaming,
        }
    }
}

/// What answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Classic,
    Serializing,
    Streaming,
    Http,
    Static,
}

impl Mode {
    pub const ALL: [Self; 5] = [
        Self::Classic,
        Self::Serializing,
        Self::Streaming,
        Self::Http,
        Self::Static,
    ];

    /// The value of the `mode` variable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Serializing => "serializing",
            Self::Streaming => "streaming",
            Self::Http => "http",
            Self::Static => "static",
        }
    }

    /// Whether every request starts a process.
    pub fn forks(self) -> bool {
        matches!(self, Self::Classic | Self::Serializing | Self::Streaming)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The modes that start one process per request.
pub const FORK: &[Mode] = &[Mode::Classic, Mode::Serializing, Mode::Streaming];
/// Every mode that runs a function.
pub const FUNCTION: &[Mode] = &[
    Mode::Classic,
    Mode::Serializing,
    Mode::Streaming,
    Mode::Http,
];

/// What a case of this suite carries.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// Known defects of the historic watchdogs that it shows.
    pub bugs: &'static [&'static str],
    /// The flavour that it judges; none: both.
    pub only: Option<Flavour>,
    /// One run per mode; none: one run in the default mode of the flavour.
    pub modes: &'static [Mode],
    /// Judged only where the profile claims the feature.
    pub feature: Option<&'static str>,
}

impl Traits {
    pub const PLAIN: Self = Self {
        bugs: &[],
        only: None,
        modes: &[],
        feature: None,
    };
}

impl Case<Suite> {
    #[must_use]
    pub const fn bugs(mut self, bugs: &'static [&'static str]) -> Self {
        self.traits.bugs = bugs;
        self
    }

    #[must_use]
    pub const fn only(mut self, flavour: Flavour) -> Self {
        self.traits.only = Some(flavour);
        self
    }

    #[must_use]
    pub const fn modes(mut self, modes: &'static [Mode]) -> Self {
        self.traits.modes = modes;
        self
    }

    #[must_use]
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self.traits.feature = Some(feature);
        self
    }
}
