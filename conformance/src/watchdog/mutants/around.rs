//! What the watchdog is started with.
//! It knows the environment and the words of the command line, and what they are called.
//! It refuses to start anything: that is the shim's part.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A start that can still be changed.
#[derive(Clone, Debug)]
pub struct Start {
    pub env: BTreeMap<String, String>,
    pub args: Vec<String>,
    /// Another working directory.
    pub dir: Option<PathBuf>,
    /// Another executable than the watchdog, before its words.
    pub through: Vec<String>,
}

impl Start {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Sets it where the case has set it.
    pub fn misread(&mut self, name: &str, value: &str) {
        if self.env.contains_key(name) {
            self.set(name, value);
        }
    }

    /// The value of one name goes to another.
    pub fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.env.remove(from) {
            self.env.insert(to.to_owned(), value);
        }
    }

    pub fn port(&self, name: &str, default: u16) -> u16 {
        self.get(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    }

    /// The command of the function: another text.
    pub fn command(&mut self, edit: impl Fn(&str) -> String) {
        for name in ["fprocess", "function_process"] {
            if let Some(line) = self.env.get_mut(name).filter(|line| !line.is_empty()) {
                *line = edit(line);
            }
        }
    }
}
