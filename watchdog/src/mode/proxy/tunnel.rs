//! Two upgraded connections that speak to each other.
//!
//! Owns both ends and the limit on silence. May know that one side has closed its half. Refuses to know the protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::time::{Instant, sleep_until};

use super::watched::{Watched, Witness};
use crate::dial::Stream;
use crate::http1::server::Switch;
use crate::mode::Tunnel;

/// Copies both ways until both halves are closed, either side fails, or `idle` passes without a byte. `first` is what the upstream has already sent.
pub(super) fn join(
    client: Switch,
    upstream: Stream,
    first: Bytes,
    idle: Option<Duration>,
) -> Tunnel {
    Tunnel(Box::pin(async move {
        let Some(mut client) = client.switched().await else {
            return;
        };
        let pulse = Arc::new(Pulse::new());
        let mut upstream = Watched::new(upstream, Arc::clone(&pulse));
        let relay = async {
            client.write_all(&first).await?;
            copy_bidirectional(&mut client, &mut upstream).await
        };
        tokio::select! {
            // Whatever ended it, both sides see their connection close.
            _ = relay => {}
            () = pulse.silence(idle) => {}
        }
    }))
}

/// When a byte last passed, in milliseconds since the start.
#[derive(Debug)]
pub(in crate::mode) struct Pulse {
    start: Instant,
    last: AtomicU64,
}

impl Pulse {
    pub(in crate::mode) fn new() -> Self {
        Self {
            start: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Completes once nothing has passed for `limit`.
    pub(in crate::mode) async fn silence(&self, limit: Option<Duration>) {
        let Some(limit) = limit else {
            return std::future::pending().await;
        };
        loop {
            let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
            let due = self.start + last + limit;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

impl Witness for Arc<Pulse> {
    fn has_read(&mut self, _: usize) {
        self.beat();
    }

    fn has_written(&mut self) {
        self.beat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_starts_anew_with_every_byte() {
        let pulse = Pulse::new();
        let limit = Duration::from_millis(100);
        let talk = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(99)).await;
                pulse.beat();
            }
        };
        tokio::join!(talk, pulse.silence(Some(limit)));
        assert_eq!(pulse.start.elapsed().as_millis(), 5 * 99 + 100);
    }
}
