//! What a fault keeps from one request to the next.
//! It knows values by name.
//! It refuses to forget before the provider ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Values by name, for all requests to one provider.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, Value>>);

impl Memory {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub fn get(&self, name: &str) -> Option<Value> {
        self.with(|all| all.get(name).cloned())
    }

    pub fn set(&self, name: &str, value: impl Into<Value>) {
        self.with(|all| all.insert(name.to_owned(), value.into()));
    }

    pub fn remove(&self, name: &str) -> Option<Value> {
        self.with(|all| all.remove(name))
    }

    /// The first value that was given under this name, which stays.
    pub fn first(&self, name: &str, value: impl Into<Value>) -> Value {
        self.with(|all| all.entry(name.to_owned()).or_insert(value.into()).clone())
    }

    /// How often this name was counted, this time included.
    pub fn count(&self, name: &str) -> u64 {
        self.with(|all| {
            let count = all.get(name).and_then(Value::as_u64).unwrap_or(0) + 1;
            all.insert(name.to_owned(), count.into());
            count
        })
    }

    /// The rest of each name that begins so.
    pub fn names(&self, start: &str) -> Vec<String> {
        self.with(|all| {
            let rest = all.keys().filter_map(|name| name.strip_prefix(start));
            rest.map(str::to_owned).collect()
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Value>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
