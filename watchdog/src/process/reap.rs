//! The table of live children and the one place that waits for any process.
//!
//! Owns SIGCHLD: it reaps our children and, as PID 1 or subreaper, whatever orphans land here, so nothing else may wait. May know pids only. Refuses to
//! let a condemned group outlive the grace.

use std::collections::VecDeque;
use std::future;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::exit::Exit;
use super::kin;
use super::spawn::Inherited;
use super::table::{Ended, Key, Table};
use crate::descriptors;
use crate::task::{self, Owned};

/// How long what we leave behind may take to be gone, and how often it is looked for.
const LAST: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(1);

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
        // A file that may not grow is an error to whoever writes it, not the end of us.
        SigSet::from(Signal::SIGXFSZ).thread_block()?;
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
    table: Mutex<Table>,
    orders: mpsc::UnboundedSender<Order>,
    emptied: Notify,
    orphans: AtomicU64,
    /// Orphans come to us.
    adopts: bool,
}

/// What the table's task is told.
#[derive(Debug)]
enum Order {
    /// A group got TERM and is due a KILL.
    Kill(Key),
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
        let subreaper = nix::sys::prctl::set_child_subreaper(true).is_ok();
        // Read like a pipe.
        let ended = pipe::Receiver::from_owned_fd_unchecked(signals.0)?;
        let (orders, ordered) = mpsc::unbounded_channel();
        descriptors::raise();
        let processes = Self(Arc::new(Shared {
            inherited: Inherited::from_process()?,
            table: Mutex::default(),
            orders,
            emptied: Notify::new(),
            orphans: AtomicU64::new(0),
            adopts: subreaper || Pid::this().as_raw() == 1,
        }));
        let work = work(processes.clone(), ended, ordered, kill_grace);
        Ok((processes, Reaper(task::spawn(work))))
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
            self.table().kill_live();
        }
        let (done, killed) = oneshot::channel();
        if self.0.orders.send(Order::KillNow(done)).is_ok() {
            // It answers unless the runtime is going down, and then there is nobody left to kill for.
            let _ = killed.await;
        }
        // What cannot be killed by then, a disk holds.
        let _ = timeout(LAST, self.sweep()).await;
    }

    /// Kills whatever has come to us, and what comes to us by that, until nothing does.
    async fn sweep(&self) {
        loop {
            {
                // Held, so that no number changes hands: only we wait for our children.
                let _table = self.table();
                let children = kin::children();
                if children.is_empty() {
                    return;
                }
                for child in children {
                    // It may have ended by now.
                    let _ = kill(child, Signal::SIGKILL);
                }
            }
            sleep(AGAIN).await;
            self.reap();
        }
    }

    /// A signal to a child's group; `ended` where the child itself is known to have. False where nobody is known to be left of it.
    pub(super) fn signal(&self, key: Key, ended: Option<Ended>, signal: Signal) -> bool {
        self.table().signal(key, ended, signal)
    }

    /// TERM to the group now, KILL after the grace, whoever of it is left then. False where nobody is known to be.
    pub(super) fn condemn(&self, key: Key, ended: Option<Ended>) -> bool {
        let there = self.table().condemn(key, ended);
        if there {
            // The receiver goes only with the runtime.
            let _ = self.0.orders.send(Order::Kill(key));
        }
        there
    }

    /// What the child leaves running may live on until the end.
    pub(super) fn leave(&self, key: Key, ended: Option<Ended>) {
        if let (false, Some(ended)) = (self.0.adopts, ended) {
            self.table().leave(key, ended);
        }
    }

    /// Starts a child and enters it, before its end can be seen.
    pub(super) fn enter(
        &self,
        start: impl FnOnce(&Inherited) -> io::Result<Pid>,
    ) -> io::Result<(Key, oneshot::Receiver<Ended>)> {
        let mut table = self.table();
        let pid = start(&self.0.inherited)?;
        Ok(table.enter(pid))
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
                    if !table.end(pid, exit) {
                        self.0.orphans.fetch_add(1, Ordering::Relaxed);
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

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reaps, and carries out orders when they are due.
async fn work(
    processes: Processes,
    mut ended: pipe::Receiver,
    mut ordered: mpsc::UnboundedReceiver<Order>,
    kill_grace: Duration,
) {
    // Room for more than one, so that less says there are no more.
    let mut signals = [0; 2 * size_of::<siginfo>()];
    // The grace is the same for all, so the order is that of their coming.
    let mut due = VecDeque::<(Instant, Key)>::new();
    loop {
        let next = due.front().map(|(at, _)| *at);
        tokio::select! {
            _ = ended.read(&mut signals) => processes.reap(),
            Some(order) = ordered.recv() => match order {
                Order::Kill(key) => due.push_back((Instant::now() + kill_grace, key)),
                Order::KillNow(done) => {
                    due.clear();
                    processes.table().kill_condemned();
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
            },
            () = until(next) => {
                if let Some((_, key)) = due.pop_front() {
                    processes.table().kill(key);
                }
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => future::pending().await,
    }
}
