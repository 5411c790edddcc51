//! Where settings come from: the environment, once, and the file in which Kubernetes keeps the namespace.
//!
//! Owns the snapshot; nothing is read again later. May know names and raw values. Refuses to know what any of them mean.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// A snapshot of environment variables.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    namespace_file: PathBuf,
}

impl Environment {
    /// This process's own. Nothing else reads it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    pub fn from_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The same with another file to find the namespace in.
    #[cfg(test)]
    #[must_use]
    pub fn with_namespace_file(self, path: impl Into<PathBuf>) -> Self {
        Self {
            namespace_file: path.into(),
            ..self
        }
    }

    /// Sets a variable, and takes away others that mean the same.
    pub fn replace<'a>(
        &mut self,
        name: &str,
        aliases: impl Iterator<Item = &'a str>,
        value: String,
    ) {
        for alias in aliases {
            self.variables.remove(OsStr::new(alias));
        }
        self.variables.insert(name.into(), value.into());
    }

    /// Every variable.
    pub fn entries(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let entries = self.variables.iter();
        entries.map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A variable's value. Set but empty is unset.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to nothing.
    pub(super) fn is_blank(&self, name: &str) -> bool {
        self.variables
            .get(OsStr::new(name))
            .is_some_and(|value| value.is_empty())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().filter_map(|name| name.to_str())
    }

    pub(super) fn namespace_file(&self) -> &Path {
        &self.namespace_file
    }

    pub(super) fn read_namespace(&self) -> io::Result<String> {
        Ok(fs::read_to_string(&self.namespace_file)?.trim().to_owned())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self {
            variables,
            namespace_file: NAMESPACE_FILE.into(),
        }
    }
}
