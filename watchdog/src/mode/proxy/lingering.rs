//! Uploads that outlast their answer.
//!
//! Owns the tasks that bring them to their end, and how long they may take. May know nothing of what they send. Refuses to wait for ever: the other side may
//! never take it.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::task::{self, Owned};

#[derive(Debug)]
pub(super) struct Lingering {
    tasks: Mutex<Vec<Owned<()>>>,
    patience: Duration,
}

impl Lingering {
    pub(super) fn new(patience: Option<Duration>) -> Self {
        Self {
            tasks: Mutex::default(),
            patience: patience.unwrap_or(Duration::MAX),
        }
    }

    /// Lets it go on from here.
    pub(super) fn add<F>(&self, upload: F)
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let patience = self.patience;
        let task = task::spawn(async move {
            // Dropped where it is late, and with it its connection or its stream.
            let _ = timeout(patience, upload).await;
        });
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }
}
