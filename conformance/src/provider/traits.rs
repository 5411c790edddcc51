//! What a case of this suite has beyond others: its profiles, its row of the contract, why it matters and who says so.
//! It knows the profiles by name.
//! It refuses behaviour: all here is data, built in `const` context.

use super::{Profile, Suite};
use crate::judge::Case;

#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// The rows of the contract's table that it stands for, such as `DEP-05`.
    pub rows: &'static [&'static str],
    /// Judged only where all of these are there.
    pub profiles: &'static [Profile],
    /// Judged only where this is not there.
    pub unless: Option<Profile>,
    /// Who is hurt if it does not hold.
    pub why: &'static str,
    /// Where the fact comes from.
    pub source: &'static str,
}

impl Traits {
    pub const PLAIN: Self = Self {
        rows: &[],
        profiles: &[Profile::Core],
        unless: None,
        why: "",
        source: "",
    };
}

impl Case<Suite> {
    #[must_use]
    pub const fn rows(mut self, rows: &'static [&'static str]) -> Self {
        self.traits.rows = rows;
        self
    }

    /// Instead of `core`.
    #[must_use]
    pub const fn profiles(mut self, profiles: &'static [Profile]) -> Self {
        self.traits.profiles = profiles;
        self
    }

    /// For what a provider does without the profile: it says so, instead of failing.
    #[must_use]
    pub const fn unless(mut self, profile: Profile) -> Self {
        self.traits.unless = Some(profile);
        self
    }

    #[must_use]
    pub const fn why(mut self, why: &'static str) -> Self {
        self.traits.why = why;
        self
    }

    #[must_use]
    pub const fn source(mut self, source: &'static str) -> Self {
        self.traits.source = source;
        self
    }
}
