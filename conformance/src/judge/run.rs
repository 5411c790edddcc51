//! A run: one case in one variant, and which runs a command line means.
//! It knows ids and globs.
//! It refuses to start anything.

use wildmatch::WildMatch;

use super::{Case, Suite};

/// One case in one variant.
#[derive(Clone, Copy, Debug)]
pub struct Run<S: Suite> {
    pub case: &'static Case<S>,
    /// Only where the case has variants.
    pub variant: Option<S::Variant>,
    /// Which repetition.
    pub round: usize,
}

impl<S: Suite> Run<S> {
    /// `id`, or `id@variant` where the case has variants.
    pub fn id(&self) -> String {
        match self.variant {
            None => self.case.id.to_owned(),
            Some(variant) => format!("{}@{variant}", self.case.id),
        }
    }

    /// Whether one of these globs over `id` and `id@variant` means this run.
    pub fn matches(&self, globs: &[String]) -> bool {
        globs.iter().any(|glob| self.matched_by(glob))
    }

    pub fn matched_by(&self, glob: &str) -> bool {
        let glob = WildMatch::new(glob);
        glob.matches(self.case.id) || glob.matches(&self.id())
    }

    /// Whether a command line with these globs asks for this run.
    pub fn wanted(&self, globs: &[String]) -> bool {
        if self.case.named_only {
            return globs
                .iter()
                .any(|name| name == self.case.id || *name == self.id());
        }
        globs.is_empty() || self.matches(globs)
    }
}

/// Every run of every case, in order.
pub fn expand<S: Suite>() -> Vec<Run<S>> {
    let mut runs = Vec::new();
    for case in S::cases() {
        let run = |variant| Run {
            case,
            variant,
            round: 1,
        };
        match S::variants(case) {
            [] => runs.push(run(None)),
            variants => runs.extend(variants.iter().map(|&variant| run(Some(variant)))),
        }
    }
    runs
}
