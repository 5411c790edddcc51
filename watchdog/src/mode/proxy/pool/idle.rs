//! Links between two requests.
//!
//! Owns them, the latest on top, and closes them before common servers would. May know what the server has shown of its habits. Refuses to hand out a
//! link that is known to be closed, or one that may be to a request that could not be sent again.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::habit::{Habit, WHILE};
use crate::http1::client::Link;

/// Shorter than the keep-alive time of any common server, so that we are the one to close.
const IDLE_TIMEOUT: Duration = Duration::from_millis(500);
const MAX_IDLE: usize = 100;

/// What tokio knows of a socket is so old at most, however busy the thread is, for a link that has rested no longer: not worth a system call.
const NEWS: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct Idle {
    state: Mutex<State>,
    /// A link was put where there was none.
    filled: Notify,
    /// Requests that wait for the answer of a link of their own.
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they became idle.
    links: Vec<Resting>,
    habit: Habit,
}

#[derive(Debug)]
struct Resting {
    since: Instant,
    /// It was seen open after so long.
    seen: Duration,
    /// A request has gone by it to a link of its own.
    passed: bool,
    link: Box<Link>,
}

/// A link that was idle, and what is to be said of it should it turn out to have been closed.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) link: Box<Link>,
    pub(super) past: Past,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Past {
    answers: u32,
    seen: Duration,
}

impl Idle {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The link that was used last: the others may rest until they are closed. Of a request that cannot be sent again, the last that is sure to be open.
    pub(super) fn take(&self, repeatable: bool) -> Option<Taken> {
        loop {
            let now = Instant::now();
            let mut resting = self.lock().take(repeatable, now)?;
            let rested = now - resting.since;
            if rested >= IDLE_TIMEOUT {
                continue;
            }
            let past = resting.past();
            let open = resting.link.is_free()
                && (repeatable || rested < NEWS || resting.link.is_open_now());
            if open {
                let link = resting.link;
                return Some(Taken { link, past });
            }
            self.closed(past);
        }
    }

    /// A link that was used did not answer.
    pub(super) fn died(&self, past: Past) {
        self.lock().habit.died(past.answers, Instant::now());
    }

    /// The server has closed a link that it had not said it would.
    fn closed(&self, past: Past) {
        let now = Instant::now();
        self.lock().habit.closed(past.answers, past.seen, now);
    }

    pub(super) fn put(&self, link: Box<Link>) {
        let now = Instant::now();
        let mut state = self.lock();
        // It was one answer less that the link has survived.
        state.habit.answered(link.answers() - 1);
        if !state.habit.keeps(link.answers(), now) || state.links.len() >= MAX_IDLE {
            // Closing sockets is no work for under a lock.
            drop(state);
            drop(link);
            return;
        }
        state.links.push(Resting {
            since: now,
            seen: Duration::ZERO,
            passed: false,
            link,
        });
        if state.links.len() == 1 {
            self.filled.notify_one();
        }
    }

    /// As after a long time with a server that keeps whatever it is given.
    #[cfg(test)]
    pub(super) fn trust(&self) {
        let mut state = self.lock();
        state.habit.answered(u32::MAX - 1);
        state.habit.rested(1, IDLE_TIMEOUT);
    }

    /// A request waits for the answer of a link of its own, as long as this is held.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }

    /// Looks after the links for as long as it runs.
    pub(super) async fn sweep(self: Arc<Self>) {
        loop {
            match self.look() {
                Some(next) => sleep_until(next).await,
                None => self.filled.notified().await,
            }
        }
    }

    /// Learns from the links that have rested for a while, closes those that have for too long, and says when to look again.
    fn look(&self) -> Option<Instant> {
        // Whoever serves one connection at a time does not get to the new one before the old one is closed.
        let held_up = self.waiting.load(Ordering::Relaxed) > 0;
        let now = Instant::now();
        let mut state = self.lock();
        let over = state.look(now, held_up);
        let next = state.links.iter().map(Resting::due).min();
        drop(state);
        drop(over);
        next
    }
}

impl State {
    fn take(&mut self, repeatable: bool, now: Instant) -> Option<Resting> {
        if repeatable {
            return self.links.pop();
        }
        let habit = &self.habit;
        let sure = |resting: &Resting| habit.trusts(resting.link.answers(), now - resting.since);
        if let Some(at) = self.links.iter().rposition(sure) {
            return Some(self.links.remove(at));
        }
        for resting in &mut self.links {
            resting.passed = true;
        }
        None
    }

    /// Takes out what is to be closed.
    fn look(&mut self, now: Instant, held_up: bool) -> Vec<Resting> {
        let mut over = Vec::new();
        for mut resting in mem::take(&mut self.links) {
            if resting.due() > now {
                self.links.push(resting);
                continue;
            }
            let rested = now - resting.since;
            if !resting.link.is_free() {
                let past = resting.past();
                self.habit.closed(past.answers, past.seen, now);
                over.push(resting);
                continue;
            }
            self.habit.rested(resting.link.answers(), rested);
            resting.seen = rested;
            let stays =
                rested < IDLE_TIMEOUT && self.habit.rests(rested) && !(resting.passed && held_up);
            if stays {
                self.links.push(resting);
            } else {
                over.push(resting);
            }
        }
        over
    }
}

impl Resting {
    /// When it is to be looked at next: soon, and then less and less often.
    fn due(&self) -> Instant {
        self.since + (self.seen * 2).clamp(WHILE, IDLE_TIMEOUT)
    }

    fn past(&self) -> Past {
        Past {
            answers: self.link.answers(),
            seen: self.seen,
        }
    }
}

#[derive(Debug)]
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
