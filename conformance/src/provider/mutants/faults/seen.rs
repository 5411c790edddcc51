//! What is there, as far as a front has seen it come and go.
//! It knows functions, secrets and namespaces by their names, and what was last said of them.
//! It refuses to ask the provider.

use super::prelude::*;
use super::tools::{
    DEFAULT, FUNCTION, FUNCTIONS, NAMESPACE, SCALE, SECRETS, good, namespace, suffix,
};

/// Keeps the body of what was made or changed, and forgets what was removed.
pub(super) fn watch(told: &mut Told, asked: &Asked, memory: &Memory) {
    let Some(place) = place(asked).filter(|_| good(told) && !asked.at(SCALE)) else {
        return;
    };
    match asked.method.as_str() {
        "POST" | "PUT" => memory.set(&place, asked.json()),
        "DELETE" => drop(memory.remove(&place)),
        _ => {}
    }
}

/// What was last said of the thing that a request is about, where it is there.
pub(super) fn known(asked: &Asked, memory: &Memory) -> Option<Value> {
    memory.get(&place(asked)?)
}

/// Where the thing is that a request is about: its kind, its namespace and its name.
pub(super) fn place(asked: &Asked) -> Option<String> {
    let (name, namespace) = (asked.name(), namespace(asked));
    if asked.is_call() {
        return Some(function(&namespace, &suffix(&name).0));
    }
    if asked.at(FUNCTIONS) || asked.at(FUNCTION) || asked.at(SCALE) {
        return Some(function(&namespace, &name));
    }
    if asked.at(SECRETS) {
        return Some(secret(&namespace, &name));
    }
    asked.at(NAMESPACE).then(|| home(&name))
}

pub(super) fn function(namespace: &str, name: &str) -> String {
    format!("function {namespace}/{name}")
}

pub(super) fn secret(namespace: &str, name: &str) -> String {
    format!("secret {namespace}/{name}")
}

fn home(name: &str) -> String {
    format!("namespace {name}")
}

pub(super) fn is_namespace(name: &str, memory: &Memory) -> bool {
    name == DEFAULT || memory.get(&home(name)).is_some()
}

/// Whether that is the name of a secret of the namespace.
pub(super) fn is_secret(namespace: &str, name: &Value, memory: &Memory) -> bool {
    let name = name.as_str().unwrap_or_default();
    memory.get(&secret(namespace, name)).is_some()
}
