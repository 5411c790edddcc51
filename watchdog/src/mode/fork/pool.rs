//! Processes started ahead of their requests.
//!
//! Owns the spares and the task that replaces them: each serves one request and none is used twice. May know whether a spare has ended or still keeps a
//! CPU busy. Refuses to make a request wait: where there is no spare, the request starts its own process.

mod pace;

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use self::pace::Pace;
use super::start::Starter;
use crate::failure::Failure;
use crate::process::{Exit, Spawned, Variables};
use crate::task::{self, Owned};

/// The least time before a start is asked whether it is over, while another one waits for that. The longer it has taken, the less often it is asked.
const ASK: Duration = Duration::from_millis(2);
/// A process that has kept a CPU busy for so long is not starting any more: it is what it is.
const STARTED: Duration = Duration::from_secs(1);

/// How long the start of another process waits at most for those that serve requests, while at least half of the pool is left: it would take the CPU
/// from them.
const PATIENCE: Duration = Duration::from_millis(100);

/// A pool that is kept full. Dropping it stops the spares.
#[derive(Debug)]
pub struct Pool {
    stock: Arc<Stock>,
    #[expect(dead_code, reason = "held for its Drop")]
    refill: Owned<()>,
}

/// What is known of a pool, for metrics.
#[derive(Debug, Default, Clone, Copy)]
pub struct Level {
    pub idle: usize,
    pub started: u64,
    pub missed: u64,
}

#[derive(Debug)]
struct Stock {
    size: usize,
    /// At most so many starts at a time.
    cpus: usize,
    starter: Arc<Starter>,
    spares: Mutex<VecDeque<Spare>>,
    serving: Mutex<Serving>,
    /// Held over a start, so that none comes after the end.
    open: Mutex<bool>,
    /// There is room for another one.
    lacking: Notify,
    started: AtomicU64,
    missed: AtomicU64,
}

/// The processes that have left the pool for a request.
#[derive(Debug, Default)]
struct Serving {
    running: usize,
    /// When the latest one left.
    last: Option<Instant>,
}

/// One of them, kept with its process.
#[derive(Debug)]
struct Served(Arc<Stock>);

/// A process that waits for its request.
#[derive(Debug)]
struct Spare {
    spawned: Spawned,
    since: Instant,
    /// Its start is over: it has been seen to wait.
    waits: bool,
}

impl Pool {
    /// A pool of `size` processes, which fills in the background.
    pub fn start(size: usize, starter: Arc<Starter>) -> Self {
        let stock = Arc::new(Stock {
            size,
            cpus: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            starter,
            spares: Mutex::default(),
            serving: Mutex::default(),
            open: Mutex::new(true),
            lacking: Notify::new(),
            started: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        });
        let refill = task::spawn(refill(Arc::clone(&stock)));
        Self { stock, refill }
    }

