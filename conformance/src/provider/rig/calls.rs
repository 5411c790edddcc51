//! The routes of the API, each a small call.
//! It knows where each route takes its name and its namespace.
//! It refuses to check answers: that is the case's.

use serde_json::{Value, json};

use super::answer::Answer;
use super::api::Provider;
use super::deployment::Deployment;
use super::name::Named;
use super::status::{LogLine, Status};
use crate::failure::Failure;
use crate::wire::websocket::opening;
use crate::wire::{Head, Request, WebSocket, Wire};

type Result<T> = std::result::Result<T, Failure>;

impl Provider {
    // ----- functions

    /// `POST /system/functions`.
    pub fn deploy(&self, deployment: &Deployment) -> Result<Answer> {
        self.call("POST", "/system/functions", &deployment.json())
    }

    /// `PUT /system/functions`.
    pub fn update(&self, deployment: &Deployment) -> Result<Answer> {
        self.call("PUT", "/system/functions", &deployment.json())
    }

    /// `DELETE /system/functions`, the namespace both in the body and in the query.
    pub fn delete(&self, function: impl Named) -> Result<Answer> {
        let mut body = json!({"functionName": function.name()});
        let target = with_namespace("/system/functions", function.namespace(), &mut body);
        self.call("DELETE", &target, &body)
    }

    /// `GET /system/functions`.
    pub fn list(&self) -> Result<Answer> {
        self.get("/system/functions")
    }

    pub fn list_in(&self, namespace: &str) -> Result<Answer> {
        self.get(&format!("/system/functions?namespace={namespace}"))
    }

    /// The list, typed; of the default namespace where none is named.
    pub fn functions(&self, namespace: Option<&str>) -> Result<Vec<Status>> {
        let answer = match namespace {
            Some(namespace) => self.list_in(namespace)?,
            None => self.list()?,
        };
        answer.is(200)?.json()
    }

    /// The entry of the list, if it is there.
    pub fn listed(&self, function: impl Named) -> Result<Option<Status>> {
        let all = self.functions(function.namespace())?;
        Ok(all.into_iter().find(|one| one.name == function.name()))
    }

    /// `GET /system/function/NAME`.
    pub fn describe(&self, function: impl Named) -> Result<Answer> {
        let name = function.name();
        self.get(&match function.namespace() {
            Some(namespace) => format!("/system/function/{name}?namespace={namespace}"),
            None => format!("/system/function/{name}"),
        })
    }

    /// The description, typed.
    pub fn status(&self, function: impl Named) -> Result<Status> {
        self.describe(function)?.is(200)?.json()
    }

    /// `POST /system/scale-function/NAME`, the namespace both in the body and in the query.
    pub fn scale(&self, function: impl Named, replicas: u64) -> Result<Answer> {
        let name = function.name();
        let mut body = json!({"serviceName": name, "replicas": replicas});
        let path = format!("/system/scale-function/{name}");
        let target = with_namespace(&path, function.namespace(), &mut body);
        self.call("POST", &target, &body)
    }

    // ----- the provider itself

    pub fn healthz(&self) -> Result<Answer> {
        self.get("/healthz")
    }

    pub fn info(&self) -> Result<Answer> {
        self.get("/system/info")
    }

    // ----- secrets: `body` is `{"name": .., "value": ..}` and what else a case wants

    pub fn secrets(&self) -> Result<Answer> {
        self.get("/system/secrets")
    }

    pub fn secrets_in(&self, namespace: &str) -> Result<Answer> {
        self.get(&format!("/system/secrets?namespace={namespace}"))
    }

    pub fn create_secret(&self, secret: &Value) -> Result<Answer> {
        self.call("POST", "/system/secrets", secret)
    }

    pub fn update_secret(&self, secret: &Value) -> Result<Answer> {
        self.call("PUT", "/system/secrets", secret)
    }

    /// `DELETE /system/secrets`, the namespace both in the body and in the query.
    pub fn delete_secret(&self, secret: impl Named) -> Result<Answer> {
        let mut body = json!({"name": secret.name()});
        let target = with_namespace("/system/secrets", secret.namespace(), &mut body);
        self.call("DELETE", &target, &body)
    }

    // ----- namespaces: the name goes into the path and into the body

    pub fn namespaces(&self) -> Result<Answer> {
        self.get("/system/namespaces")
    }

