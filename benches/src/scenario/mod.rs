//! What is measured: scenarios as data.
//! It knows subjects, services, requests and the ways to measure.
//! It refuses to start anything.

mod table;

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

pub use table::ALL;

/// What can stand in front of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Fwatchdog,
    /// Another build of ours, as it was before a change.
    Before,
    OfWatchdog,
    ClassicWatchdog,
    Nginx,
    /// nginx with both of its buffers for bodies off, as a watchdog has none.
    NginxUnbuffered,
    Lighttpd,
}

impl Subject {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fwatchdog => "fwatchdog",
            Self::Before => "before",
            Self::OfWatchdog => "of-watchdog",
            Self::ClassicWatchdog => "classic-watchdog",
            Self::Nginx => "nginx",
            Self::NginxUnbuffered => "nginx-unbuffered",
            Self::Lighttpd => "lighttpd",
        }
    }

    /// Whether it has the settings that only ours has.
    pub fn ours(self) -> bool {
        matches!(self, Self::Fwatchdog | Self::Before)
    }

    /// Whether a package of Debian has it.
    pub fn packaged(self) -> bool {
        matches!(self, Self::Nginx | Self::NginxUnbuffered | Self::Lighttpd)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkMode {
    Classic,
    Serializing,
    Streaming,
}

impl ForkMode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Serializing => "serializing",
            Self::Streaming => "streaming",
        }
    }
}

/// A function that is a process for each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Cat,
    Sh,
    Python,
}

impl Program {
    /// Its file below the directory of CGI programs.
    pub fn file(self) -> &'static str {
        match self {
            Self::Cat => "cat",
            Self::Sh => "cat.sh",
            Self::Python => "cat.py",
        }
    }
}

/// The function's server behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Nginx,
    /// `serve` of this crate.
    Own,
}

/// What a subject is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Proxy(Backend),
    Fork(ForkMode, Program),
    Files,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    Hello,
    Download,
    Upload,
    Payload(Program),
    File10k,
    File1m,
    Range,
    NotModified,
    Slow,
    Events,
}

/// A closed loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    pub conns: usize,
    /// A connection for each request.
    pub close: bool,
    /// The server has one CPU to itself, the load and the function have the others.
    pub one_cpu: bool,
    /// Arrivals a second of the open loop after it.
    pub open_rate: Option<f64>,
}

/// An open loop at a share of what a peer does in a closed one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub of: Subject,
    /// Connections of the closed loop.
    pub of_conns: usize,
    pub part: f64,
    pub conns: usize,
    /// Processes that ours starts ahead.
    pub prefork: Option<usize>,
}

/// How figures are had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// wrk for a while; then, with a rate, the same time of open-loop load.
    Closed(Closed),
    Share(Share),
    /// Ten times the load that `max_inflight` lets through.
    Overload {
        slots: usize,
    },
    Streams {
        count: usize,
    },
    /// Exec to the first 200 of the ready path.
    Start {
        times: usize,
    },
    /// Resident memory of a subject that has been asked nothing.
    Idle,
    /// Peak memory under this many connections.
    Peak {
        conns: usize,
    },
    /// From SIGTERM to the end, with nothing in flight.
    Drain,
    Size,
    Echo {
        bytes: u64,
    },
}

/// Scenarios that share a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    Http,
    Fork,
    Static,
    Memory,
    Time,
    Load,
}

impl Family {
    pub const ALL: [Self; 6] = [
        Self::Http,
        Self::Fork,
        Self::Static,
        Self::Memory,
        Self::Time,
        Self::Load,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Fork => "fork",
            Self::Static => "static",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Load => "load",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Http => "Mode http: one server behind the watchdog",
            Self::Fork => "Modes classic, serializing and streaming: one process per request",
            Self::Static => "Mode static: files",
            Self::Memory => "Memory and size",
            Self::Time => "Start and stop",
            Self::Load => "Latency and goodput under load",
        }
    }
}

pub struct Scenario {
    pub id: &'static str,
    pub family: Family,
    pub what: &'static str,
    pub peers: &'static [Subject],
    pub service: Service,
    pub request: Request,
    pub measure: Measure,
}

/// Whom ours is measured beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Those of the scenario.
    All,
    /// Of these only what Debian has.
    Packaged,
    /// Only the build that was before.
    Before,
}

impl Peers {
    pub fn of(self, scenario: &Scenario) -> Vec<Subject> {
        let peers = scenario.peers.iter().copied();
        match self {
            Self::All => peers.collect(),
            Self::Packaged => peers.filter(|peer| peer.packaged()).collect(),
            Self::Before => vec![Subject::Before],
        }
    }
}

/// The scenarios that any of the globs names; all where there is none.
pub fn select(globs: &[String]) -> Vec<&'static Scenario> {
    let globs: Vec<WildMatch> = globs.iter().map(|glob| WildMatch::new(glob)).collect();
    ALL.iter()
        .filter(|scenario| globs.is_empty() || globs.iter().any(|glob| glob.matches(scenario.id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, select};

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<&str> = ALL.iter().map(|scenario| scenario.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }

    #[test]
    fn globs_select() {
        assert_eq!(select(&[]).len(), ALL.len());
        assert_eq!(select(&["http-11b-c1".to_owned()]).len(), 1);
        assert_eq!(select(&["fork-cat-*-c1".to_owned()]).len(), 3);
        assert!(select(&["nothing".to_owned()]).is_empty());
    }
}
