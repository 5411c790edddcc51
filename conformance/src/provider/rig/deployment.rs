//! What a case asks a provider to run.
//! It knows the fields of a deployment by their names on the wire.
//! It refuses to check them: wrong types and bad names are what some cases send.

use serde_json::{Map, Value, json};

use super::name::Named;

/// The body of a deploy or an update: JSON from the first, so that anything can be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    body: Map<String, Value>,
}

impl Deployment {
    /// No more than a name and an image.
    pub fn new(name: &str, image: &str) -> Self {
        let mut body = Map::new();
        body.insert("service".into(), name.into());
        body.insert("image".into(), image.into());
        Self { body }
    }

    /// Any field, with any value.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body.insert(field.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.body.remove(field);
        self
    }

    #[must_use]
    pub fn image(self, image: &str) -> Self {
        self.set("image", image)
    }

    #[must_use]
    pub fn namespace(self, namespace: &str) -> Self {
        self.set("namespace", namespace)
    }

    #[must_use]
    pub fn process(self, command: &str) -> Self {
        self.set("envProcess", command)
    }

    #[must_use]
    pub fn env(self, name: &str, value: &str) -> Self {
        self.entry("envVars", name, value)
    }

    #[must_use]
    pub fn label(self, name: &str, value: &str) -> Self {
        self.entry("labels", name, value)
    }

    #[must_use]
    pub fn annotation(self, name: &str, value: &str) -> Self {
        self.entry("annotations", name, value)
    }

    #[must_use]
    pub fn limit(self, resource: &str, quantity: &str) -> Self {
        self.entry("limits", resource, quantity)
    }

    #[must_use]
    pub fn reserve(self, resource: &str, quantity: &str) -> Self {
        self.entry("requests", resource, quantity)
    }

    #[must_use]
    pub fn secret(mut self, name: &str) -> Self {
        let list = self.body.entry("secrets").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(name.into());
        }
        self
    }

    #[must_use]
    pub fn read_only(self) -> Self {
        self.set("readOnlyRootFilesystem", true)
    }

    #[must_use]
    fn entry(mut self, field: &str, name: &str, value: &str) -> Self {
        let map = self.body.entry(field).or_insert_with(|| json!({}));
        if let Some(map) = map.as_object_mut() {
            map.insert(name.to_owned(), value.into());
        }
        self
    }

    pub fn field(&self, field: &str) -> Option<&Value> {
        self.body.get(field)
    }

    pub fn json(&self) -> Value {
        Value::Object(self.body.clone())
    }
}

impl Named for Deployment {
    fn name(&self) -> &str {
        let name = self.body.get("service").and_then(Value::as_str);
        name.unwrap_or_default()
    }

    fn namespace(&self) -> Option<&str> {
        self.body.get("namespace").and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_gather_below_their_field() {
        let made = Deployment::new("a", "b")
            .env("X", "1")
            .env("Y", "")
            .secret("s")
            .namespace("n");
        let want = json!({"service": "a", "image": "b", "envVars": {"X": "1", "Y": ""},
            "secrets": ["s"], "namespace": "n"});
        assert_eq!(made.json(), want);
        assert_eq!((made.name(), Named::namespace(&made)), ("a", Some("n")));
        assert_eq!(made.without("envVars").field("envVars"), None);
    }
}
