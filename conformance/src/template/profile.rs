//! What a language cannot do, so that nobody asks it of a template.
//! It knows the templates of this project by name; any other is asked everything.
//! It refuses to excuse failures: that is what deviations are for.

/// Verbs that no standard has.
pub const ANY_VERB: &str = "any-verb";
/// Endless recursion is an error of the request, not the end of the process.
pub const DEEP: &str = "deep-recursion";
/// What fails where nobody waits for it can be told from what ends the process.
pub const STRAY: &str = "stray-errors";
/// A handler for `CloudEvents`.
pub const CLOUD_EVENTS: &str = "cloudevents";

/// Every feature that a case may ask for.
pub const FEATURES: &[&str] = &[ANY_VERB, DEEP, STRAY, CLOUD_EVENTS];

/// A template, and what it lacks.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    lang: &'static str,
    lacks: &'static [&'static str],
}

const ALL: &[Profile] = &[
    Profile {
        lang: "golang-middleware",
        lacks: &[DEEP, STRAY],
    },
    // Their HTTP parser has a list of verbs.
    Profile {
        lang: "node22",
        lacks: &[ANY_VERB],
    },
    Profile {
        lang: "typescript",
        lacks: &[ANY_VERB],
    },
    // Its handler is a whole application.
    Profile {
        lang: "python3-asgi",
        lacks: &[CLOUD_EVENTS],
    },
];

const OTHER: Profile = Profile {
    lang: "",
    lacks: &[],
};

impl Profile {
    pub fn of(lang: &str) -> &'static Self {
        let known = ALL.iter().find(|profile| profile.lang == lang);
        known.unwrap_or(&OTHER)
    }

    pub fn has(&self, feature: &str) -> bool {
        !self.lacks.contains(&feature)
    }
}
