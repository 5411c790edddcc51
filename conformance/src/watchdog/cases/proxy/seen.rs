//! What the child saw of a request.
//! It knows the answer of the fixture's `/dump`.
//! It refuses to interpret: names and values are as they came.

use serde_json::Value;

use crate::watchdog::prelude::*;

/// The answer of `/dump`.
#[derive(Debug)]
pub struct Seen(Value);

impl Seen {
    pub fn of(answer: &Response) -> Result<Self, Failure> {
        check_eq!(answer.status, 200, "status of a dump");
        serde_json::from_slice(&answer.body)
            .map(Self)
            .map_err(|e| Failure::failed(format!("the dump of the child is broken: {e}")))
    }

    /// Sends the request, whose target begins with `/dump`.
    pub fn by(w: &Watchdog, request: &Request) -> Result<Self, Failure> {
        Self::of(&w.request(request)?)
    }

    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn target(&self) -> &str {
        self.text("target")
    }

    /// `none`, `chunked` or the length.
    pub fn framing(&self) -> String {
        match self.0.get("framing") {
            Some(Value::String(word)) => word.clone(),
            Some(Value::Object(sized)) => sized
                .get("length")
                .map(Value::to_string)
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn fields(&self, key: &str) -> Vec<(&str, &str)> {
        let list = self.0.get(key).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|pair| {
                Some((
                    pair.get(0).and_then(Value::as_str)?,
                    pair.get(1).and_then(Value::as_str)?,
                ))
            })
            .collect()
    }

    /// All values of a header, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        values(self.fields("headers"), name)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Every header's name in lower case.
    pub fn names(&self) -> Vec<String> {
        let headers = self.fields("headers");
        headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect()
    }

    /// Every trailer's name in lower case.
    pub fn trailers(&self) -> Vec<String> {
        let trailers = self.fields("trailers");
        let names = trailers.iter();
        names.map(|(name, _)| name.to_lowercase()).collect()
    }

    pub fn trailer(&self, name: &str) -> Option<&str> {
        values(self.fields("trailers"), name).first().copied()
    }
}

fn values<'a>(fields: Vec<(&'a str, &'a str)>, name: &str) -> Vec<&'a str> {
    fields
        .into_iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}
