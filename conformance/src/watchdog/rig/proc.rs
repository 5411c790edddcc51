//! Processes as `/proc` shows them.
//! It knows children, states, descriptors, memory and the mark of a run in an environment.
//! It refuses to signal anything that does not carry that mark or that the rig did not start.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What `/proc/<pid>/stat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub pid: i32,
    pub state: char,
    pub parent: i32,
    pub group: i32,
}

pub fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    let state = words.next()?.chars().next()?;
    let parent = words.next()?.parse().ok()?;
    let group = words.next()?.parse().ok()?;
    Some(Stat {
        pid,
        state,
        parent,
        group,
    })
}

/// Every process there is.
pub fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .collect()
}

pub fn children(parent: i32) -> Vec<Stat> {
    all()
        .into_iter()
        .filter(|stat| stat.parent == parent)
        .collect()
}

/// Whether the process is there and not a zombie.
pub fn alive(pid: i32) -> bool {
    stat(pid).is_some_and(|stat| stat.state != 'Z' && stat.state != 'X')
}

/// The signals that the process blocks, as a mask in hexadecimal digits.
pub fn blocked_signals(pid: i32) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    Some(mask?.trim().to_owned())
}

pub fn open_fds(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

pub fn threads(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// A size of `/proc/<pid>/status` in bytes, such as `VmHWM` or `VmRSS`.
pub fn memory(pid: i32, field: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

/// Every process whose environment holds this entry, `NAME=value`, but our own.
pub fn marked(mark: &str) -> Vec<i32> {
    let own = std::process::id();
    let is_marked = |stat: &Stat| {
        let environ = fs::read(format!("/proc/{}/environ", stat.pid)).unwrap_or_default();
        let mut entries = environ.split(|&byte| byte == 0);
        entries.any(|entry| entry == mark.as_bytes()) && u32::try_from(stat.pid) != Ok(own)
    };
    let marked = all().into_iter().filter(is_marked);
    marked.map(|stat| stat.pid).collect()
}

/// Kills every process whose environment holds this entry, `NAME=value`.
pub fn kill_marked(mark: &str) {
    for pid in marked(mark) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}
