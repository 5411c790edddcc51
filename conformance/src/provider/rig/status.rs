//! What a provider says of functions, of itself and of their logs, typed.
//! It knows the fields by their names on the wire; what is absent or null counts as empty.
//! It refuses wrong types: a field that is there must be what the contract says.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::name::Named;

pub type Texts = BTreeMap<String, String>;

/// A function, as the list and the description show it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub image: String,
    pub namespace: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub env_process: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub env_vars: Texts,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub constraints: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub secrets: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub labels: Texts,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: Texts,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub limits: Texts,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub requests: Texts,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub read_only_root_filesystem: bool,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub invocation_count: f64,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub replicas: u64,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub available_replicas: u64,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub created_at: String,
    pub usage: Option<Value>,
}

impl Named for Status {
    fn name(&self) -> &str {
        &self.name
    }

    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

/// One line of a function's log.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LogLine {
    pub name: String,
    pub namespace: String,
    pub instance: String,
    pub timestamp: String,
    pub text: String,
}

/// A secret as the list shows it; whatever else is there is in `rest`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SecretEntry {
    pub name: String,
    pub namespace: Option<String>,
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// A provider or a gateway in front of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Provider,
    Gateway,
}

/// `/system/info`, whichever of the two shapes it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub shape: Shape,
    /// Empty where a gateway cannot reach its provider.
    pub provider: String,
    pub orchestration: String,
    pub release: String,
    pub sha: String,
    /// What only a gateway says.
    pub arch: String,
    pub gateway_release: String,
}

impl Info {
    /// Reads either shape: a provider's name is a string, a gateway's is an object or null.
    pub fn read(value: &Value) -> Result<Self, String> {
        let Some(provider) = value.get("provider") else {
            return Err("there is no field \"provider\"".to_owned());
        };
        match provider {
            Value::String(_) => Ok(Self::of(Shape::Provider, value, None)),
            Value::Object(_) | Value::Null => Ok(Self::of(Shape::Gateway, provider, Some(value))),
            other => Err(format!(
                "\"provider\" is neither a string nor an object: {other}"
            )),
        }
    }

    fn of(shape: Shape, provider: &Value, gateway: Option<&Value>) -> Self {
        let text = |at: &Value, path: &str| {
            let found = at.pointer(path).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        let front = gateway.unwrap_or(&Value::Null);
        Self {
            shape,
            provider: text(provider, "/provider"),
            orchestration: text(provider, "/orchestration"),
            release: text(provider, "/version/release"),
            sha: text(provider, "/version/sha"),
            arch: text(front, "/arch"),
            gateway_release: text(front, "/version/release"),
        }
    }
}

/// Go leaves out what is empty, or writes null.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_absent_or_null_is_empty() {
        let status: Status =
            serde_json::from_value(json!({"name": "a", "labels": null, "replicas": 2})).unwrap();
        assert_eq!((status.replicas, status.labels.len()), (2, 0));
        assert!(serde_json::from_value::<Status>(json!({"replicas": -1})).is_err());
        assert!(serde_json::from_value::<Status>(json!({"labels": []})).is_err());
    }

    #[test]
    fn both_shapes_of_info_are_read() {
        let bare = json!({"provider": "x", "orchestration": "y", "version": {"release": "1"}});
        let info = Info::read(&bare).unwrap();
        assert_eq!((info.shape, info.release.as_str()), (Shape::Provider, "1"));
        let front = json!({"provider": bare, "version": {"release": "2"}, "arch": "x86_64"});
        let info = Info::read(&front).unwrap();
        assert_eq!((info.shape, info.provider.as_str()), (Shape::Gateway, "x"));
        assert_eq!(info.gateway_release, "2");
        assert_eq!(Info::read(&json!({"provider": null})).unwrap().provider, "");
        assert!(Info::read(&json!([])).is_err());
    }
}
