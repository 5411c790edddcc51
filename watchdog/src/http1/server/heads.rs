//! Room for heads that are not all there yet.
//!
//! Owns how long a head may be, and how much memory all of them may take together. May know one connection's share. Refuses nobody: who finds no room is
//! not read from until there is some, or until its time is over.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

/// Every connection has this much, and most heads are far shorter; it is also how much more they get at a time.
const STEP: usize = 64 << 10;

/// What all connections have beyond that: 16 MiB, or room for four of the longest heads.
const ROOM: usize = 16 << 20;

/// The limits of heads.
#[derive(Debug, Clone)]
pub struct Heads {
    /// In bytes.
    pub max: usize,
    room: Arc<Semaphore>,
}

impl Heads {
    pub fn new(max: usize) -> Self {
        let room = ROOM.max(4 * max) / STEP;
        Self {
            max,
            room: Arc::new(Semaphore::new(room)),
        }
    }
}

/// What one connection has of it.
#[derive(Debug)]
pub(super) struct Share {
    room: PollSemaphore,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    pub(super) fn new(heads: &Heads) -> Self {
        Self {
            room: PollSemaphore::new(Arc::clone(&heads.room)),
            held: None,
        }
    }

    /// Ready when there is room for more than `len` bytes.
    pub(super) fn poll_room(&mut self, len: usize, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let held = self
                .held
                .as_ref()
                .map_or(0, OwnedSemaphorePermit::num_permits);
            if len < (1 + held) * STEP {
                return Poll::Ready(());
            }
            // Nobody closes the semaphore.
            let Some(more) = ready!(self.room.poll_acquire(cx)) else {
                return Poll::Ready(());
            };
            match &mut self.held {
                Some(held) => held.merge(more),
                held @ None => *held = Some(more),
            }
        }
    }

    /// A head has come to its end.
    pub(super) fn release(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn long_heads_share_what_there_is_and_short_ones_need_none_of_it() {
        let heads = Heads::new(1 << 20);
        let mut cx = Context::from_waker(Waker::noop());
        let mut long: Vec<Share> = (0..17).map(|_| Share::new(&heads)).collect();
        let mut fits = |share: &mut Share, len| share.poll_room(len, &mut cx).is_ready();
        for share in long.iter_mut().take(16) {
            assert!(fits(share, 1 << 20));
        }
        assert!(fits(&mut long[16], STEP - 1));
        assert!(!fits(&mut long[16], STEP));
        long[0].release();
        assert!(fits(&mut long[16], 1 << 20));
    }
}
