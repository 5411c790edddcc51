//! Chapters 15 and 16: bytes, leaks, and processes that wait.
//! It knows what shows only with size, number and time.
//! It refuses small mistakes: other chapters have them.

use std::collections::HashSet;
use std::fs::File;
use std::sync::{Mutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::prelude::*;
use super::tools::hoard;
use crate::watchdog::rig::proc;

fn kill_all(pids: impl IntoIterator<Item = i32>) {
    for pid in pids {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

fn children(pid: i32) -> HashSet<i32> {
    let of = proc::children(pid).into_iter();
    of.filter(|stat| stat.state != 'Z')
        .map(|stat| stat.pid)
        .collect()
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "byte-flipped-behind-64k",
        &["WD-15.1"],
        "a byte behind the first 64 KiB is another one",
        Front(Relay::new().body(|data, talk| {
            if talk.at >= 65_536
                && let Some(byte) = data.last_mut()
            {
                *byte ^= 1;
            }
        })),
    ),
    mutant(
        "descriptors-left",
        &["WD-15.3", "WD-10.5"],
        "each request leaves a descriptor behind",
        Over(Over::new().relay(Relay::new().request(|_, _| {
            if let Ok(file) = File::open("/dev/null") {
                std::mem::forget(file);
            }
        }))),
    ),
    mutant(
        "single-bytes-misread",
        &["WD-15.4"],
        "a byte that comes alone is misread",
        Front(Relay::new().up(|bytes| {
            if let [byte] = bytes.as_mut_slice() {
                *byte = b'?';
            }
        })),
    ),
    mutant(
        "bytes-of-others",
        &["WD-15.5"],
        "an answer begins with bytes of the one before",
        Front(Relay::new().body(|data, _| {
            static OTHER: Mutex<[u8; 8]> = Mutex::new([0; 8]);
            let mut other = OTHER.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(own) = data.first_chunk_mut() {
                std::mem::swap(own, &mut other);
            }
        })),
    ),
    mutant(
        "large-bodies-in-memory",
        &["WD-15.6"],
        "a large body is held in memory (BUG-29)",
        Over(Over::new().relay(Relay::new().up(|bytes| hoard(bytes)))),
    ),
    mutant(
        "nobody-waits",
        &["WD-16.1"],
        "`prefork` is not read",
        Around(|start| start.unset("prefork")),
    ),
    mutant(
        "who-waited-loses-a-byte",
        &["WD-16.2"],
        "the answer of a process that waited lacks its last byte",
        Below(|launch| {
            if launch.get("prefork").is_some() {
                launch.stdout = Some(|from, to| {
                    let mut all = Vec::new();
                    from.read_to_end(&mut all)?;
                    all.pop();
                    to.write_all(&all)
                });
            }
        }),
    ),
    mutant(
        "empty-pool-is-waited-for",
        &["WD-16.3"],
        "a request that finds no process waiting waits for one",
        Around(|start| {
            if let Some(size) = start.get("prefork").map(str::to_owned) {
                start.set("max_inflight", &size);
                start.set("max_queue", "100");
            }
        }),
    ),
    mutant(
        "variables-given-up-in-silence",
        &["WD-16.4"],
        "with `prefork` the variables are given up without a word",
        Around(|start| {
            if start.get("prefork").is_some() {
                start.set("cgi_headers", "false");
            }
        }),
    ),
    mutant(
        "ends-of-the-waiting-untold",
        &["WD-16.5"],
        "that waiting processes end is not logged",
        Stderr(|line| {
            if line.has("exit status") || line.has("waiting") {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "request-for-the-dead",
        &["WD-16.6"],
        "a request is given a process that is dead",
        Beside(|scene| {
            let stopped = || proc::stat(scene.pid).is_some_and(|stat| stat.state == 'T');
            while scene.until(stopped) {
                scene.until(|| !stopped());
                let end = std::time::Instant::now() + std::time::Duration::from_millis(100);
                while std::time::Instant::now() < end {
                    kill_all(children(scene.pid));
                }
            }
        }),
    ),
    mutant(
        "one-stops-all",
        &["WD-16.7"],
        "who stops one process stops those that wait as well",
        Beside(|scene| {
            let mut before = HashSet::new();
            scene.each_moment(|| {
                let now = children(scene.pid);
                if !before.is_subset(&now) {
                    kill_all(now.iter().copied());
                }
                before = now;
            });
        }),
    ),
    mutant(
        "words-of-the-waiting-kept",
        &["WD-16.8"],
        "what a waiting process says is logged when it ends",
        Below(|launch| {
            launch.stderr = Some(|from, to| {
                let mut all = Vec::new();
                from.read_to_end(&mut all)?;
                to.write_all(&all)
            });
        }),
    ),
];
