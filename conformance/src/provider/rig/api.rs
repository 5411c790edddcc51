//! The provider's API as small calls, each on a connection of its own and on record.
//! It knows the routes, where each takes its namespace, and who asks.
//! It refuses to make or remove anything that does not bear the name of its run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::Answer;
use super::guard;
use super::journal::Made;
use super::name::Named;
use super::record::{Record, curl};
use super::status::{LogLine, Status};
use super::target::{Credentials, Url};
use crate::failure::{Failure, FailureKind};
use crate::wire::websocket::opening;
use crate::wire::{Head, Headers, Request, Response, WebSocket, Wire};

type Result<T> = std::result::Result<T, Failure>;

/// Between two attempts of a poll.
const PAUSE: Duration = Duration::from_millis(20);

/// A client of the provider. Clones are cheap and write to the same record.
#[derive(Clone, Debug)]
pub struct Provider {
    url: Url,
    credentials: Credentials,
    record: Record,
    /// `None`: nothing is written down; for those who only look and remove.
    made: Option<Made>,
    run: String,
    guarded: bool,
    /// The variable that stands for the password in commands.
    variable: &'static str,
    /// The limit of every single read and write.
    timeout: Duration,
}

impl Provider {
    /// A client that writes nothing down: to look and to remove.
    pub fn new(
        url: Url,
        credentials: Credentials,
        run: &str,
        record: Record,
        timeout: Duration,
    ) -> Self {
        record.hide(&credentials);
        let variable = match credentials {
            Credentials::Token(_) => "$TOKEN",
            _ => "$PASSWORD",
        };
        Self {
            url,
            credentials,
            record,
            made: None,
            run: run.to_owned(),
            guarded: true,
            variable,
            timeout,
        }
    }

    /// The same client; what it makes is written down here.
    #[must_use]
    pub(super) fn making(mut self, made: Made) -> Self {
        self.made = Some(made);
        self
    }

    // ----- who asks, and how long they wait

