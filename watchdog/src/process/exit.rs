//! How a child ended.
//!
//! Owns the words for it, which callers and logs have always seen, and the exit code that passes it on. May know signal names. Refuses to judge.

use std::fmt;

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(Signal),
    /// The process table went before the child.
    Unknown,
}

impl Exit {
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Code(0))
    }

    /// The code a supervisor exits with in the child's stead: never 0, since the child was not to end.
    pub fn supervisor_code(self) -> u8 {
        match self {
            Self::Code(0) | Self::Unknown => 1,
            Self::Code(code) => u8::try_from(code).unwrap_or(1),
            Self::Signal(signal) => u8::try_from(128 + signal as i32).unwrap_or(1),
        }
    }

    /// `None` for a change of state that is no end.
    pub(super) const fn of(status: WaitStatus) -> Option<Self> {
        match status {
            WaitStatus::Exited(_, code) => Some(Self::Code(code)),
            WaitStatus::Signaled(_, signal, _) => Some(Self::Signal(signal)),
            _ => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal: {}", name(*signal)),
            Self::Unknown => f.write_str("exit status unknown"),
        }
    }
}

/// The C library's descriptions, in lower case.
fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGHUP => "hangup",
        Signal::SIGINT => "interrupt",
        Signal::SIGQUIT => "quit",
        Signal::SIGILL => "illegal instruction",
        Signal::SIGTRAP => "trace/breakpoint trap",
        Signal::SIGABRT => "aborted",
        Signal::SIGBUS => "bus error",
        Signal::SIGFPE => "floating point exception",
        Signal::SIGKILL => "killed",
        Signal::SIGUSR1 => "user defined signal 1",
        Signal::SIGSEGV => "segmentation fault",
        Signal::SIGUSR2 => "user defined signal 2",
        Signal::SIGPIPE => "broken pipe",
        Signal::SIGALRM => "alarm clock",
        Signal::SIGTERM => "terminated",
        Signal::SIGXCPU => "CPU time limit exceeded",
        Signal::SIGXFSZ => "file size limit exceeded",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_it_always_has() {
        assert_eq!(Exit::Code(3).to_string(), "exit status 3");
        assert_eq!(Exit::Signal(Signal::SIGKILL).to_string(), "signal: killed");
    }

    #[test]
    fn a_supervisor_never_exits_zero_for_its_child() {
        assert_eq!(Exit::Code(0).supervisor_code(), 1);
        assert_eq!(Exit::Code(3).supervisor_code(), 3);
        assert_eq!(Exit::Signal(Signal::SIGKILL).supervisor_code(), 137);
    }
}
