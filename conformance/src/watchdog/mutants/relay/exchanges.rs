//! The exchanges of a connection: begun by one way, ended by the other.
//! It knows their order, which is that of the requests.
//! It refuses to look into them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Head, Talk};

/// All of this process.
static EXCHANGES: AtomicU64 = AtomicU64::new(0);

/// One exchange, as both ways see it: an upload may outlast its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchange(Arc<Mutex<Talk>>);

impl Exchange {
    pub fn talk(&self) -> MutexGuard<'_, Talk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those without a whole answer.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    open: Mutex<VecDeque<Exchange>>,
    count: AtomicU64,
}

impl Exchanges {
    fn open(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has come.
    pub fn begin(&self, request: Head) -> Exchange {
        let exchange = Exchange(Arc::new(Mutex::new(Talk {
            n: EXCHANGES.fetch_add(1, Ordering::Relaxed) + 1,
            nth: self.count.fetch_add(1, Ordering::Relaxed) + 1,
            request,
            begun: Some(Instant::now()),
            ..Talk::default()
        })));
        self.open().push_back(exchange.clone());
        exchange
    }

    /// Whom the next answer is for; an answer that nobody asked for has an exchange of its own.
    pub fn next(&self) -> Exchange {
        let mut open = self.open();
        if let Some(first) = open.front() {
            return first.clone();
        }
        open.push_back(Exchange::default());
        open.front().cloned().unwrap_or_default()
    }

    /// The first of them has its answer.
    pub fn end(&self) {
        self.open().pop_front();
    }
}
