//! How a process starts.
//!
//! Owns its argument vector, its environment and the pipes between us and it. May know descriptors. Refuses to know when it ends.

use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use super::Stderr;
use crate::config::{CommandLine, Environment};
use crate::descriptors::{self, settle};

/// What every process inherits. Made once, since most of it never changes.
#[derive(Debug)]
pub(super) struct Inherited {
    /// Our own variables by name, each as `NAME=value`.
    variables: Vec<(OsString, CString)>,
    /// The signals that are blocked, but for SIGCHLD, which only we read, and SIGXFSZ, which only we can do without.
    blocked: SigSet,
}

/// Variables of one process. They go before inherited ones of the same name, and later ones before earlier ones.
#[derive(Debug, Default)]
pub struct Variables(Vec<Variable>);

/// `NAME=value`, and how long the name is. The value may hold a NUL, which no process can be given.
#[derive(Debug)]
struct Variable {
    name: usize,
    text: Vec<u8>,
}

/// The same, ready for a process, each name once and in order.
pub(super) struct Added(Vec<(usize, CString)>);

/// Our ends of a process's pipes. They do not block; the process's own ends do.
#[derive(Debug)]
pub(super) struct Ends {
    pub stdin: OwnedFd,
    pub stdout: OwnedFd,
    pub stderr: Option<OwnedFd>,
}

/// A process's ends.
#[derive(Debug)]
pub(super) struct Theirs {
    stdin: OwnedFd,
    stdout: OwnedFd,
    /// `None` where it is the same pipe as stdout.
    stderr: Option<OwnedFd>,
}

