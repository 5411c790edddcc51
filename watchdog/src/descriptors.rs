//! How many descriptors we may have, and how many a function may.
//!
//! Owns the soft limit on them: ours is the hard one, a function's what we were started with. May know that a process is made with the limit of that
//! moment. Refuses to let one stand in the way of the other: while the limit is lowered for a start, there is room below it.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit is the process's, and so is what is known of it. Empty where it was not raised.
static LIMIT: OnceLock<Limit> = OnceLock::new();

/// Raises the soft limit to the hard one, as far as the system lets us.
pub fn raise() {
    if LIMIT.get().is_none()
        && let Some(limit) = Limit::raise()
    {
        // Nobody else raises it.
        let _ = LIMIT.set(limit);
    }
}

/// Does something under the limit that we were started with. What is open stays open; what other threads open meanwhile finds room below it.
pub fn lower<T>(work: impl FnOnce() -> T) -> T {
    match LIMIT.get() {
        Some(limit) => limit.lower(work),
        None => work(),
    }
}

/// Moves what lives long out of the numbers below the lower limit, once half of them are taken: numbers are given out from the lowest on.
pub fn settle(end: OwnedFd) -> OwnedFd {
    match LIMIT.get() {
        Some(limit) => limit.settle(end),
        None => end,
    }
}

/// Such an end would not stay where it is.
pub fn is_crowded(end: BorrowedFd<'_>) -> bool {
    LIMIT.get().is_some_and(|limit| limit.is_crowded(end))
}

/// Our limit, which is not the one that we were started with.
#[derive(Debug)]
struct Limit {
    given: Rlimit,
    own: Rlimit,
    /// The first number that only we may use.
    above: RawFd,
    /// Held while the limit is lowered.
    lowered: Mutex<()>,
}

impl Limit {
    /// `None` where there is nothing to raise, or the system does not let us.
    fn raise() -> Option<Self> {
        let given = getrlimit(Resource::Nofile);
        let own = Rlimit {
            current: given.maximum,
            maximum: given.maximum,
        };
        // Without a number there is no limit.
        let above = RawFd::try_from(given.current?).ok()?;
        if given.current == given.maximum || setrlimit(Resource::Nofile, own).is_err() {
            return None;
        }
        Some(Self {
            given,
            own,
            above,
            lowered: Mutex::default(),
        })
    }

    fn lower<T>(&self, work: impl FnOnce() -> T) -> T {
        let _lowered = self.lock();
        // Both were allowed before.
        let _ = setrlimit(Resource::Nofile, self.given);
        let done = work();
        let _ = setrlimit(Resource::Nofile, self.own);
        done
    }

    fn settle(&self, end: OwnedFd) -> OwnedFd {
        if !self.is_crowded(end.as_fd()) {
            return end;
        }
        let _not_lowered = self.lock();
        // Where there is no other number it keeps its own.
        fcntl_dupfd_cloexec(&end, self.above).unwrap_or(end)
    }

    fn is_crowded(&self, end: BorrowedFd<'_>) -> bool {
        (self.above / 2..self.above).contains(&end.as_raw_fd())
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lowered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use super::*;

    #[test]
    fn what_lives_long_leaves_the_lower_half_free() -> io::Result<()> {
        let limit = Limit {
            given: getrlimit(Resource::Nofile),
            own: getrlimit(Resource::Nofile),
            above: 64,
            lowered: Mutex::default(),
        };
        let settled: Vec<_> = (0..100)
            .map(|_| File::open("/dev/null").map(|file| limit.settle(file.into())))
            .collect::<io::Result<_>>()?;
        let between = |end: &&OwnedFd| (32..64).contains(&end.as_raw_fd());
        assert_eq!(settled.iter().filter(between).count(), 0);
        assert!(settled.iter().any(|end| end.as_raw_fd() >= 64));
        Ok(())
    }
}
