//! Which processes belong to whom, by the system's word.
//!
//! Owns the reading of `/proc`. May know numbers and the clock that starts are told in. Refuses to take a number for a process: it may be somebody
//! else's by now.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::{kill, killpg};
use nix::unistd::Pid;
use rustix::param::clock_ticks_per_second;
use rustix::time::{ClockId, clock_gettime};

/// A time in the unit in which the system tells when a process was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    pub(super) fn now() -> Self {
        let now = clock_gettime(ClockId::Boottime);
        let ticks = clock_ticks_per_second().max(1);
        let part = |count: i64| u64::try_from(count).unwrap_or_default();
        Self(part(now.tv_sec) * ticks + part(now.tv_nsec) / (1_000_000_000 / ticks))
    }
}

/// What the system says of a process.
struct Stat {
    state: char,
    parent: Pid,
    group: Pid,
    started: Moment,
}

/// Somebody is left of the group whose leader, `leader`, was gone by `since`. Its number may be another group's: of that, nobody was there by then.
pub(super) fn survives(leader: Pid, since: Moment) -> bool {
    // A process of that number would be another one, and its group another as well.
    if killpg(leader, None).is_err() || kill(leader, None) != Err(Errno::ESRCH) {
        return false;
    }
    all().any(|(_, stat)| stat.group == leader && stat.started <= since)
}

/// Our children that live. Without `/proc` nobody is found.
pub(super) fn children() -> Vec<Pid> {
    let own = Pid::this();
    let ours = all().filter(|(_, stat)| stat.parent == own && stat.state != 'Z');
    ours.map(|(pid, _)| pid).collect()
}

/// Runs, or waits for a disk. Without `/proc` nobody does.
pub(super) fn is_busy(pid: Pid) -> bool {
    stat(pid).is_some_and(|stat| stat.state == 'R' || stat.state == 'D')
}

fn all() -> impl Iterator<Item = (Pid, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw)
        .filter_map(|pid| Some((pid, stat(pid)?)))
}

fn stat(pid: Pid) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Stat> {
    // The second field, a name in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: Pid::from_raw(fields.next()?.parse().ok()?),
        group: Pid::from_raw(fields.next()?.parse().ok()?),
        // The 22nd of all.
        started: Moment(fields.nth(16)?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_known_to_the_system() {
        let own = stat(Pid::this()).unwrap();
        assert_eq!(own.parent, Pid::parent());
        assert_eq!(own.group, nix::unistd::getpgrp());
        assert!(own.started <= Moment::now());
    }

    #[test]
    fn a_name_may_hold_anything() {
        let rest = "S 1 7 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        let stat = parse(&format!("42 (a) R 9 9) {rest}")).unwrap();
        assert_eq!((stat.state, stat.group), ('S', Pid::from_raw(7)));
        assert_eq!(stat.started, Moment(4711));
    }

    #[test]
    fn a_number_that_is_taken_is_another_group() {
        assert!(!survives(Pid::this(), Moment::now()));
    }
}
