//! Known deviations of named subjects: what fails, why, and that nothing else does.
//! It knows the YAML file and how an entry names its cases.
//! It refuses silence: a listed case that passes is told, so that lists do not rot.

use std::path::Path;

use serde::Deserialize;

use super::{Run, Suite};

/// One excused case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// An id, an `id@mode`, or a glob over them.
    pub case: String,
    /// The handle of the defect or decision.
    pub bug: String,
    pub reason: String,
    /// Depends on timing in the subject: either outcome is accepted.
    #[serde(default)]
    pub flaky: bool,
}

/// The deviations of one subject.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    pub subject: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub deviations: Vec<Entry>,
}

impl Deviations {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|e| e.to_string())
    }

    /// The first entry that names this run.
    pub fn of<S: Suite>(&self, run: &Run<S>) -> Option<&Entry> {
        self.deviations
            .iter()
            .find(|entry| run.matched_by(&entry.case))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused() {
        assert!(Deviations::parse("subject: x\nbugs: []\n").is_err());
    }
}
