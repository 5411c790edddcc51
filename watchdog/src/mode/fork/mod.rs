//! One process per request: the classic, serializing and streaming modes.
//!
//! Owns the way of a request through a function's stdin and stdout. May know the request, the command and how the child ended. Refuses to let a
//! function that failed before its first byte look like one that succeeded.

mod cgi;
mod debug;
mod env;
mod envelope;
mod pipes;
mod pool;
mod run;
mod start;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

pub use self::env::Ends;
use self::pipes::Feeding;
pub use self::pipes::Input;
pub use self::pool::Level;
use self::pool::Pool;
use self::run::{Left, Rest, Run};
use self::start::Starter;
use super::Answer;
use crate::body::Body;
use crate::config::{self, ClassicStyle, Dialect, Log, Style};
use crate::failure::Failure;
use crate::journal::Sink;
use crate::process::{Exit, Processes, Spawned, Variables};
use crate::sniff;
use crate::spool::{Place, Spooled};
use crate::target::Target;

/// Where a function's words go besides the answer.
#[derive(Debug, Clone)]
pub struct Outlets {
    pub stdout: Sink,
    pub stderr: Sink,
    pub log: Log,
    /// Log pumps outlive their request: a grandchild may still have something to say.
    pub pumps: TaskTracker,
}

/// How long a process of few words is waited for before they are read.
const SOON: Duration = Duration::from_millis(10);
/// A pipe holds at least this much.
const LITTLE: u64 = 4 << 10;

/// What becomes of a function whose client leaves in the middle of its answer.
#[derive(Debug, Clone, Copy)]
pub enum Leaving {
    Stop,
    /// It may finish, within this time from its start.
    Finish(Option<Duration>),
}

#[derive(Debug)]
pub struct Fork {
    config: config::Fork,
    place: Place,
    starter: Arc<Starter>,
    /// Present where processes are started ahead.
    pool: Option<Pool>,
    outlets: Outlets,
    /// What becomes of a function whose client has left.
    leaving: Leaving,
    /// Processes say more than a pipe is sure to hold.
    wordy: AtomicBool,
}

impl Fork {
    pub fn new(
        config: config::Fork,
        processes: Processes,
        outlets: Outlets,
        leaving: Leaving,
    ) -> Self {
        let place = Place {
            threshold: config.spool_threshold,
            dir: config.spool_dir.clone(),
        };
        let starter = Arc::new(Starter::new(&config, processes, outlets.clone()));
        let pool = (config.prefork > 0).then(|| Pool::start(config.prefork, Arc::clone(&starter)));
        Self {
            config,
            place,
            starter,
            pool,
            outlets,
            leaving,
            wordy: AtomicBool::new(false),
        }
    }

