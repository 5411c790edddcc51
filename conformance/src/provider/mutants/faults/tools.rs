//! What lists of faults are made of.
//! It knows the routes of the API, and the edits that many faults share.
//! It refuses to be a fault itself.

use serde_json::Map;

pub(super) use super::calls::both;
use super::prelude::*;
pub(super) use crate::provider::reference::DEFAULT;

pub(super) const FUNCTIONS: &str = "/system/functions";
pub(super) const FUNCTION: &str = "/system/function/";
pub(super) const SCALE: &str = "/system/scale-function/";
pub(super) const ALERT: &str = "/system/alert";
pub(super) const SECRETS: &str = "/system/secrets";
pub(super) const NAMESPACES: &str = "/system/namespaces";
pub(super) const NAMESPACE: &str = "/system/namespace/";
pub(super) const LOGS: &str = "/system/logs";

/// An image that is at hand wherever the reference provider runs.
pub(super) const AT_HAND: &str = "fwatchdog-probe:1";

/// Whether it deploys or updates a function.
pub(super) fn deploys(asked: &Asked) -> bool {
    asked.is("POST", FUNCTIONS) || asked.is("PUT", FUNCTIONS)
}

/// Whether it asks what a function is: all of them, or one.
pub(super) fn describes(asked: &Asked) -> bool {
    asked.is("GET", FUNCTIONS) || asked.is("GET", FUNCTION)
}

/// Whether the body is the object that the API asks for.
pub(super) fn is_object(asked: &Asked) -> bool {
    asked.json().is_object()
}

/// One status in place of another.
pub(super) fn turn(told: &mut Told, from: u16, to: u16) {
    if told.status == from {
        told.status = to;
    }
}

pub(super) fn good(told: &Told) -> bool {
    (200..300).contains(&told.status)
}

/// What the body says of that field, as text.
pub(super) fn text(value: &Value, field: &str) -> String {
    let text = value.get(field).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Changes a field of the body where it is there.
pub(super) fn field(asked: &mut Asked, name: &str, change: impl FnOnce(&mut Value)) {
    asked.edit(|body| body.get_mut(name).map_or((), change));
}

pub(super) fn without(asked: &mut Asked, name: &str) {
    asked.edit(|body| {
        if let Some(fields) = body.as_object_mut() {
            fields.remove(name);
        }
    });
}

pub(super) fn put(asked: &mut Asked, name: &str, value: impl Into<Value>) {
    asked.edit(|body| {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value.into());
        }
    });
}

/// Changes the values of a map of texts in the body.
pub(super) fn values(asked: &mut Asked, name: &str, change: impl Fn(&str) -> String) {
    field(asked, name, |map| {
        for value in map.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(text) = value.as_str() {
                *value = json!(change(text));
            }
        }
    });
}

/// The map of that name in a deployment; empty where it is not there.
pub(super) fn map(body: &Value, name: &str) -> Map<String, Value> {
    let map = body.get(name).and_then(Value::as_object);
    map.cloned().unwrap_or_default()
}

/// The list of that name in a deployment; empty where it is not there.
pub(super) fn list(body: &Value, name: &str) -> Vec<Value> {
    let list = body.get(name).and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

/// A label or field under another name.
pub(super) fn rename(map: &mut Value, from: &str, to: &str) {
    if let Some(map) = map.as_object_mut()
        && let Some(value) = map.remove(from)
    {
        map.insert(to.to_owned(), value);
    }
}

/// Takes a body that breaks off for the object that it began as, and says whether there was one.
pub(super) fn mend(asked: &mut Asked) -> bool {
    let begun = String::from_utf8_lossy(asked.body()).into_owned();
    let ends = ["}", "\"}", "\"}}", "}}", "]}"];
    let whole = ends.map(|end| format!("{begun}{end}"));
    let object = |text: &&String| serde_json::from_str::<Map<String, Value>>(text).is_ok();
    let mended = whole.iter().find(object).cloned();
    let there = !begun.is_empty() && mended.is_some();
    if let Some(text) = mended.filter(|_| there) {
        asked.set_body(text);
        asked.set_header(MENDED, "yes");
    }
    there
}

/// Marks a request whose body was mended.
const MENDED: &str = "x-mended";

pub(super) fn is_mended(asked: &Asked) -> bool {
    asked.header(MENDED).is_some()
}

/// The namespace that a request names, or the default one.
pub(super) fn namespace(asked: &Asked) -> String {
    if asked.is_call() {
        return suffix(&asked.name()).1;
    }
    let named = text(&asked.json(), "namespace");
    let named = Some(named).filter(|name| !name.is_empty());
    named
        .or_else(|| asked.query("namespace"))
        .unwrap_or_else(|| DEFAULT.to_owned())
}

/// A function's full name in parts.
pub(super) fn suffix(full: &str) -> (String, String) {
    let (name, namespace) = full.rsplit_once('.').unwrap_or((full, DEFAULT));
    (name.to_owned(), namespace.to_owned())
}

/// Another function in the place of the one that is called.
pub(super) fn call_instead(asked: &mut Asked, full: &str) {
    let old = asked
        .path()
        .split('/')
        .nth(2)
        .unwrap_or_default()
        .to_owned();
    let path = asked.path().replacen(&old, full, 1);
    asked.set_path(&path);
}
