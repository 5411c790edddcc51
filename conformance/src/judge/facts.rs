//! Named values in an order of their own, which only a suite can name.
//! It knows texts, lists and groups; of what others wrote, any value.
//! It refuses types: a report passes them on as they are.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::redact::Redactor;

/// Fields of a report, in the order in which they are told.
#[derive(Clone, Debug, Default)]
pub struct Facts(pub Vec<(String, Fact)>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    Text(String),
    List(Vec<String>),
    Group(Facts),
    Other(Value),
}

impl Facts {
    /// Adds a text, be it empty or not.
    #[must_use]
    pub fn told(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), Fact::Text(value.into())));
        self
    }

    /// Adds a text, unless it is empty.
    #[must_use]
    pub fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() {
            self
        } else {
            self.told(name, value)
        }
    }

    #[must_use]
    pub fn list(mut self, name: &'static str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.0.push((name.to_owned(), Fact::List(values)));
        self
    }

    #[must_use]
    pub fn group(mut self, name: &'static str, values: Self) -> Self {
        self.0.push((name.to_owned(), Fact::Group(values)));
        self
    }

    pub(super) fn clean(&mut self, redactor: &Redactor) {
        for (_, fact) in &mut self.0 {
            match fact {
                Fact::Text(text) => *text = redactor.clean(text),
                Fact::List(texts) => {
                    for text in texts {
                        *text = redactor.clean(text);
                    }
                }
                Fact::Group(facts) => facts.clean(redactor),
                Fact::Other(_) => {}
            }
        }
    }
}

impl Serialize for Facts {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_map(self.0.iter().map(|(name, fact)| (name, fact)))
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Facts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("named values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
        let mut facts = Facts::default();
        while let Some(entry) = map.next_entry()? {
            facts.0.push(entry);
        }
        Ok(facts)
    }
}
