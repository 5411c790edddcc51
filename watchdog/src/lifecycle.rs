//! Where the process is in its life.
//!
//! Owns the phase and its one direction. May know nothing else. Refuses to go back.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Starting,
    Serving,
    /// Unready, yet still accepting.
    Draining,
    /// No new connections; the ones there are finish.
    Closing,
}

#[derive(Debug)]
pub struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// Connections and tunnels.
    pub tasks: TaskTracker,
    /// Finish what you do, then close.
    pub close: CancellationToken,
    /// Close now.
    pub cut: CancellationToken,
}

impl Lifecycle {
    pub fn new() -> Self {
        Self {
            phase: watch::Sender::new(Phase::Starting),
            tasks: TaskTracker::new(),
            close: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub fn enter(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let forward = next > *phase;
            if forward {
                *phase = next;
            }
            forward
        });
        if next == Phase::Closing {
            self.close.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_way_back() {
        let life = Lifecycle::new();
        life.enter(Phase::Draining);
        life.enter(Phase::Serving);
        assert_eq!(life.phase(), Phase::Draining);
        assert!(!life.close.is_cancelled());
        life.enter(Phase::Closing);
        assert!(life.close.is_cancelled());
    }
}
