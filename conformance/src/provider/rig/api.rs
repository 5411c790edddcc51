//! The client of a provider: each request on a connection of its own and on record.
//! It knows who asks, for how long, and what of a request is its own to add.
//! It refuses to make or remove anything that does not bear the name of its run.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::Answer;
use super::guard;
use super::journal::Made;
use super::record::{Record, curl};
use super::target::{Credentials, Url};
use crate::failure::{Failure, FailureKind};
use crate::wire::{Head, Headers, Request, Response, Wire};

type Result<T> = std::result::Result<T, Failure>;

pub use super::calls::namespace_body;

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

    /// Puts a call on record whose answer is no response.
    pub(super) fn told(&self, request: &Request, outcome: &str) {
        self.record.call(self.curl(request), outcome.to_owned());
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
