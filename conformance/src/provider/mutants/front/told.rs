//! An answer on its way to the client, as a fault may change it.
//! It knows the head, and the whole body where that does not pass by.
//! It refuses to be sent: that is `pass`.

use std::time::Duration;

use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use serde_json::Value;

use super::flow::Flow;

/// An answer.
#[derive(Clone, Debug)]
pub struct Told {
    pub status: u16,
    pub headers: HeaderMap,
    /// Changes the bytes of a body that passes by; what `Front::flow` says, unless it is set here.
    pub flow: Option<Flow>,
    /// How long the client gets to see nothing of it.
    pub delay: Duration,
    /// A body that passes by is passed on when it is whole.
    pub gather: bool,
    /// The connection is closed, and nothing is told.
    pub cut: bool,
    /// Known for all but calls of functions and logs that are followed.
    pub(super) body: Option<Vec<u8>>,
}

impl Told {
    pub(super) fn new(head: &Parts, body: Option<Vec<u8>>, flow: Option<Flow>) -> Self {
        Self {
            status: head.status.as_u16(),
            headers: head.headers.clone(),
            flow,
            delay: Duration::ZERO,
            gather: false,
            cut: false,
            body,
        }
    }

    /// The value of a field of the head, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn set_header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// The body; empty where it passes by.
    pub fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// Another body, in place of what was known or would have passed by.
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        self.headers.remove(CONTENT_LENGTH);
        self.body = Some(body.into());
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap_or_default()
    }

    pub fn set_json(&mut self, value: &Value) {
        self.set_body(value.to_string());
    }

    /// Changes the body where it is JSON.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut value) = serde_json::from_slice(self.body()) {
            change(&mut value);
            self.set_json(&value);
        }
    }

    /// Changes each thing of a list, or the one thing that is told.
    pub fn for_each(&mut self, mut change: impl FnMut(&mut Value)) {
        self.edit(|value| match value {
            Value::Array(all) => all.iter_mut().for_each(change),
            one => change(one),
        });
    }

    /// Another status, and an empty body.
    pub fn become_status(&mut self, status: u16) {
        self.status = status;
        self.set_body("");
    }
}
