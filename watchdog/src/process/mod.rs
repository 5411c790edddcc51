//! Every child process: how it starts, how it is told to stop, how it ends.
//!
//! Owns process groups and exit statuses; each child leads a group of its own. May know a command, its extra environment and the kill grace. Refuses to
//! know what a child is for.

mod exit;
pub mod logs;
mod reap;

use std::ffi::OsString;
use std::future::{Future as _, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, ready};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::sync::oneshot::{self, error::TryRecvError};

pub use self::exit::Exit;
pub use self::reap::{Processes, Reaper};
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
    pid: Pid,
    exit: oneshot::Receiver<Exit>,
    ended: Option<Exit>,
    released: bool,
    processes: Processes,
    /// Open for as long as the child runs.
    stdin: Option<pipe::Sender>,
}

/// A child and whatever it has started.
#[derive(Debug, Clone, Copy)]
pub struct Group(Pid);

impl Group {
    /// A group that has ended does not mind.
    pub fn signal(self, signal: Signal) {
        reap::signal_group(self.0, signal);
    }
}

/// A child and its pipes.
#[derive(Debug)]
pub struct Spawned {
    pub child: Child,
    pub stdin: pipe::Sender,
    pub stdout: pipe::Receiver,
    /// `None` where it is merged into stdout.
    pub stderr: Option<pipe::Receiver>,
}

impl Child {
    /// Waits for the child itself, not for whoever else holds its pipes. May be called again.
    pub async fn wait(&mut self) -> Exit {
        poll_fn(|cx| self.poll_wait(cx)).await
    }

    pub fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Exit> {
        if let Some(exit) = self.ended {
            return Poll::Ready(exit);
        }
        // The sender goes only with the process table, which outlives every child.
        let exit = ready!(Pin::new(&mut self.exit).poll(cx)).unwrap_or(Exit::Unknown);
        self.ended = Some(exit);
        Poll::Ready(exit)
    }

    /// It is known to have ended.
    pub fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = match self.exit.try_recv() {
                Ok(exit) => Some(exit),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Closed) => Some(Exit::Unknown),
            };
        }
        self.ended.is_some()
    }

    /// It uses a CPU or a disk rather than wait for somebody.
    pub fn is_busy(&self) -> bool {
        reap::is_busy(self.pid)
    }

    /// The child has ended as it should: what it started may live on.
    pub fn release(&mut self) {
        self.released = true;
    }

    /// Holds the child's stdin open and silent.
    pub fn keep(&mut self, stdin: pipe::Sender) {
        self.stdin = Some(stdin);
    }

    /// The child's group, for signals.
    pub fn group(&self) -> Group {
        Group(self.pid)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.released {
            self.processes.condemn(self.pid);
        }
    }
}

impl Processes {
    /// Starts `command` with `env` added to our own environment.
    pub fn spawn(
        &self,
        command: &CommandLine,
        env: Vec<(OsString, OsString)>,
        stderr: Stderr,
    ) -> Result<Spawned, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that starts children"
        )]
        let mut spec = Command::new(&command.program);
        spec.args(&command.args)
            .envs(env)
            .process_group(0)
            .stdin(Stdio::piped());
        let merged = match stderr {
            Stderr::Apart => {
                spec.stdout(Stdio::piped()).stderr(Stdio::piped());
                None
            }
            Stderr::Merged => {
                let (reader, writer) = io::pipe().map_err(|e| system(&e))?;
                spec.stdout(writer.try_clone().map_err(|e| system(&e))?)
                    .stderr(writer);
                Some(OwnedFd::from(reader))
            }
        };
        let (mut std, exit) = self
            .enter(&mut spec)
            .map_err(|e| explain(&command.program, &e))?;
        // The parent's copies of a merged pipe's writing ends must go, or it never ends.
        drop(spec);
        let pid = Pid::from_raw(i32::try_from(std.id()).unwrap_or(i32::MAX));
        let child = Child {
            pid,
            exit,
            ended: None,
            released: false,
            processes: self.clone(),
            stdin: None,
        };
        let stdin = std.stdin.take().map(OwnedFd::from);
        let stdout = merged.or(std.stdout.take().map(OwnedFd::from));
        let stderr = std.stderr.take().map(OwnedFd::from);
        let open = || -> io::Result<Spawned> {
            let missing = || io::Error::other("a pipe of the child is missing");
            Ok(Spawned {
                stdin: pipe::Sender::from_owned_fd(stdin.ok_or_else(missing)?)?,
                stdout: pipe::Receiver::from_owned_fd(stdout.ok_or_else(missing)?)?,
                stderr: stderr.map(pipe::Receiver::from_owned_fd).transpose()?,
                child,
            })
        };
        open().map_err(|e| system(&e))
    }
}

fn system(error: &io::Error) -> Failure {
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
