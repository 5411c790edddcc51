//! What the operator asked for, as types that cannot say nonsense.
//!
//! Owns the only reader of the environment ([`Environment`]) and the one table of settings ([`settings`]). May know every setting and its
//! grammar. Refuses to act: it opens no socket and no process, and no file but the one that names the namespace.

mod args;
mod duration;
mod environment;
mod grammar;
mod near;
mod parse;
mod reader;
mod reference;
mod report;
pub mod setting;
pub mod settings;
#[cfg(test)]
mod tests;
mod upstream;

pub use args::{Action, Arguments};
pub use duration::{go_duration, parse_go_duration};
pub use environment::Environment;
pub use parse::healthcheck;
pub use report::{Loaded, Problems};

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Which of the two existing watchdogs this build stands in for where `mode` and the other settings leave it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// classic-watchdog: unset `mode` means `classic`, `exec_timeout` is off.
    Classic,
    /// of-watchdog: unset `mode` means `streaming`, `exec_timeout` is 30 s.
    Of,
}

impl Flavour {
    /// The flavour compiled into this binary.
    pub const BUILT: Self = if cfg!(feature = "classic") {
        Self::Classic
    } else {
        Self::Of
    };

    /// The component named in `X-OpenFaaS-Internal`.
    pub const fn component(self) -> &'static str {
        match self {
            Self::Classic => "classic-watchdog",
            Self::Of => "of-watchdog",
        }
    }
}

/// Everything a server needs to know, settled before a port is bound.
#[derive(Debug, Clone)]
pub struct Config {
    pub flavour: Flavour,
    pub mode: Mode,
    pub listen: SocketAddr,
    /// Where `/metrics` is served; `None` turns it off.
    pub metrics: Option<SocketAddr>,
    pub timeouts: Timeouts,
    pub stop: Stop,
    pub limits: Limits,
    pub health: Health,
    pub log: Log,
    pub auth: Option<Auth>,
    /// A client that leaves stops the work done for it.
    pub cancel_on_disconnect: bool,
    /// Threads that serve requests; `None` is as many as the CPUs suggest.
    pub workers: Option<NonZeroUsize>,
}

/// What answers a request. Each mode carries its own settings and no other's.
#[derive(Debug, Clone)]
pub enum Mode {
    Fork(Fork),
    Proxy(Proxy),
    Files(Files),
    /// A handler in this process; only a library call can choose it.
    Inproc,
}

/// One process per request.
#[derive(Debug, Clone)]
pub struct Fork {
    pub style: Style,
    pub command: CommandLine,
    /// Describe the request in environment variables.
    pub cgi_headers: bool,
    /// How many processes are started ahead of requests.
    pub prefork: usize,
    /// The names of those variables.
    pub dialect: Dialect,
    /// `content_type`, where it was set (or has a default).
    pub content_type: Option<String>,
    /// The function's output begins with a header block (`Status:` and fields, then an empty line).
    pub cgi_response: bool,
    /// Bodies above this many bytes are kept in an unnamed file rather than in memory.
    pub spool_threshold: u64,
    /// Where such files live.
    pub spool_dir: PathBuf,
}

/// How a forking mode moves bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    Classic(ClassicStyle),
    Serializing,
    Streaming,
}

/// Switches that only the classic mode has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches of the existing interface"
)]
pub struct ClassicStyle {
    /// stderr is part of the answer.
    pub combine_output: bool,
    /// The answer is also written to our stdout, details to our log.
    pub write_debug: bool,
    /// Request and response headers are printed.
    pub debug_headers: bool,
    /// The function reads a JSON envelope in place of the body.
    pub marshal_request: bool,
}

/// The names under which a request's metadata reaches a forked function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `Http_Method`, `Http_Path`, `Http_<Name>` alone.
    OpenFaas,
    /// Those, and the meta-variables of RFC 3875 (`REQUEST_METHOD`, `HTTP_<NAME>` ...).
    Rfc3875,
}

