//! Admission: how many requests run, how many wait, who is turned away.
//!
//! Owns the slots and the queue. May know only numbers. Refuses to know what a request is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout;

use crate::config::Limits;
use crate::failure::Failure;

#[derive(Debug)]
pub struct Gate {
    slots: Option<Slots>,
    in_flight: Count,
}

#[derive(Debug)]
struct Slots {
    semaphore: Arc<Semaphore>,
    limit: usize,
    max_queue: usize,
    queue_timeout: Duration,
    waiting: Count,
}

/// A number that goes down by itself.
#[derive(Debug, Default, Clone)]
struct Count(Arc<AtomicUsize>);

/// One counted thing. Dropping it takes it off the count.
#[derive(Debug)]
pub struct Counted(Arc<AtomicUsize>);

/// The right to run. Dropping it gives the slot back.
#[derive(Debug)]
pub struct Slot(#[expect(dead_code, reason = "held for its Drop")] Option<OwnedSemaphorePermit>);

impl Gate {
    pub fn new(limits: &Limits) -> Self {
        let slots = limits.max_inflight.map(|limit| Slots {
            semaphore: Arc::new(Semaphore::new(limit.get().min(Semaphore::MAX_PERMITS))),
            limit: limit.get(),
            max_queue: limits.max_queue,
            queue_timeout: limits.queue_timeout,
            waiting: Count::default(),
        });
        Self {
            slots,
            in_flight: Count::default(),
        }
    }

    /// Counts a request for as long as the answer is held.
    pub fn enter(&self) -> Counted {
        self.in_flight.up()
    }

    /// Takes a slot, after a wait in the queue where one is allowed.
    pub async fn admit(&self) -> Result<Slot, Failure> {
        let Some(slots) = &self.slots else {
            return Ok(Slot(None));
        };
        match Arc::clone(&slots.semaphore).try_acquire_owned() {
            Ok(permit) => Ok(Slot(Some(permit))),
            Err(TryAcquireError::Closed | TryAcquireError::NoPermits) => slots.queue().await,
        }
    }

    /// No request would be admitted at once.
    pub fn is_full(&self) -> bool {
        self.slots
            .as_ref()
            .is_some_and(|s| s.semaphore.available_permits() == 0)
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    pub fn waiting(&self) -> usize {
        self.slots.as_ref().map_or(0, |s| s.waiting.get())
    }
}

impl Slots {
    async fn queue(&self) -> Result<Slot, Failure> {
        let busy = || Failure::Busy { limit: self.limit };
        let place = self.waiting.up();
        if self.waiting.get() > self.max_queue {
            return Err(busy());
        }
        let permit = timeout(
            self.queue_timeout,
            Arc::clone(&self.semaphore).acquire_owned(),
        )
        .await;
        drop(place);
        permit
            .ok()
            .and_then(Result::ok)
            .map(|p| Slot(Some(p)))
            .ok_or_else(busy)
    }
}

impl Count {
    fn up(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(&self.0))
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn gate(max: usize, queue: usize) -> Gate {
        Gate::new(&Limits {
            max_inflight: NonZeroUsize::new(max),
            max_queue: queue,
            queue_timeout: Duration::from_secs(1),
            max_body_bytes: None,
            max_header_bytes: 1 << 20,
        })
    }

    #[tokio::test]
    async fn the_slot_over_the_limit_is_refused_until_one_is_back() {
        let gate = gate(1, 0);
        let slot = gate.admit().await.unwrap();
        assert!(gate.is_full());
        assert!(matches!(
            gate.admit().await,
            Err(Failure::Busy { limit: 1 })
        ));
        drop(slot);
        assert!(gate.admit().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded_in_number_and_time() {
        let gate = gate(1, 1);
        let slot = gate.admit().await.unwrap();
        let (first, second) = tokio::join!(gate.admit(), gate.admit());
        assert!(first.is_err() && second.is_err());
        assert_eq!(gate.waiting(), 0);
        let (third, ()) = tokio::join!(gate.admit(), async { drop(slot) });
        assert!(third.is_ok());
    }

    #[tokio::test]
    async fn no_limit_admits_all_and_counts_them() {
        let gate = gate(0, 0);
        let held = (gate.enter(), gate.enter());
        assert_eq!(gate.in_flight(), 2);
        drop(held);
        assert_eq!(gate.in_flight(), 0);
        assert!(!gate.is_full());
    }
}
