//! How a process of the function is started.
//!
//! Owns the command and where the process's error output goes. May know the outlets. Refuses to know requests: their variables come from outside.

use std::sync::Arc;

use super::Outlets;
use crate::config::{self, CommandLine, Style};
use crate::failure::Failure;
use crate::process::logs::{self, Stream};
use crate::process::{Output, Processes, Spawned, Stderr, Variables};

#[derive(Debug)]
pub struct Starter {
    command: CommandLine,
    stderr: Stderr,
    processes: Processes,
    outlets: Outlets,
}

impl Starter {
    pub fn new(config: &config::Fork, processes: Processes, outlets: Outlets) -> Self {
        let stderr = match config.style {
            Style::Classic(style) if style.combine_output => Stderr::Merged,
            _ => Stderr::Apart,
        };
        Self {
            command: config.command.clone(),
            stderr,
            processes,
            outlets,
        }
    }

    /// Starts a process with these variables added to our own.
    pub fn start(&self, variables: Variables) -> Result<Spawned, Failure> {
        self.processes.spawn(&self.command, variables, self.stderr)
    }

    /// Logs what a process says from now on.
    pub fn listen(self: &Arc<Self>, spawned: &mut Spawned) {
        drop(self.later(spawned));
    }

    /// Logs what a process says from the drop on: most end before that, without a word.
    pub fn later(self: &Arc<Self>, spawned: &mut Spawned) -> Unheard {
        Unheard {
            stderr: spawned.stderr.take(),
            starter: Arc::clone(self),
        }
    }

    /// Makes what has ended by now known as ended.
    pub fn look(&self) {
        self.processes.reap();
    }
}

/// The error output of a process, to which nobody listens yet.
#[derive(Debug)]
pub struct Unheard {
    stderr: Option<Output>,
    starter: Arc<Starter>,
}

impl Unheard {
    /// Something was said already.
    pub fn holds_some(&self) -> bool {
        self.stderr.as_ref().is_some_and(Output::holds_some)
    }

    /// Logs what there is and will be, and says whether there is anything.
    pub fn listen(&mut self) -> bool {
        let Some(stderr) = self.stderr.take().filter(|stderr| !stderr.is_over()) else {
            return false;
        };
        let outlets = &self.starter.outlets;
        let (sink, log) = (outlets.stderr.clone(), outlets.log.clone());
        let copy = logs::copy(stderr, sink, Stream::Stderr, log);
        outlets.pumps.spawn(copy);
        true
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        self.listen();
    }
}