    /// The classic watchdog runs functions for five methods only.
    pub fn accepts(&self, method: &Method) -> Result<(), Failure> {
        let five = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ];
        match self.config.style {
            Style::Classic(_) if !five.contains(method) => Err(Failure::Method),
            _ => Ok(()),
        }
    }

    pub fn wants_remote(&self) -> bool {
        self.config.dialect == Dialect::Rfc3875
    }

    /// RFC 3875, section 4.1.2: a function that is told of a body is told its length. Without, its libraries take it for empty.
    fn wants_length(&self) -> bool {
        self.config.cgi_headers && self.config.dialect == Dialect::Rfc3875
    }

    /// Takes in what must be there before the function's time begins to run.
    pub async fn receive(&self, request: Request<Input>) -> Result<Request<Input>, Failure> {
        let streams = self.config.style == Style::Streaming;
        if streams && !(self.wants_length() && request.body().length().is_none()) {
            return Ok(request);
        }
        let (parts, input) = request.into_parts();
        // The announced length is what the function is told, so it is settled before collecting.
        let input = input.collect(&self.place).await?;
        Ok(Request::from_parts(parts, Input::Whole(input)))
    }

    /// Answers a request that was received; `length` is what its body announced.
    pub async fn answer(
        &self,
        request: Request<Input>,
        length: Option<u64>,
    ) -> Result<Answer, Failure> {
        let (parts, input) = request.into_parts();
        match &self.config.style {
            Style::Streaming => self.stream(parts, input, length).await,
            Style::Serializing => self.serialize(parts, input, length).await,
            Style::Classic(style) => self.classic(*style, parts, input, length).await,
        }
    }

    /// Stops what waits for later requests.
    pub fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.close();
        }
    }

    pub fn pool(&self) -> Level {
        self.pool.as_ref().map(Pool::level).unwrap_or_default()
    }

    /// A process for a request: one that waits for it, or a new one.
    fn process(
        &self,
        parts: &Parts,
        input: &Input,
        length: Option<u64>,
    ) -> Result<Spawned, Failure> {
        if let Some(spawned) = self.pool.as_ref().and_then(Pool::take) {
            return Ok(spawned);
        }
        let variables = if self.config.cgi_headers {
            let length = env::Length {
                announced: length,
                stdin: input.length(),
            };
            env::variables(parts, length, self.config.dialect)?
        } else {
            Variables::default()
        };
        self.starter.start(variables)
    }

    async fn stream(
        &self,
        parts: Parts,
        input: Input,
        length: Option<u64>,
    ) -> Result<Answer, Failure> {
        let started = Instant::now();
        let mut spawned = self.process(&parts, &input, length)?;
        // At once: nobody polls the answer of a client that does not read it.
        self.starter.listen(&mut spawned);
        let mut run = Run::new(spawned, input)?;
        let mut response = Response::new(Body::Empty);
        if let Some(first) = run.more().await? {
            let first = self.head(&mut response, &mut run, first).await?;
            if parts.method == Method::HEAD {
                // Nobody reads the body of a HEAD, and the function is to run to its end all the same.
                while run.more().await?.is_some() {}
            } else {
                run.unread(first);
                let rest = match self.leaving {
                    Leaving::Stop => None,
                    Leaving::Finish(limit) => Some(Rest {
                        pumps: self.outlets.pumps.clone(),
                        until: limit.and_then(|limit| started.checked_add(limit)),
                    }),
                };
                *response.body_mut() = Body::new(Left {
                    run: Some(run),
                    rest,
                });
            }
        } else if self.config.cgi_response {
            return Err(malformed("there is no output"));
        }
        self.content_type(&mut response, None);
        Ok(response.into())
    }

    /// Settles the head of a streamed answer; returns the body's first bytes.
    async fn head(
        &self,
        response: &mut Response<Body>,
        run: &mut Run,
        first: Bytes,
    ) -> Result<Bytes, Failure> {
        if !self.config.cgi_response {
            return Ok(first);
        }
        let mut bytes = BytesMut::from(first);
        loop {
            if let Some(head) = cgi::parse(&bytes).map_err(|why| malformed(&why))? {
                let body = bytes.split_off(head.length);
                apply(response, head);
                return Ok(body.freeze());
            }
            match run.more().await? {
                Some(more) => bytes.extend_from_slice(&more),
                None => return Err(malformed("the output ended within it")),
            }
        }
    }

    async fn serialize(
        &self,
        parts: Parts,
        input: Input,
        length: Option<u64>,
    ) -> Result<Answer, Failure> {
        let (exit, output) = self.complete(&parts, input, length).await?;
        if !exit.is_success() {
            return Err(Failure::Exit {
                status: exit.to_string(),
                output: None,
            });
        }
        self.whole(output, None)
    }

    async fn classic(
        &self,
        style: ClassicStyle,
        parts: Parts,
        input: Input,
        length: Option<u64>,
    ) -> Result<Answer, Failure> {
        if style.debug_headers {
            self.print_headers("in", &parts.headers).await;
        }
        if style.write_debug {
            let target = Target::from(&parts);
            let query = target.query().unwrap_or_default();
            tracing::info!("Query  {}", String::from_utf8_lossy(query));
            tracing::info!("Path  {}", String::from_utf8_lossy(target.path()));
        }
        let input = self.marshalled(style, &parts, input).await?;
        let (exit, mut output) = self.complete(&parts, input, length).await?;
        if style.write_debug {
            self.write_debug(exit, &mut output).await?;
        }
        if !exit.is_success() {
            output.prepend(format!("{exit}\n").as_bytes());
            return Err(Failure::Exit {
                status: exit.to_string(),
                output: Some(output),
            });
        }
        self.whole(output, parts.headers.get(CONTENT_TYPE))
    }

    /// What `debug_headers` says of an answer that is on its way.
    pub async fn show(&self, headers: &HeaderMap) {
        if matches!(&self.config.style, Style::Classic(style) if style.debug_headers) {
            self.print_headers("out", headers).await;
        }
    }

    async fn marshalled(
        &self,
        style: ClassicStyle,
        parts: &Parts,
        input: Input,
    ) -> Result<Input, Failure> {
        if !style.marshal_request {
            return Ok(input);
        }
        let mut body = input.collect(&self.place).await?;
        let wrapped = envelope::wrap(&parts.headers, &mut body, &self.place)
            .map_err(|e| Failure::unkept(&e))?;
        Ok(Input::Whole(wrapped))
    }

    /// A process may have waited for somebody to read what it wrote. None has to again.
    fn expect_words(&self) {
        self.wordy.store(true, Ordering::Relaxed);
    }

    /// Runs a function to its end.
    async fn complete(
        &self,
        parts: &Parts,
        input: Input,
        length: Option<u64>,
    ) -> Result<(Exit, Spooled), Failure> {
        let mut spawned = self.process(parts, &input, length)?;
        let mut unheard = self.starter.later(&mut spawned);
        let Spawned {
            mut child,
            stdin,
            stdout,
            ..
        } = spawned;
        let mut upload = Feeding::start(input, stdin);
        let quick = upload.is_over() && !self.wordy.load(Ordering::Relaxed);
        let work = async {
            // One thing to wait for in place of three.
            let ended = quick && timeout(SOON, child.wait()).await.is_ok();
            if quick && !ended && unheard.holds_some() {
                self.expect_words();
            }
            if unheard.listen() && ended {
                // What was said comes before what is said of the answer.
                yield_now().await;
            }
            let output = pipes::drain(stdout, &self.place).await?;
            if output.len() > LITTLE {
                self.expect_words();
            }
            child.look();
            let exit = child.wait().await;
            child.release();
            Ok((exit, output))
        };
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            fed = &mut upload => match fed {
                Err(broken) => Err(broken.failure),
                Ok(()) => work.await,
            },
        }
    }

    /// A collected output as an answer.
    fn whole(
        &self,
        mut output: Spooled,
        request_type: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut response = Response::new(Body::Empty);
        if self.config.cgi_response {
            let first = output.peek().map_err(|e| pipes::disk(&e))?;
            let head = cgi::parse(&first).map_err(|why| malformed(&why))?;
            let head = head.ok_or_else(|| malformed("the output ended within it"))?;
            output.skip(head.length);
            apply(&mut response, head);
        }
        self.content_type(&mut response, request_type);
        if !response.headers().contains_key(CONTENT_TYPE)
            && self.config.content_type.is_none()
            && !output.is_empty()
        {
            let first = output.peek().map_err(|e| pipes::disk(&e))?;
            response.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static(sniff::content_type(&first)),
            );
        }
        *response.body_mut() = output.into_body();
        Ok(response.into())
    }

    /// `content_type`, else the request's, unless the function said it itself.
    fn content_type(&self, response: &mut Response<Body>, request_type: Option<&HeaderValue>) {
        let fixed = match self.config.content_type.as_deref() {
            Some("") => return,
            Some(fixed) => HeaderValue::from_str(fixed).ok(),
            None => request_type.filter(|v| !v.is_empty()).cloned(),
        };
        if let (Some(value), false) = (fixed, response.headers().contains_key(CONTENT_TYPE)) {
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
    }
}

fn malformed(why: &str) -> Failure {
    Failure::Upstream(format!(
        "the function's header block (cgi_response) is malformed: {why}"
    ))
}

fn apply(response: &mut Response<Body>, head: cgi::Head) {
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
}
