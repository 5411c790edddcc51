//! Named values in an order of their own, which only a suite can name.
//! It knows texts, lists and groups.
//! It refuses types: a report passes them on as they are.

use serde::{Serialize, Serializer};

/// Fields of a report, in the order in which they are told.
#[derive(Clone, Debug, Default)]
pub struct Facts(pub Vec<(&'static str, Fact)>);

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Fact {
    Text(String),
    List(Vec<String>),
    Group(Facts),
}

impl Facts {
    /// Adds a text, be it empty or not.
    #[must_use]
    pub fn told(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, Fact::Text(value.into())));
        self
    }

    /// Adds a text, unless it is empty.
    #[must_use]
    pub fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name, Fact::Text(value)));
        }
        self
    }

    #[must_use]
    pub fn list(mut self, name: &'static str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.0.push((name, Fact::List(values)));
        self
    }

    #[must_use]
    pub fn group(mut self, name: &'static str, values: Self) -> Self {
        self.0.push((name, Fact::Group(values)));
        self
    }
}

impl Serialize for Facts {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self.0.iter().map(|(name, fact)| (name, fact)))
    }
}
