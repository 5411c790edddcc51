//! The children that are there, and the groups that are to end.
//!
//! Owns whose number is whose: a child's is its own until it was waited for. May know exits and the clock. Refuses to signal a group that may be
//! somebody else's.

use std::collections::HashMap;
use std::mem;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::oneshot;

use super::exit::Exit;
use super::kin::{self, Moment};

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Children that nobody has waited for yet: nobody else can have their numbers.
    live: HashMap<Pid, Entry>,
    /// Groups that got TERM and are due a KILL.
    condemned: HashMap<Pid, Condemned>,
    /// What ended children left running and we shall not inherit.
    left: Vec<(Pid, Moment)>,
    serial: u64,
}

#[derive(Debug)]
struct Entry {
    serial: u64,
    tell: oneshot::Sender<Ended>,
}

/// A child, told apart from any later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pid: Pid,
    serial: u64,
}

/// How a child ended, and when its number was given back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    at: Moment,
}

impl Ended {
    /// Nobody can tell any more.
    pub(super) fn unknown() -> Self {
        Self {
            exit: Exit::Unknown,
            at: Moment::now(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Condemned {
    serial: u64,
    ended: Option<Moment>,
}

impl Table {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// A child was started, and is told about by the receiver.
    pub(super) fn enter(&mut self, pid: Pid) -> (Key, oneshot::Receiver<Ended>) {
        let (tell, exit) = oneshot::channel();
        self.serial += 1;
        let serial = self.serial;
        self.live.insert(pid, Entry { serial, tell });
        // Its number was free, so whatever group had it is over.
        self.condemned.remove(&pid);
        (Key { pid, serial }, exit)
    }

    /// A child was waited for. False where it was none of ours.
    pub(super) fn end(&mut self, pid: Pid, exit: Exit) -> bool {
        let Some(entry) = self.live.remove(&pid) else {
            return false;
        };
        let at = Moment::now();
        // Nobody may be left to hear it.
        let _ = entry.tell.send(Ended { exit, at });
        if let Some(order) = self.condemned.get_mut(&pid)
            && order.serial == entry.serial
        {
            order.ended = Some(at);
            if killpg(pid, None).is_err() {
                // An order ends with its group.
                self.condemned.remove(&pid);
            }
        }
        true
    }

    /// A signal to a child's group; `ended` where the child itself is known to have. False where nobody is known to be left of it.
    pub(super) fn signal(&self, key: Key, ended: Option<Ended>, signal: Signal) -> bool {
        self.send(key, ended.map(|ended| ended.at), signal)
    }

    /// TERM, and a KILL that is due. False where nobody is known to be left of the group.
    pub(super) fn condemn(&mut self, key: Key, ended: Option<Ended>) -> bool {
        let ended = ended.map(|ended| ended.at);
        let there = self.send(key, ended, Signal::SIGTERM);
        if there {
            let serial = key.serial;
            self.condemned.insert(key.pid, Condemned { serial, ended });
        }
        there
    }

    /// The KILL, unless the group is over.
    pub(super) fn kill(&mut self, key: Key) {
        let order = self.condemned.get(&key.pid).copied();
        if let Some(order) = order.filter(|order| order.serial == key.serial) {
            self.condemned.remove(&key.pid);
            self.send(key, order.ended, Signal::SIGKILL);
        }
    }

    /// Every KILL that is due, and one for what was left running.
    pub(super) fn kill_condemned(&mut self) {
        for (pid, Condemned { serial, ended }) in mem::take(&mut self.condemned) {
            self.send(Key { pid, serial }, ended, Signal::SIGKILL);
        }
        for (pid, since) in mem::take(&mut self.left) {
            if self.survives(pid, since) {
                signal_group(pid, Signal::SIGKILL);
            }
        }
    }

    /// A KILL to every child that is there.
    pub(super) fn kill_live(&self) {
        for pid in self.live.keys() {
            signal_group(*pid, Signal::SIGKILL);
        }
    }

    /// Remembers what an ended child leaves running.
    pub(super) fn leave(&mut self, key: Key, ended: Ended) {
        self.left.retain(|(pid, since)| kin::survives(*pid, *since));
        if self.survives(key.pid, ended.at) {
            self.left.push((key.pid, ended.at));
        }
    }

    fn send(&self, key: Key, ended: Option<Moment>, signal: Signal) -> bool {
        let entry = self.live.get(&key.pid);
        // The number of a child that was not waited for is its own.
        let there = entry.is_some_and(|entry| entry.serial == key.serial)
            || ended.is_some_and(|ended| self.survives(key.pid, ended));
        if there {
            signal_group(key.pid, signal);
        }
        there
    }

    /// Somebody is left of the group of a child that had ended by `since`.
    fn survives(&self, pid: Pid, since: Moment) -> bool {
        !self.live.contains_key(&pid) && kin::survives(pid, since)
    }
}

fn signal_group(pid: Pid, signal: Signal) {
    // ESRCH: all have gone already, as wished.
    let _ = killpg(pid, signal);
}
