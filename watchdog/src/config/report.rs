//! What reading the configuration came to: the result with its origins, or everything that is wrong.
//!
//! Owns the words an operator sees about settings. May know names, values and where they came from. Refuses to decide anything.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use super::Config;

/// A configuration, and how it came to be.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Every setting, in the order of the table.
    pub effective: Vec<Effective>,
    /// To be logged once there is a log.
    pub warnings: Vec<String>,
}

/// What holds for one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    pub name: &'static str,
    pub value: String,
    pub source: Source,
    /// Whether the mode reads it.
    pub used: bool,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    /// The variable of this name.
    Environment(&'static str),
    Argument,
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Argument => f.write_str("argument"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Loaded {
    /// What `--print-config` prints: one line for each setting.
    pub fn print(&self) -> String {
        let mode = self.config.mode.name();
        self.effective
            .iter()
            .fold(String::new(), |mut text, setting| {
                let Effective {
                    name,
                    value,
                    source,
                    used,
                } = setting;
                let unused = if *used {
                    String::new()
                } else {
                    format!(", unused in mode {mode}")
                };
                // A line break in a value must not look like another setting.
                let value = value.replace('\n', "\\n");
                let _ = writeln!(text, "{name}={value}  # {source}{unused}");
                text
            })
    }
}

/// Everything that is wrong, at once.
#[derive(Debug, Default)]
pub struct Problems {
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
}

/// One thing that keeps the watchdog from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub setting: &'static str,
    /// As it was written; `None` where nothing was.
    pub value: Option<String>,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value:?}: {}", self.setting, self.message),
            None => write!(f, "{}: {}", self.setting, self.message),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        // A misspelt name often explains a missing value.
        for warning in &self.warnings {
            write!(f, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
