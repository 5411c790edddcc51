//! A parent between the watchdog and whoever started it.
//! It knows the signals it is sent and how its child ends.
//! It refuses to look at anything else: outputs are the child's own.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

use super::relay::Relay;

/// What it does otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// Which signals go on for the `n`th that comes.
    pub signal: fn(Signal, u32) -> Option<Signal>,
    /// How long a signal is held back.
    pub delay: Duration,
    /// The exit code for that of the watchdog; a death by a signal is 128 and its number.
    pub exit: fn(u8) -> u8,
    /// How long it stays behind.
    pub linger: Duration,
    /// In front of it, in our own process: what leaks there, leaks in the subject.
    pub relay: Option<Relay>,
}

impl Over {
    pub const fn new() -> Self {
        Self {
            signal: |signal, _| Some(signal),
            delay: Duration::ZERO,
            exit: |code| code,
            linger: Duration::ZERO,
            relay: None,
        }
    }

    #[must_use]
    pub const fn signal(mut self, signal: fn(Signal, u32) -> Option<Signal>) -> Self {
        self.signal = signal;
        self
    }

    #[must_use]
    pub const fn delay(mut self, millis: u64) -> Self {
        self.delay = Duration::from_millis(millis);
        self
    }

    #[must_use]
    pub const fn linger(mut self, millis: u64) -> Self {
        self.linger = Duration::from_millis(millis);
        self
    }

    #[must_use]
    pub const fn exit(mut self, exit: fn(u8) -> u8) -> Self {
        self.exit = exit;
        self
    }

    #[must_use]
    pub const fn relay(mut self, relay: Relay) -> Self {
        self.relay = Some(relay);
        self
    }

    /// The same without a fault.
    pub fn neutral(&self) -> Self {
        let mut neutral = Self::new();
        neutral.relay = self.relay.map(|relay| relay.neutral());
        neutral
    }

    pub fn shape(&self) -> String {
        self.relay
            .map_or(String::new(), |relay| format!(" relay{}", relay.shape()))
    }

    /// Runs the command to its end.
    pub(super) fn run(&self, command: &mut Command) -> io::Result<u8> {
        // A child is born with the signals blocked that its parent blocks, so it comes first.
        let mut child = command.spawn()?;
        let signals = watch()?;
        let status = self.accompany(&mut child, &signals)?;
        std::thread::sleep(self.linger);
        let signal = status.signal().map_or(1, |number| 128 + number);
        let code = status.code().unwrap_or(signal);
        Ok((self.exit)(u8::try_from(code).unwrap_or(1)))
    }

    fn accompany(&self, child: &mut Child, signals: &Receiver<Signal>) -> io::Result<ExitStatus> {
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(0));
        let mut count = 0;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            match signals.recv_timeout(Duration::from_millis(2)) {
                Ok(signal) => {
                    count += 1;
                    std::thread::sleep(self.delay);
                    if let Some(signal) = (self.signal)(signal, count) {
                        let _ = kill(pid, signal);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return child.wait(),
            }
        }
    }
}

/// The signals of an orchestrator, without handlers: blocked, then waited for.
fn watch() -> io::Result<Receiver<Signal>> {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        set.add(signal);
    }
    set.thread_block()?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        while let Ok(signal) = set.wait() {
            if sender.send(signal).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
