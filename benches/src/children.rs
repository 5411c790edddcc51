//! Every process that a measurement starts.
//! It knows which are alive and ends each with all that is below it, on drop and on Ctrl-C.
//! It refuses to signal what it did not start.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fault::{During as _, Fault};
use crate::proc;

const INTERRUPTED: i32 = 130;
/// Between two looks at whether a process is over.
const LOOK: Duration = Duration::from_millis(2);

/// What must not outlive us.
struct Held {
    pids: Vec<i32>,
    scratch: Option<PathBuf>,
}

static HELD: Mutex<Held> = Mutex::new(Held {
    pids: Vec::new(),
    scratch: None,
});

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process of ours; it ends when this is dropped.
pub struct Proc {
    child: Child,
    pid: i32,
}

impl Proc {
    /// Starts it, with what it writes going to a file: the same for every subject.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self, Fault> {
        let file = File::options().create(true).append(true).open(log)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        Self::spawn(command)
    }

    /// Starts it as it is.
    pub fn spawn(command: &mut Command) -> Result<Self, Fault> {
        let mut held = held();
        let child = command
            .spawn()
            .during(format!("start {}", command.get_program().display()))?;
        let pid = i32::try_from(child.id()).during("a process id")?;
        held.pids.push(pid);
        Ok(Self { child, pid })
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub fn terminate(&self) {
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGTERM);
    }

    /// Waits for its end.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus, Fault> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.exited() {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(Fault::new(format!("not over after {patience:?}")));
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let mut held = held();
        if self.exited().is_none() {
            end(self.pid);
            let _ = self.child.wait();
        }
        held.pids.retain(|pid| *pid != self.pid);
    }
}

/// Kills a process and everything below it.
fn end(root: i32) {
    for pid in proc::tree(root) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// The directory to remove when we are interrupted.
pub fn hold_scratch(path: &Path) {
    held().scratch = Some(path.to_owned());
}

/// From here on an interrupt ends every process of ours first.
pub fn end_all_on_interrupt() -> Result<(), Fault> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        signals.forever().next();
        let held = held();
        held.pids.iter().for_each(|pid| end(*pid));
        if let Some(scratch) = &held.scratch {
            let _ = std::fs::remove_dir_all(scratch);
        }
        #[expect(clippy::exit, reason = "nobody is left to hand an exit code to")]
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}
