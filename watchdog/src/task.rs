//! Tasks that have an owner.
//!
//! Owns the only way to start a task: dropping the handle aborts it. May know nothing of what runs. Refuses detached work.

use std::future::Future;

use tokio_util::task::AbortOnDropHandle;

/// Lets other tasks run first.
pub use tokio::task::yield_now as turn;

/// A task that ends with its handle.
pub type Owned<T> = AbortOnDropHandle<T>;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place: the handle is the owner"
)]
pub fn spawn<F>(future: F) -> Owned<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    AbortOnDropHandle::new(tokio::spawn(future))
}

/// Aborts a task, and returns once what it held is free.
pub async fn end<T>(task: Owned<T>) {
    task.abort();
    // It was told to end, or had ended.
    let _ = task.await;
}
