//! What a case of this suite has beyond others: a feature that not every language has.
//! It knows no language.
//! It refuses behaviour: all here is data, built in `const` context.

use super::Suite;
use crate::judge::Case;

/// What a case of this suite carries.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// Judged only where the language has it.
    pub feature: Option<&'static str>,
    /// Who is hurt where it does not hold; one sentence.
    pub why: &'static str,
}

impl Traits {
    pub const PLAIN: Self = Self {
        feature: None,
        why: "",
    };
}

impl Case<Suite> {
    #[must_use]
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self.traits.feature = Some(feature);
        self
    }

    #[must_use]
    pub const fn why(mut self, why: &'static str) -> Self {
        self.traits.why = why;
        self
    }
}
