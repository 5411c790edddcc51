//! A subject while it runs.
//! It knows how each is started in a directory of its own, when it is ready, and what it has used.
//! It refuses to count the function: only the processes of the server itself.

mod lighttpd;
mod nginx;
mod watchdog;

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bench::{Bench, Cpus};
use crate::children::Proc;
use crate::fault::{During as _, Fault};
use crate::load::Ask;
use crate::load::client::Conn;
use crate::ports;
use crate::proc;
use crate::scenario::{Backend, Service, Subject};

const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than any measurement, and the same for all.
const TIMEOUT: &str = "300s";

/// What a subject is to be.
#[derive(Clone, Debug)]
pub struct Order {
    pub subject: Subject,
    pub service: Service,
    /// Settings beyond those that every watchdog is given.
    pub settings: Vec<(&'static str, String)>,
    /// Nothing but what it must be told, where a default is what is measured.
    pub plain: bool,
    pub cpus: Cpus,
}

/// The directory and ports of one start.
struct Place<'a> {
    bench: &'a Bench,
    cpus: Cpus,
    folder: &'a Path,
    port: u16,
    /// Where the function's server listens, or would.
    upstream: u16,
}

pub struct Running {
    proc: Proc,
    /// The function's server, where the subject does not start it itself.
    _function: Option<Proc>,
    pub port: u16,
    /// Right before exec.
    pub began: Instant,
    /// Whether the server's own children are a part of it.
    whole_tree: bool,
    folder: TempDir,
}

/// Starts a subject; it may not be ready yet.
pub fn start(bench: &Bench, order: &Order) -> Result<Running, Fault> {
    let path = bench
        .executable(order.subject)
        .ok_or_else(|| Fault::new(format!("{} is not here", order.subject.name())))?;
    let folder = TempDir::new_in(bench.scratch())?;
    let place = Place {
        bench,
        cpus: order.cpus,
        folder: folder.path(),
        port: ports::free()?,
        upstream: ports::free()?,
    };
    let mut function = None;
    let mut command = bench.command(path, order.cpus.server());
    match order.subject {
        Subject::Fwatchdog | Subject::Before | Subject::OfWatchdog | Subject::ClassicWatchdog => {
            watchdog::command(&mut command, order, &place)?;
        }
        Subject::Nginx | Subject::NginxUnbuffered => {
            if let Service::Proxy(backend) = order.service {
                let mut upstream = function_server(backend, &place)?;
                function = Some(Proc::start(
                    &mut upstream,
                    &place.folder.join("function.log"),
                )?);
            }
            nginx::command(&mut command, order, &place)?;
        }
        Subject::Lighttpd => lighttpd::command(&mut command, &place)?,
    }
    Ok(Running {
        began: Instant::now(),
        proc: Proc::start(&mut command, &place.folder.join("log"))?,
        _function: function,
        port: place.port,
        whole_tree: matches!(order.subject, Subject::Nginx | Subject::NginxUnbuffered),
        folder,
    })
}

/// The command of the function's own server.
fn function_server(backend: Backend, place: &Place<'_>) -> Result<Command, Fault> {
    match backend {
        Backend::Nginx => nginx::function(place),
        Backend::Own => {
            let mut command = place.bench.command(&place.bench.serve(), place.cpus.rest());
            command.args(["serve", &place.upstream.to_string()]);
            Ok(command)
        }
    }
}

impl Running {
    /// Asks until the right answer comes; how many bytes that takes on the wire.
    pub fn await_ready(&mut self, ask: &Ask) -> Result<u64, Fault> {
        let wire = ask.wire(self.port);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = match Conn::to(self.port).exchange(&wire) {
                Ok(answer) if answer.status == ask.status && answer.body == ask.answer => {
                    return Ok(answer.wire);
                }
                Ok(answer) => format!("status {} with {} bytes", answer.status, answer.body),
                Err(error) => error.to_string(),
            };
            if let Some(status) = self.proc.exited() {
                return Err(Fault::new(format!(
                    "it ended, {status}: {}",
                    self.last_words()
                )));
            }
            if Instant::now() > deadline {
                return Err(Fault::new(format!(
                    "not ready: {said}: {}",
                    self.last_words()
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn last_words(&self) -> String {
        let text = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }

    fn own(&self) -> Vec<i32> {
        if self.whole_tree {
            proc::tree(self.proc.pid())
        } else {
            vec![self.proc.pid()]
        }
    }

    /// User and system time of the server so far, its function's not included.
    pub fn cpu(&self) -> Result<Duration, Fault> {
        self.own().into_iter().map(proc::cpu).sum()
    }

    /// Memory of the server in MiB, such as `VmHWM` or `VmRSS`.
    pub fn memory(&self, field: &str) -> Result<f64, Fault> {
        let sizes: Result<Vec<u64>, Fault> = self
            .own()
            .into_iter()
            .map(|pid| proc::memory(pid, field))
            .collect();
        Ok(mib(sizes?.into_iter().sum()))
    }

    /// SIGTERM, and how long until it is over.
    pub fn drain(&mut self, patience: Duration) -> Result<(Duration, ExitStatus), Fault> {
        let began = Instant::now();
        self.proc.terminate();
        let status = self.proc.wait(patience).during("drain")?;
        Ok((began.elapsed(), status))
    }
}

pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
