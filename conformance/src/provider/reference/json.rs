//! JSON as clients of this API mean it: as their Go encoders and decoders do.
//! It knows that names of fields are matched without case, the last of equal ones wins, null is absence and unknown fields are nothing.
//! It refuses a field of the wrong type, naming it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Pairs of text, as labels, annotations and variables are.
pub type Pairs = BTreeMap<String, String>;

/// The fields of one JSON object.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The whole text has to be one object.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self::of(fields)),
            Ok(other) => Err(format!("expected a JSON object, found {}", kind(&other))),
            Err(error) => Err(format!("expected a JSON object: {error}")),
        }
    }

    fn of(fields: Map<String, Value>) -> Self {
        let present = fields.into_iter().filter(|(_, value)| !value.is_null());
        Self(
            present
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&name.to_lowercase())
    }

    pub fn text(&self, name: &str) -> Result<String, String> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(wrong(name, "text", other)),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong(name, "true or false", other)),
        }
    }

    /// A whole number, not below zero.
    pub fn number(&self, name: &str) -> Result<Option<u64>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(wrong(name, "a whole number from 0", value)),
            },
        }
    }

    pub fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let items = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(wrong(name, "an array of texts", other)),
        };
        let text = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong(name, "an array of texts", other)),
        };
        items.iter().map(text).collect()
    }

    /// Pairs of text; `None` where the field is absent.
    pub fn pairs(&self, name: &str) -> Result<Option<Pairs>, String> {
        const EXPECTED: &str = "an object whose values are texts";
        let fields = match self.get(name) {
            None => return Ok(None),
            Some(Value::Object(fields)) => fields,
            Some(other) => return Err(wrong(name, EXPECTED, other)),
        };
        let pair = |(key, value): (&String, &Value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            Value::Null => Ok((key.clone(), String::new())),
            other => Err(wrong(&format!("{name}.{key}"), "text", other)),
        };
        fields.iter().map(pair).collect::<Result<_, _>>().map(Some)
    }

    pub fn object(&self, name: &str) -> Result<Option<Self>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self::of(fields.clone()))),
            Some(other) => Err(wrong(name, "an object", other)),
        }
    }

    pub fn objects(&self, name: &str) -> Result<Vec<Self>, String> {
        let items = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(wrong(name, "an array of objects", other)),
        };
        let object = |item: &Value| match item {
            Value::Object(fields) => Ok(Self::of(fields.clone())),
            other => Err(wrong(name, "an array of objects", other)),
        };
        items.iter().map(object).collect()
    }
}

fn wrong(name: &str, expected: &str, found: &Value) -> String {
    format!("{name}: expected {expected}, found {}", kind(found))
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "text".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_go_reads_them() {
        let text = br#"{"SERVICE":"a","service":"b","x":1,"labels":null,"envVars":{"A":"1"}}"#;
        let fields = Fields::parse(text).unwrap();
        assert_eq!(fields.text("service").unwrap(), "b");
        assert_eq!(fields.pairs("labels").unwrap(), None);
        assert_eq!(fields.pairs("envVars").unwrap().unwrap()["A"], "1");
        assert_eq!(fields.text("absent").unwrap(), "");
    }

    #[test]
    fn wrong_types_are_named() {
        let fields = Fields::parse(br#"{"service":1,"replicas":-1,"envVars":[]}"#).unwrap();
        assert!(
            fields
                .text("service")
                .unwrap_err()
                .starts_with("service: expected text")
        );
        assert!(fields.number("replicas").is_err());
        assert!(fields.pairs("envVars").is_err());
        for bad in [&b""[..], b"[]", b"{", b"{} x", b"{\"a\":\"\xff\"}"] {
            assert!(Fields::parse(bad).is_err());
        }
    }
}