/// A program and its arguments, already split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    pub program: String,
    pub args: Vec<String>,
}

/// One long-lived child, or somebody else's server, behind a reverse proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    pub command: CommandLine,
    pub upstream: Upstream,
    pub protocol: Protocol,
    /// Bodies of unknown length are collected first, so that the upstream is told their length.
    pub buffer_body: bool,
    /// Kept in a file above this many bytes while collected.
    pub spool_threshold: u64,
    pub spool_dir: PathBuf,
    /// When the child is told to stop.
    pub term_timing: TermTiming,
    /// How long requests and readiness wait for the upstream at start.
    pub startup_timeout: Duration,
    pub trust: Trust,
}

/// Where the certificate authorities are that TLS trusts; nowhere in particular by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    pub file: Option<PathBuf>,
    pub dirs: Vec<PathBuf>,
}

/// Where the upstream listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub endpoint: Endpoint,
    /// Put before every path; empty or `/x/y` without a trailing slash.
    pub base_path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    Tcp { host: String, port: u16 },
    Tls { host: String, port: u16 },
    Unix(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    H2c,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermTiming {
    AfterDrain,
    Immediate,
}

/// A directory of files.
#[derive(Debug, Clone)]
pub struct Files {
    pub root: PathBuf,
    /// Served in place of what is missing, relative to the root.
    pub fallback: Option<String>,
    pub listing: bool,
    pub dotfiles: bool,
    /// Follow symbolic links that lead out of the root.
    pub symlinks: bool,
}

/// Limits in time. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a head, from its first byte; for a body, from the end of its head; for an idle connection, from its last answer.
    pub read: Option<Duration>,
    /// From a request's head to the end of an ordinary answer, taken or not.
    pub write: Option<Duration>,
    /// How long the function may take.
    pub exec: Option<Duration>,
    /// The longest gap in an event stream or an upgraded connection.
    pub stream_idle: Option<Duration>,
    /// Between TERM and KILL.
    pub kill_grace: Duration,
}

/// How the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Unready but still accepting, for load balancers to notice.
    pub drain_delay: Duration,
    /// How long requests in flight may take after that.
    pub shutdown_timeout: Duration,
}

/// Limits in number and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub max_inflight: Option<NonZeroUsize>,
    /// How many requests may wait for a slot.
    pub max_queue: usize,
    /// How long they may wait.
    pub queue_timeout: Duration,
    pub max_body_bytes: Option<u64>,
    pub max_header_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The lock file; `None` where it is suppressed.
    pub lock: Option<PathBuf>,
    /// Readiness is asked of the function at this target (path and query).
    pub ready_path: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    /// Put date, time and stream before each line of the function.
    pub prefix: bool,
    /// The longest line (with its newline) kept in one piece; `None` keeps any.
    pub line_limit: Option<usize>,
    /// End access lines with the call id.
    pub call_id: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Function tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The `OpenID` configuration document.
    pub discovery_url: String,
    /// `<namespace>:<name>`, what a permission must match.
    pub function: String,
    pub debug: bool,
    pub trust: Trust,
}

impl Mode {
    /// The mode as the operator names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Fork(fork) => match fork.style {
                Style::Classic(_) => "classic",
                Style::Serializing => "serializing",
                Style::Streaming => "streaming",
            },
            Self::Proxy(_) => "http",
            Self::Files(_) => "static",
            Self::Inproc => "inproc",
        }
    }

    /// The function's command, where the mode runs one.
    pub const fn command(&self) -> Option<&CommandLine> {
        match self {
            Self::Fork(fork) => Some(&fork.command),
            Self::Proxy(proxy) => Some(&proxy.command),
            Self::Files(_) | Self::Inproc => None,
        }
    }
}

impl fmt::Display for CommandLine {
    /// In POSIX shell quoting, where any is needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = std::iter::once(&self.program).chain(&self.args);
        // Only a NUL cannot be quoted, and the grammar lets none in.
        let text = shlex::try_join(words.map(String::as_str)).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}
