//! Known deviations of named subjects: what fails, why, and that nothing else does.
//! It knows the YAML file and how an entry names its cases.
//! It refuses silence: a listed case that passes is told, so that lists do not rot.

use std::path::Path;

use serde::Deserialize;
use wildmatch::WildMatch;

use crate::runner::Run;

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
        serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The first entry that names this run.
    pub fn of(&self, run: &Run) -> Option<&Entry> {
        let id = run.id();
        self.deviations.iter().find(|entry| {
            let glob = WildMatch::new(&entry.case);
            glob.matches(run.case.id) || glob.matches(&id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Mode;

    #[test]
    fn entries_name_runs_by_glob() {
        let text = "subject: x\nversion: \"1\"\ndeviations:\n  - case: \"streaming/*@streaming\"\n    bug: BUG-06\n    reason: no flush\n";
        let read: Deviations = serde_saphyr::from_str(text).unwrap();
        let case = crate::cases::all()
            .find(|c| c.id.starts_with("streaming/"))
            .unwrap();
        let run = Run {
            case,
            mode: Mode::Streaming,
            round: 1,
        };
        assert!(case.modes.is_empty() || read.of(&run).is_some());
        assert!(!read.deviations[0].flaky);
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_saphyr::from_str::<Deviations>("subject: x\nbugs: []\n").is_err());
    }
}