    /// The spare that has been there longest, if it is alive as far as the system can say.
    pub fn take(&self) -> Option<Spawned> {
        let stock = &self.stock;
        stock.starter.look();
        let mut spares = stock.spares();
        let alive = spares.iter_mut().position(|s| !s.spawned.child.has_ended());
        let taken = alive.and_then(|at| spares.remove(at));
        drop(spares);
        stock.lacking.notify_one();
        let Some(Spare { mut spawned, .. }) = taken else {
            stock.missed.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let mut serving = lock(&stock.serving);
        serving.running += 1;
        serving.last = Some(Instant::now());
        drop(serving);
        spawned.child.keep(Served(Arc::clone(stock)));
        Some(spawned)
    }

    /// Stops the spares; no others come.
    pub fn close(&self) {
        *lock(&self.stock.open) = false;
        // Each is told to stop as it is dropped.
        drop(std::mem::take(&mut *self.stock.spares()));
    }

    pub fn level(&self) -> Level {
        Level {
            idle: self.stock.spares().len(),
            started: self.stock.started.load(Ordering::Relaxed),
            missed: self.stock.missed.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        lock(&self.0.serving).running -= 1;
        self.0.lacking.notify_one();
    }
}

/// Keeps `stock` full.
async fn refill(stock: Arc<Stock>) {
    let mut pace = Pace::default();
    loop {
        let next = match stock.wanting(&pace) {
            Wanting::Nothing => None,
            Wanting::Until(at) => Some(at),
            Wanting::Now => match stock.add() {
                Ok(true) => {
                    // Requests come first.
                    task::turn().await;
                    continue;
                }
                Ok(false) => return,
                Err(failure) => {
                    report(&mut pace, Duration::ZERO, &failure.to_string());
                    continue;
                }
            },
        };
        tokio::select! {
            biased;
            (spare, exit) = stock.death() => {
                let why = format!("a process started ahead ended before its request: {exit}");
                report(&mut pace, spare.since.elapsed(), &why);
            }
            () = stock.lacking.notified() => {}
            () = until(next) => {}
        }
    }
}

fn report(pace: &mut Pace, lived: Duration, why: &str) {
    if let Some(pause) = pace.failed(Instant::now(), lived) {
        tracing::warn!("{why}; the next one in {pause:?}");
    }
}

/// What a pool is to do next.
enum Wanting {
    Nothing,
    Now,
    Until(Instant),
}

impl Stock {
    fn wanting(&self, pace: &Pace) -> Wanting {
        let mut spares = self.spares();
        if spares.len() >= self.size {
            return Wanting::Nothing;
        }
        let now = Instant::now();
        if let Some(at) = pace.paused(now) {
            return Wanting::Until(at);
        }
        if spares.len() * 2 >= self.size
            && let Some(until) = self.requests_first(now)
        {
            return Wanting::Until(until);
        }
        if spares.iter().filter(|s| !s.waits).count() >= self.cpus {
            for spare in spares.iter_mut().filter(|s| !s.waits) {
                let late = now.duration_since(spare.since) >= STARTED;
                spare.waits = late || !spare.spawned.child.is_busy();
            }
            let mut starting = spares.iter().filter(|s| !s.waits).peekable();
            let oldest = starting.peek().map(|spare| now - spare.since);
            if starting.count() >= self.cpus {
                return Wanting::Until(now + oldest.map_or(ASK, |age| ASK.max(age / 2)));
            }
        }
        Wanting::Now
    }

    /// Until when the processes that serve requests have the CPUs to themselves, if they do.
    fn requests_first(&self, now: Instant) -> Option<Instant> {
        let serving = lock(&self.serving);
        let until = serving.last? + PATIENCE;
        (serving.running > 0 && until > now).then_some(until)
    }

    /// Starts one more, unless the pool is closed.
    fn add(&self) -> Result<bool, Failure> {
        let open = lock(&self.open);
        if *open {
            let mut spawned = self.starter.start(Variables::default())?;
            self.starter.listen(&mut spawned);
            self.started.fetch_add(1, Ordering::Relaxed);
            self.spares().push_back(Spare {
                spawned,
                since: Instant::now(),
                waits: false,
            });
        }
        Ok(*open)
    }

    /// Waits until a spare has ended, and takes it out.
    async fn death(&self) -> (Spare, Exit) {
        poll_fn(|cx| self.poll_death(cx)).await
    }

    fn poll_death(&self, cx: &mut Context<'_>) -> Poll<(Spare, Exit)> {
        let mut spares = self.spares();
        for at in 0..spares.len() {
            let ended = spares
                .get_mut(at)
                .map(|s| s.spawned.child.poll_wait(cx))
                .filter(Poll::is_ready);
            if let Some(Poll::Ready(exit)) = ended
                && let Some(spare) = spares.remove(at)
            {
                return Poll::Ready((spare, exit));
            }
        }
        Poll::Pending
    }

    fn spares(&self) -> MutexGuard<'_, VecDeque<Spare>> {
        lock(&self.spares)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