impl Inherited {
    pub(super) fn from_process() -> io::Result<Self> {
        let own = Environment::from_process();
        let entries = own.entries().filter_map(|(name, value)| {
            let text = [name.as_bytes(), b"=", value.as_bytes()].concat();
            Some((name.to_owned(), CString::new(text).ok()?))
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort();
        let mut blocked = SigSet::thread_get_mask()?;
        blocked.remove(Signal::SIGCHLD);
        blocked.remove(Signal::SIGXFSZ);
        Ok(Self {
            variables: entries,
            blocked,
        })
    }

    fn with<'a>(&'a self, added: &'a Added) -> Vec<&'a CStr> {
        let mut all = Vec::with_capacity(self.variables.len() + added.0.len());
        let mut own = added.names().peekable();
        for (name, entry) in &self.variables {
            let name = name.as_bytes();
            while own.next_if(|own| *own < name).is_some() {}
            if own.peek() != Some(&name) {
                all.push(entry.as_c_str());
            }
        }
        all.extend(added.0.iter().map(|(_, entry)| entry.as_c_str()));
        all
    }
}

impl Variables {
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Sets the variable whose name is that of these parts together.
    pub fn set(&mut self, name: &[&str], value: &[u8]) {
        let length = name.iter().map(|part| part.len()).sum();
        // With room for the NUL that will end it.
        let mut text = Vec::with_capacity(length + value.len() + 2);
        for part in name {
            text.extend_from_slice(part.as_bytes());
        }
        text.push(b'=');
        text.extend_from_slice(value);
        self.0.push(Variable { name: length, text });
    }

    #[cfg(test)]
    pub fn get(&self, name: &str) -> Option<&str> {
        let texts = self.0.iter().rev();
        let mut texts = texts.filter_map(|variable| std::str::from_utf8(&variable.text).ok());
        texts.find_map(|text| text.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Variable {
    fn name(&self) -> &[u8] {
        self.text.get(..self.name).unwrap_or_default()
    }
}

impl Added {
    /// # Errors
    /// `InvalidInput` where a name or a value holds a NUL.
    pub(super) fn new(variables: Variables) -> io::Result<Self> {
        let mut variables = variables.0;
        // The sort keeps the order of equals, so that the last one comes first and stays.
        variables.reverse();
        variables.sort_by(|a, b| a.name().cmp(b.name()));
        variables.dedup_by(|a, b| a.name() == b.name());
        let entry = |variable: Variable| Ok((variable.name, CString::new(variable.text)?));
        let entries: io::Result<_> = variables.into_iter().map(entry).collect();
        entries.map(Self)
    }

    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let entries = self.0.iter();
        entries.map(|(length, entry)| entry.as_bytes().get(..*length).unwrap_or_default())
    }
}

/// The pipes of a process to be.
pub(super) fn pipes(stderr: Stderr) -> io::Result<(Ends, Theirs)> {
    let (in_read, in_write) = pipe_with(PipeFlags::CLOEXEC)?;
    let (out_read, out_write) = pipe_with(PipeFlags::CLOEXEC)?;
    let (err_read, err_write) = match stderr {
        Stderr::Merged => (None, None),
        Stderr::Apart => {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            (Some(read), Some(write))
        }
    };
    for end in [&in_write, &out_read].into_iter().chain(&err_read) {
        fcntl_setfl(end, OFlags::NONBLOCK)?;
    }
    let ends = Ends {
        stdin: settle(in_write),
        stdout: settle(out_read),
        stderr: err_read.map(settle),
    };
    let theirs = Theirs {
        stdin: in_read,
        stdout: out_write,
        stderr: err_write,
    };
    Ok((ends, theirs))
}

/// Starts `command`, found in our `PATH`, in a group of its own. It shares our memory until it runs, so nothing is copied for it.
pub(super) fn start(
    command: &CommandLine,
    inherited: &Inherited,
    added: &Added,
    theirs: &Theirs,
) -> io::Result<Pid> {
    let program = CString::new(command.program.as_str())?;
    let mut args = vec![program.clone()];
    for arg in &command.args {
        args.push(CString::new(arg.as_str())?);
    }
    let mut actions = PosixSpawnFileActions::init()?;
    let stderr = theirs.stderr.as_ref().unwrap_or(&theirs.stdout);
    for (number, end) in [&theirs.stdin, &theirs.stdout, stderr]
        .into_iter()
        .enumerate()
    {
        actions.add_dup2(end.as_raw_fd(), i32::try_from(number).unwrap_or_default())?;
    }
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK,
    )?;
    attributes.set_pgroup(Pid::from_raw(0))?;
    // We ignore it, and what is ignored would be inherited.
    attributes.set_sigdefault(&SigSet::from(Signal::SIGPIPE))?;
    attributes.set_sigmask(&inherited.blocked)?;
    let environment = inherited.with(added);
    let spawn = || posix_spawnp(&program, &actions, &attributes, &args, &environment);
    // A process is made with the limit of that moment. The actions were not: a C library may check their numbers against it.
    Ok(descriptors::lower(spawn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(variables: &[(&str, &str)]) -> io::Result<Added> {
        let mut all = Variables::default();
        for (name, value) in variables {
            all.set(&[name], value.as_bytes());
        }
        Added::new(all)
    }

    fn with(variables: &[(&str, &str)]) -> Vec<String> {
        let own = ["A=own", "B=own", "PATH=/bin"];
        let own = own.map(|text| {
            let (name, _) = text.split_once('=').unwrap();
            (name.into(), CString::new(text).unwrap())
        });
        let inherited = Inherited {
            variables: own.to_vec(),
            blocked: SigSet::empty(),
        };
        let added = added(variables).unwrap();
        let text = |entry: &CStr| entry.to_str().unwrap().to_owned();
        inherited.with(&added).into_iter().map(text).collect()
    }

    #[test]
    fn what_is_added_goes_before_what_is_inherited() {
        assert_eq!(with(&[]), ["A=own", "B=own", "PATH=/bin"]);
        assert_eq!(
            with(&[("Z", "1"), ("AA", "2"), ("B", "3")]),
            ["A=own", "PATH=/bin", "AA=2", "B=3", "Z=1"]
        );
        assert_eq!(
            with(&[("PATH", "1"), ("A", "2"), ("PATH", "3"), ("A", "4")]),
            ["B=own", "A=4", "PATH=3"]
        );
    }

    #[test]
    fn no_value_holds_a_nul() {
        let error = added(&[("A", "a\0b")]).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(error.raw_os_error(), None);
    }
}