    pub fn namespace_names(&self) -> Result<Vec<String>> {
        self.namespaces()?.is(200)?.json()
    }

    pub fn namespace(&self, name: &str) -> Result<Answer> {
        self.get(&format!("/system/namespace/{name}"))
    }

    pub fn create_namespace(&self, namespace: &Value) -> Result<Answer> {
        self.call("POST", "/system/namespace/", namespace)
    }

    pub fn update_namespace(&self, name: &str, namespace: &Value) -> Result<Answer> {
        self.call("PUT", &format!("/system/namespace/{name}"), namespace)
    }

    pub fn delete_namespace(&self, name: &str) -> Result<Answer> {
        let target = format!("/system/namespace/{name}");
        self.call("DELETE", &target, &namespace_body(name))
    }

    // ----- logs: `query` is what stands behind `name=NAME`, such as `&tail=5`

    /// `GET /system/logs`, to its end.
    pub fn logs(&self, function: impl Named, query: &str) -> Result<Answer> {
        self.get(&logs_target(&function, query))
    }

    /// The lines of a log, each checked to be one object with the five fields.
    pub fn log_lines(&self, function: impl Named, query: &str) -> Result<Vec<LogLine>> {
        let answer = self.logs(function, query)?.is(200)?;
        let text = answer.text();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| log_line(&answer.call, line)).collect()
    }

    /// A log that is being followed: the head came, the lines are up to the case.
    pub fn follow(&self, function: impl Named, query: &str) -> Result<(Head, Wire)> {
        let query = format!("&follow=true{query}");
        self.open(&Request::get(&logs_target(&function, &query)))
    }

    // ----- invocations: without credentials, whoever asks

    /// Calls the function: the target of `request` is what the function sees, `/` for the bare name.
    pub fn invoke(&self, function: impl Named, request: &Request) -> Result<Answer> {
        self.anonymous()
            .send(&redirected("/function/", function, request))
    }

    /// The same by the queue; the answer is the queue's.
    pub fn invoke_async(&self, function: impl Named, request: &Request) -> Result<Answer> {
        self.anonymous()
            .send(&redirected("/async-function/", function, request))
    }

    /// An invocation whose body the case reads itself: streams.
    pub fn invoke_open(&self, function: impl Named, request: &Request) -> Result<(Head, Wire)> {
        self.anonymous()
            .open(&redirected("/function/", function, request))
    }

    /// The invocation as it goes on the wire: for a wire from `connect`, on which the case says when what is sent.
    pub fn invocation(&self, function: impl Named, request: &Request) -> Request {
        self.anonymous()
            .addressed(&redirected("/function/", function, request))
    }

    /// A WebSocket to the function; its target is what the function sees.
    pub fn websocket(&self, function: impl Named, target: &str) -> Result<WebSocket> {
        let stranger = self.anonymous();
        let opening = redirected("/function/", function, &opening(target));
        stranger.told(&opening, "a WebSocket");
        WebSocket::over(stranger.connect()?, &stranger.addressed(&opening))
    }
}

/// What a namespace is removed with; providers ask for the label.
pub fn namespace_body(name: &str) -> Value {
    json!({"name": name, "labels": {"openfaas": "1"}, "annotations": {"openfaas": "1"}})
}

/// Puts the namespace into the body and behind the path: some providers read one, some the other.
fn with_namespace(path: &str, namespace: Option<&str>, body: &mut Value) -> String {
    let Some(namespace) = namespace else {
        return path.to_owned();
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    format!("{path}?namespace={namespace}")
}

fn redirected(route: &str, function: impl Named, request: &Request) -> Request {
    let mut target = format!("{route}{}", function.name());
    if let Some(namespace) = function.namespace() {
        target.push('.');
        target.push_str(namespace);
    }
    target.push_str(&request.target);
    Request {
        target,
        ..request.clone()
    }
}

fn logs_target(function: &impl Named, query: &str) -> String {
    let name = function.name();
    match function.namespace() {
        Some(namespace) => format!("/system/logs?name={name}&namespace={namespace}{query}"),
        None => format!("/system/logs?name={name}{query}"),
    }
}

fn log_line(call: &str, line: &str) -> Result<LogLine> {
    serde_json::from_str(line)
        .map_err(|e| Failure::failed(format!("{call}: a line is no log message ({e}): {line}")))
}
