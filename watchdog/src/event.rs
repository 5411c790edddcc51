//! Events of `tracing` as text.
//!
//! Owns what is shown of an event beside its time and level. May know which are ours, and those that stand for access lines. Refuses to write.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::access;
use crate::said;

/// An event's fields as JSON.
pub fn fields(event: &Event<'_>) -> Map<String, Value> {
    let mut fields = Fields::default();
    event.record(&mut fields);
    fields.0
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = said::bounded(format!("{value:?}"));
        self.0.insert(field.name().to_owned(), text.into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let text = said::bounded(value.to_owned());
        self.0.insert(field.name().to_owned(), text.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

/// What is ours, and not the function's in this process.
pub fn is_own(target: &str) -> bool {
    target == "fwatchdog" || target.starts_with("fwatchdog::")
}

/// The message of a line of our own says it all; one of others has its fields behind it.
pub fn shown<'f>(fields: &'f Map<String, Value>, target: &str) -> Cow<'f, str> {
    if target == access::EVENT {
        return access::event_as_text(fields).into();
    }
    let message = fields.get("message").and_then(Value::as_str);
    let message = message.unwrap_or_default();
    if is_own(target) || fields.len() <= usize::from(!message.is_empty()) {
        return message.into();
    }
    let mut text = message.to_owned();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "message") {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = match value {
            Value::String(value) => write!(text, "{space}{name}={value}"),
            value => write!(text, "{space}{name}={value}"),
        };
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(fields: &Value, target: &str) -> String {
        shown(fields.as_object().unwrap(), target).into_owned()
    }

    #[test]
    fn fields_are_shown_where_they_are_not_ours() {
        let fields = json!({"message": "hello", "user": "me", "count": 3});
        assert_eq!(text(&fields, "app"), "hello count=3 user=me");
        assert_eq!(text(&fields, "fwatchdog::server"), "hello");
        assert_eq!(text(&fields, "fwatchdog_app"), "hello count=3 user=me");
        assert_eq!(text(&json!({"user": "me"}), "app"), "user=me");
    }
}
