//! The table of live children and the one place that waits for any process.
//!
//! Owns SIGCHLD: it reaps our children and, as PID 1 or subreaper, whatever orphans land here, so nothing else may wait. May know pids only. Refuses to
//! let a condemned group outlive the grace.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs;
use std::future;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::exit::Exit;
use super::spawn::Inherited;
use crate::task::{self, Owned};

/// SIGCHLD as something to read: no handler interrupts what we do.
#[derive(Debug)]
pub struct ChildSignals(OwnedFd);

impl ChildSignals {
    /// Blocks SIGCHLD in this thread and those that it starts from now on. A thread that does not block it may take it away, so this comes before the
    /// first.
    ///
    /// # Errors
    /// Where the system has no descriptor left.
    pub fn block() -> io::Result<Self> {
        let set = SigSet::from(Signal::SIGCHLD);
        set.thread_block()?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        Ok(Self(SignalFd::with_flags(&set, flags)?.into()))
    }
}

/// A handle on the process table. Clones share it.
#[derive(Debug, Clone)]
pub struct Processes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inherited: Inherited,
    table: Mutex<HashMap<Pid, oneshot::Sender<Exit>>>,
    orders: mpsc::UnboundedSender<Order>,
    emptied: Notify,
    orphans: AtomicU64,
}

/// What the table's task is told.
#[derive(Debug)]
enum Order {
    /// A group got TERM and is due a KILL.
    Kill(Pid),
    /// No more grace: the end is here.
    KillNow(oneshot::Sender<()>),
}

/// The table's task: dropping it ends reaping.
#[derive(Debug)]
pub struct Reaper(#[expect(dead_code, reason = "held for its Drop")] Owned<()>);

impl Processes {
    /// Starts reaping. Orphans of our children come to us wherever we run.
    ///
    /// # Errors
    /// Where SIGCHLD cannot be watched.
    pub fn start(signals: ChildSignals, kill_grace: Duration) -> io::Result<(Self, Reaper)> {
        // Needed unless we are PID 1; harmless there. Refused by a few sandboxes, where orphans then go elsewhere.
        let _ = nix::sys::prctl::set_child_subreaper(true);
        // Read like a pipe.
        let mut ended = pipe::Receiver::from_owned_fd_unchecked(signals.0)?;
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let processes = Self(Arc::new(Shared {
            inherited: Inherited::from_process()?,
            table: Mutex::default(),
            orders,
            emptied: Notify::new(),
            orphans: AtomicU64::new(0),
        }));
        let own = processes.clone();
        let task = task::spawn(async move {
            // Room for more than one, so that less says there are no more.
            let mut signals = [0; 2 * size_of::<siginfo>()];
            let mut due = BinaryHeap::<Reverse<(Instant, i32)>>::new();
            loop {
                let next = due.peek().map(|Reverse((at, _))| *at);
                tokio::select! {
                    _ = ended.read(&mut signals) => own.reap(),
                    Some(order) = ordered.recv() => match order {
                        Order::Kill(pid) => due.push(Reverse((Instant::now() + kill_grace, pid.as_raw()))),
                        Order::KillNow(done) => {
                            for Reverse((_, pid)) in due.drain() {
                                signal_group(Pid::from_raw(pid), Signal::SIGKILL);
                            }
                            // Whoever asked may have gone.
                            let _ = done.send(());
                        }
                    },
                    () = until(next) => {
                        if let Some(Reverse((_, pid))) = due.pop() {
                            signal_group(Pid::from_raw(pid), Signal::SIGKILL);
                        }
                    }
                }
            }
        });
        Ok((processes, Reaper(task)))
    }

    /// Orphans reaped so far.
    pub fn orphans(&self) -> u64 {
        self.0.orphans.load(Ordering::Relaxed)
    }

    /// Waits until every child has ended, at most `limit`; then kills the rest, and what is left of any group that was told to stop.
    pub async fn finish(&self, limit: Duration) {
        let emptied = async {
            loop {
                let changed = self.0.emptied.notified();
                if self.table().is_empty() {
                    return;
                }
                changed.await;
            }
        };
        if timeout(limit, emptied).await.is_err() {
            for pid in self.table().keys() {
                signal_group(*pid, Signal::SIGKILL);
            }
        }
        let (done, killed) = oneshot::channel();
        if self.0.orders.send(Order::KillNow(done)).is_ok() {
            // It answers unless the runtime is going down, and then there is nobody left to kill for.
            let _ = killed.await;
        }
        // What a finished function left running has come to us, and must not outlive us.
        for orphan in adopted() {
            // It may have gone by now.
            let _ = kill(orphan, Signal::SIGKILL);
        }
    }

    /// TERM to the group now, KILL after the grace, whoever of it is left then.
    pub(super) fn condemn(&self, pid: Pid) {
        signal_group(pid, Signal::SIGTERM);
        // The receiver goes only with the runtime.
        let _ = self.0.orders.send(Order::Kill(pid));
    }

    /// Starts a child and enters it, before its end can be seen.
    pub(super) fn enter(
        &self,
        start: impl FnOnce(&Inherited) -> io::Result<Pid>,
    ) -> io::Result<(Pid, oneshot::Receiver<Exit>)> {
        let (tell, exit) = oneshot::channel();
        let mut table = self.table();
        let pid = start(&self.0.inherited)?;
        table.insert(pid, tell);
        Ok((pid, exit))
    }

    /// Takes note of every child that has ended by now.
    pub fn reap(&self) {
        // Held over the wait, so that a child which ends at once is already entered.
        let mut table = self.table();
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) => {
                    let (Some(pid), Some(exit)) = (status.pid(), Exit::of(status)) else {
                        break;
                    };
                    match table.remove(&pid) {
                        // Nobody may be left to hear it.
                        Some(tell) => drop(tell.send(exit)),
                        None => {
                            self.0.orphans.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        if table.is_empty() {
            self.0.emptied.notify_waiters();
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Pid, oneshot::Sender<Exit>>> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group's number stays taken while any member lives, so a late signal finds either the group or nobody.
pub(super) fn signal_group(pid: Pid, signal: Signal) {
    // ESRCH: all have gone already, as wished.
    let _ = killpg(pid, signal);
}

/// Our children by the system's word. Without `/proc` nobody is found.
fn adopted() -> Vec<Pid> {
    let own = Pid::this().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw)
        .filter(|pid| stat(*pid).is_some_and(|(_, parent)| parent == own))
        .collect()
}

/// Runs, or waits for a disk. Without `/proc` nobody does.
pub(super) fn is_busy(pid: Pid) -> bool {
    stat(pid).is_some_and(|(state, _)| state == "R" || state == "D")
}

/// A process's state and its parent.
fn stat(pid: Pid) -> Option<(String, String)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, a name in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => future::pending().await,
    }
}
