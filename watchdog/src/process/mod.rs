//! Every child process: how it starts, how it is told to stop, how it ends.
//!
//! Owns process groups and exit statuses; each child leads a group of its own. May know a command, its extra environment and the kill grace. Refuses to
//! know what a child is for.

mod exit;
mod kin;
pub mod logs;
mod output;
mod reap;
mod spawn;
mod stdin;
mod table;

use std::any::Any;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nix::sys::signal::Signal;
use tokio::sync::oneshot::{self, error::TryRecvError};

pub use self::exit::Exit;
pub use self::output::Output;
pub use self::reap::{ChildSignals, Processes, Reaper};
pub use self::spawn::Variables;
use self::spawn::{Added, Inherited};
pub use self::stdin::Stdin;
use self::table::{Ended, Key};
use crate::config::CommandLine;
use crate::failure::Failure;

/// Where a child's error output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// Its own pipe.
    Apart,
    /// The same pipe as its output, in the order of writing.
    Merged,
}

/// A child and its group. Dropping it stops whoever is left of the group, unless it was released.
#[derive(Debug)]
pub struct Child {
    key: Key,
    exit: oneshot::Receiver<Ended>,
    ended: Option<Ended>,
    released: bool,
    processes: Processes,
    /// Dropped with it.
    kept: Option<Box<dyn Any + Send + Sync>>,
}

/// A child and whatever it has started, for as long as the child itself is there.
#[derive(Debug, Clone)]
pub struct Group {
    leader: Key,
    processes: Processes,
}

impl Group {
    /// A group whose leader has ended does not mind.
    pub fn signal(&self, signal: Signal) {
        self.processes.signal(self.leader, None, signal);
    }
}

/// A child and its pipes.
#[derive(Debug)]
pub struct Spawned {
    pub child: Child,
    pub stdin: Stdin,
    pub stdout: Output,
    /// `None` where it is merged into stdout.
    pub stderr: Option<Output>,
}

impl Child {
    /// Waits for the child itself, not for whoever else holds its pipes. May be called again.
    pub async fn wait(&mut self) -> Exit {
        poll_fn(|cx| self.poll_wait(cx)).await
    }

    pub fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Exit> {
        if let Some(ended) = self.ended {
            return Poll::Ready(ended.exit);
        }
        // The sender goes only with the process table, which outlives every child.
        let ended = ready!(Pin::new(&mut self.exit).poll(cx)).unwrap_or_else(|_| Ended::unknown());
        self.ended = Some(ended);
        Poll::Ready(ended.exit)
    }

    /// Makes its end known, where it has ended by now: its output has.
    pub fn look(&self) {
        if self.ended.is_none() {
            self.processes.reap();
        }
    }

    /// It is known to have ended.
    pub fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = match self.exit.try_recv() {
                Ok(ended) => Some(ended),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Closed) => Some(Ended::unknown()),
            };
        }
        self.ended.is_some()
    }

    /// It uses a CPU or a disk rather than wait for somebody.
    pub fn is_busy(&self) -> bool {
        kin::is_busy(self.key.pid)
    }

    /// The child has ended as it should: what it started may live on.
    pub fn release(&mut self) {
        self.released = true;
        self.processes.leave(self.key, self.ended);
    }

    /// Keeps something for as long as the child: its stdin, to hold it open and silent, or whatever tells of its end by its drop.
    pub fn keep(&mut self, what: impl Any + Send + Sync) {
        self.kept = Some(Box::new(what));
    }

    /// The child's group, for signals while the child is there.
    pub fn group(&self) -> Group {
        Group {
            leader: self.key,
            processes: self.processes.clone(),
        }
    }

    /// Once more where it may have been waited for meanwhile.
    fn reach(&mut self, send: impl Fn(&Self) -> bool) {
        let known = self.has_ended();
        if !send(self) && !known && self.has_ended() {
            send(self);
        }
    }

    /// A signal to whoever is left of its group, be it there itself or not.
    pub fn signal(&mut self, signal: Signal) {
        self.reach(|child| child.processes.signal(child.key, child.ended, signal));
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.released {
            self.reach(|child| child.processes.condemn(child.key, child.ended));
        }
    }
}

impl Processes {
    /// Starts `command` with `variables` added to our own environment.
    pub fn spawn(
        &self,
        command: &CommandLine,
        variables: Variables,
        stderr: Stderr,
    ) -> Result<Spawned, Failure> {
        let explain = |error| explain(&command.program, &error);
        let added = Added::new(variables).map_err(explain)?;
        let (ends, theirs) = spawn::pipes(stderr).map_err(|e| system(&e))?;
        let start = |inherited: &Inherited| spawn::start(command, inherited, &added, &theirs);
        let (key, exit) = self.enter(start).map_err(explain)?;
        // A pipe whose writing end stays open here would never end.
        drop(theirs);
        let child = Child {
            key,
            exit,
            ended: None,
            released: false,
            processes: self.clone(),
            kept: None,
        };
        Ok(Spawned {
            stdin: Stdin::new(ends.stdin),
            stdout: Output::new(ends.stdout),
            stderr: ends.stderr.map(Output::new),
            child,
        })
    }
}

pub fn system(error: &io::Error) -> Failure {
    Failure::Start(format!("cannot set up the function's pipes: {error}"))
}

/// Why a command did not start, in the words both watchdogs have used.
fn explain(program: &str, error: &io::Error) -> Failure {
    const E2BIG: i32 = 7;
    match (error.raw_os_error(), error.kind()) {
        (Some(E2BIG), _) => Failure::Environment,
        (None, io::ErrorKind::InvalidInput) => {
            Failure::Request("the request's path or a header holds a NUL byte".to_owned())
        }
        (_, io::ErrorKind::NotFound) if !program.contains('/') => Failure::Start(format!(
            "exec: \"{program}\": executable file not found in $PATH"
        )),
        (_, io::ErrorKind::NotFound) => {
            Failure::Start(format!("fork/exec {program}: no such file or directory"))
        }
        (_, io::ErrorKind::PermissionDenied) => {
            Failure::Start(format!("fork/exec {program}: permission denied"))
        }
        _ => Failure::Start(format!("fork/exec {program}: {error}")),
    }
}
