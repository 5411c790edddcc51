//! How a process of the function is started.
//!
//! Owns the command and where the process's error output goes. May know the outlets. Refuses to know requests: their variables come from outside.

use super::Outlets;
use crate::config::{self, CommandLine, Style};
use crate::failure::Failure;
use crate::process::logs::{self, Stream};
use crate::process::{Processes, Spawned, Stderr, Variables};

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
        let mut spawned = self
            .processes
            .spawn(&self.command, variables, self.stderr)?;
        if let Some(stderr) = spawned.stderr.take() {
            let (sink, log) = (self.outlets.stderr.clone(), self.outlets.log.clone());
            self.outlets
                .pumps
                .spawn(logs::copy(stderr, sink, Stream::Stderr, log));
        }
        Ok(spawned)
    }

    /// Makes what has ended by now known as ended.
    pub fn look(&self) {
        self.processes.reap();
    }
}
