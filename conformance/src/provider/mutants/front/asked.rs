//! A request on its way to the provider, as a fault may change it.
//! It knows the head, and the whole body where that does not pass by.
//! It refuses to be sent: that is `pass`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::flow::Flow;
use crate::provider::reference::decode;

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    /// Path and query, as they came.
    pub target: String,
    pub headers: HeaderMap,
    /// Changes the bytes of an upload to a function; what `Front::upload` says, unless it is set here.
    pub upload: Option<Flow>,
    /// How long the provider gets to see nothing of it.
    pub delay: Duration,
    /// How often the provider is asked. The answer is the last one. More than once only where the body is known.
    pub times: usize,
    /// Known for the API where there are credentials. A stranger's passes by, as do those to functions.
    pub(super) body: Option<Vec<u8>>,
    pub(super) instead: Option<(StatusCode, String)>,
    /// The right user and password, with a colon between them.
    pub(super) key: String,
}

impl Asked {
    pub fn path(&self) -> &str {
        let end = self.target.find('?').unwrap_or(self.target.len());
        self.target.get(..end).unwrap_or_default()
    }

    pub fn set_path(&mut self, path: &str) {
        let query = self.target.get(self.path().len()..).unwrap_or_default();
        self.target = format!("{path}{query}");
    }

    /// Whether it is of that method and for that path. A path that ends in `/` stands for all below it.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.at(path)
    }

    /// Whether it is for that path, or for one below it where it ends in `/`.
    pub fn at(&self, path: &str) -> bool {
        self.path() == path || (path.ends_with('/') && self.path().starts_with(path))
    }

    /// Whether it is for a function, asked at once or queued.
    pub fn is_call(&self) -> bool {
        self.at("/function/") || self.at("/async-function/")
    }

    /// The function, secret or namespace that it is about: by the body, or else by the path.
    pub fn name(&self) -> String {
        let body = self.json();
        let fields = ["service", "functionName", "serviceName", "name"];
        let told = fields
            .iter()
            .find_map(|name| body.get(name)?.as_str())
            .filter(|name| !name.is_empty());
        let from_path = || match self.path().split('/').collect::<Vec<_>>().as_slice() {
            ["", "system", _, name, ..] | ["", "function" | "async-function", name, ..] => name,
            _ => "",
        };
        told.unwrap_or_else(from_path).to_owned()
    }

    /// The first value of a parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key)? == name).then(|| decode(&value.replace('+', " ")))?
        })
    }

    pub fn without_query(&mut self, name: &str) {
        let Some((path, query)) = self.target.split_once('?') else {
            return;
        };
        let key = |pair: &str| decode(pair.split('=').next().unwrap_or_default());
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| key(pair).as_deref() != Some(name))
            .collect();
        self.target = match kept.as_slice() {
            [] => path.to_owned(),
            kept => format!("{path}?{}", kept.join("&")),
        };
    }

    /// Sets a parameter of the query; the value as it is to stand there.
    pub fn set_query(&mut self, name: &str, value: &str) {
        self.without_query(name);
        let mark = if self.target.contains('?') { '&' } else { '?' };
        self.target = format!("{}{mark}{name}={value}", self.target);
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

    /// User and password, as they were given.
    pub fn credentials(&self) -> Option<(String, String)> {
        let pair = self.header("authorization")?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(pair).ok()?).ok()?;
        let (user, password) = pair.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The right user and password.
    pub fn right(&self) -> (&str, &str) {
        self.key.split_once(':').unwrap_or_default()
    }

    /// Whether there are no credentials in it.
    pub fn is_strange(&self) -> bool {
        !self.headers.contains_key("authorization")
    }

    /// Gives it the right credentials.
    pub fn let_in(&mut self) {
        let pair = STANDARD.encode(&self.key);
        self.set_header("authorization", &format!("Basic {pair}"));
    }

    /// The body; empty where it passes by.
    pub fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
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

    /// Answers it without the provider. `told` sees that answer as any other.
    pub fn answer(&mut self, status: u16, body: impl Into<String>) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
        self.instead = Some((status, body.into()));
    }
}
