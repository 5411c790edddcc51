//! A function that a case deployed: a name to call it by and the calls that are made all the time.
//! It knows the provider and the probe's answers.
//! It refuses to wait: that is the rig's.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Answer;
use super::api::Provider;
use super::name::Named;
use super::probe::{Echo, SecretFile, decoded};
use super::status::Status;
use crate::failure::Failure;
use crate::wire::Request;

type Result<T> = std::result::Result<T, Failure>;

/// A deployed function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub namespace: Option<String>,
    provider: Provider,
}

impl Named for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

impl Function {
    pub fn new(provider: &Provider, named: impl Named) -> Self {
        Self {
            name: named.name().to_owned(),
            namespace: named.namespace().map(str::to_owned),
            provider: provider.clone(),
        }
    }

    /// Any request; its target is what the function sees.
    pub fn call(&self, request: &Request) -> Result<Answer> {
        self.provider.invoke(self, request)
    }

    pub fn get(&self, target: &str) -> Result<Answer> {
        self.call(&Request::get(target))
    }

    pub fn post(&self, target: &str, body: impl Into<Vec<u8>>) -> Result<Answer> {
        self.call(&Request::post(target).body(body))
    }

    /// The request as the function saw it; its path must be one that the probe does not know.
    pub fn echo(&self, request: &Request) -> Result<Echo> {
        self.call(request)?.is(200)?.json()
    }

    /// An answer of the probe as JSON.
    pub fn json<T: DeserializeOwned>(&self, target: &str) -> Result<T> {
        self.get(target)?.is(200)?.json()
    }

    /// A variable of the function's environment; `None` where it is not set.
    pub fn env(&self, name: &str) -> Result<Option<String>> {
        let answer = self.get(&format!("/env/{name}"))?.is_one_of(&[200, 404])?;
        Ok((answer.status == 200).then(|| answer.text()))
    }

    /// A secret as the function reads it; `None` where there is no such file.
    pub fn secret(&self, name: &str) -> Result<Option<SecretFile>> {
        let answer = self.get(&format!("/secret/{name}"))?;
        let answer = answer.is_one_of(&[200, 404])?;
        match answer.status {
            200 => answer.json().map(Some),
            _ => Ok(None),
        }
    }

    /// Writes a file there; the number of the error, where there was one.
    pub fn write_file(&self, path: &str, bytes: impl Into<Vec<u8>>) -> Result<Option<i64>> {
        let answer = self
            .post(&format!("/fs/write?path={path}"), bytes)?
            .is(200)?;
        let told = answer.value()?;
        match told.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(None),
            _ => Ok(Some(
                told.get("errno").and_then(Value::as_i64).unwrap_or(-1),
            )),
        }
    }

    /// A file as the function reads it; `None` where it cannot.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let told: Value = self.json(&format!("/fs/read?path={path}"))?;
        let text = told.get("base64").and_then(Value::as_str);
        text.map(decoded).transpose()
    }

    /// Which process answered.
    pub fn instance(&self) -> Result<String> {
        Ok(self.get("/instance")?.is(200)?.text())
    }

    /// What happened inside: see the probe's `/events`.
    pub fn events(&self) -> Result<Vec<String>> {
        self.json("/events")
    }

    pub fn process(&self) -> Result<Value> {
        self.json("/process")
    }

    /// The description, typed.
    pub fn status(&self) -> Result<Status> {
        self.provider.status(self)
    }
}