    /// The same provider without credentials.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        self.as_user(Credentials::None)
    }

    /// The same provider asked by somebody else.
    #[must_use]
    pub fn as_user(&self, credentials: Credentials) -> Self {
        // Wrong passwords are often made of the right one.
        self.record.hide(&credentials);
        Self {
            credentials,
            variable: "$ANOTHER",
            ..self.clone()
        }
    }

    /// Another limit for every single read and write.
    #[must_use]
    pub fn patient(&self, timeout: Duration) -> Self {
        Self {
            timeout,
            ..self.clone()
        }
    }

    /// The same site on another port, without credentials: metrics.
    #[must_use]
    pub fn at(&self, url: Url) -> Self {
        Self {
            url,
            ..self.anonymous()
        }
    }

    /// The same provider, for the few cases that ask for what must be refused and is not theirs.
    #[must_use]
    pub fn unguarded(&self) -> Self {
        Self {
            guarded: false,
            ..self.clone()
        }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    // ----- functions

    /// `POST /system/functions`.
    pub fn deploy(&self, deployment: &super::Deployment) -> Result<Answer> {
        self.call("POST", "/system/functions", &deployment.json())
    }

    /// `PUT /system/functions`.
    pub fn update(&self, deployment: &super::Deployment) -> Result<Answer> {
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
        self.record
            .call(stranger.curl(&opening), "a WebSocket".to_owned());
        WebSocket::over(stranger.connect()?, &stranger.addressed(&opening))
    }

    // ----- anything

    pub fn get(&self, target: &str) -> Result<Answer> {
        self.send(&Request::get(target))
    }

    /// Any call with a JSON body.
    pub fn call(&self, method: &str, target: &str, body: &Value) -> Result<Answer> {
        let request = Request::new(method, target)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        self.send(&request)
    }

    /// Any request, with the credentials of whoever asks unless it brings its own.
    pub fn send(&self, request: &Request) -> Result<Answer> {
        let call = format!("{} {}", request.method, request.target);
        self.allow(request)?;
        let start = Instant::now();
        let outcome = self
            .connect()
            .and_then(|mut wire| wire.exchange(&self.addressed(request)))
            .map(|response| Answer::new(call, response, start.elapsed()));
        self.note(request, outcome)
    }

    /// Any request, read up to the end of the head: the body is up to the case.
    pub fn open(&self, request: &Request) -> Result<(Head, Wire)> {
        self.allow(request)?;
        let mut wire = self.connect()?;
        wire.send_request(&self.addressed(request))?;
        let head = wire.read_head();
        let told = match &head {
            Ok(head) => format!("got {} {}", head.status, head.reason),
            Err(failure) => failure.message.clone(),
        };
        self.record.call(self.curl(request), told);
        Ok((head?, wire))
    }

    /// A connection on which the case says everything itself; see `addressed`.
    pub fn connect(&self) -> Result<Wire> {
        if self.made.as_ref().is_some_and(Made::is_closed) {
            return Err(Failure::fault("the case is over"));
        }
        let wire = Wire::connect(self.url.addr, self.timeout, &self.record.transcript)?;
        self.record.wire(wire.cutter());
        Ok(wire)
    }

    /// Many requests over one connection: the wire from `connect` carries each.
    pub fn send_over(&self, wire: &mut Wire, request: &Request) -> Result<Response> {
        self.allow(request)?;
        wire.exchange(&self.addressed(request))
    }

    /// The request as it goes on the wire: the prefix of the URL, `Host` and the credentials are added.
    pub fn addressed(&self, request: &Request) -> Request {
        let mut headers = Headers::new();
        if request.host && !request.headers.has("host") {
            headers.push("Host", &self.url.authority);
        }
        if let Some(value) = self.credentials.header()
            && !request.headers.has("authorization")
        {
            headers.push("Authorization", &value);
        }
        for (name, value) in request.headers.iter() {
            headers.push(name, value);
        }
        Request {
            target: format!("{}{}", self.url.prefix, request.target),
            headers,
            ..request.clone()
        }
    }

    /// Writes down what the request would make, before it is sent.
    fn allow(&self, request: &Request) -> Result<()> {
        let deed = guard::deed(request);
        if self.guarded {
            guard::check(&self.run, &deed)?;
        }
        match (&self.made, deed) {
            (Some(made), guard::Deed::Makes(thing)) => made.add(&thing),
            _ => Ok(()),
        }
    }

    fn note(&self, request: &Request, outcome: Result<Answer>) -> Result<Answer> {
        let outcome = outcome.map_err(|failure| Failure {
            message: format!("{} {}: {failure}", request.method, request.target),
            ..failure
        });
        let told = match &outcome {
            Ok(answer) => answer.told(),
            Err(failure) => failure.message.clone(),
        };
        self.record.call(self.curl(request), told);
        outcome
    }

    fn curl(&self, request: &Request) -> String {
        let who = self.credentials.curl(self.variable);
        curl(request, &self.url.to_string(), &who)
    }

    /// Asks until `ask` succeeds; only the last attempt is on record, and fails with its failure.
    pub fn until<T>(
        &self,
        limit: Duration,
        what: &str,
        mut ask: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        while start.elapsed() < limit {
            let quiet = self.record.transcript.pause();
            let attempt = ask();
            drop(quiet);
            if let Err(failure) = &attempt
                && failure.kind != FailureKind::Failed
            {
                return attempt;
            }
            if attempt.is_ok() {
                let took = start.elapsed().as_millis();
                let note = format!("{what}: after {took} ms");
                self.record.transcript.note(0, &note);
                return attempt;
            }
            if self.made.as_ref().is_some_and(Made::is_closed) {
                return Err(Failure::fault(format!("{what}: the case is over")));
            }
            std::thread::sleep(PAUSE);
        }
        ask().map_err(|failure| Failure {
            message: format!("{what}: not within {limit:?}: {failure}"),
            ..failure
        })
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
