//! Something a task waits for beside its work.
//!
//! Owns a future and the bell that says it has something new. May know the task it belongs to. Refuses to be polled for the work's sake: a task with much
//! to do would otherwise ask after its own end each time.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

/// For the outermost future of a task, whose waker never changes.
pub struct Aside<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Bell {
    rung: AtomicBool,
    task: OnceLock<Waker>,
}

impl<F: Future> Aside<F> {
    pub fn new(future: F) -> Self {
        let bell = Arc::new(Bell::default());
        bell.rung.store(true, Ordering::Relaxed);
        Self {
            future: Box::pin(future),
            waker: Arc::clone(&bell).into(),
            bell,
        }
    }
}

impl<F: Future> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.bell.rung.swap(false, Ordering::Acquire) {
            return Poll::Pending;
        }
        self.bell.task.get_or_init(|| cx.waker().clone());
        let this = &mut *self;
        this.future
            .as_mut()
            .poll(&mut Context::from_waker(&this.waker))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_is_polled_when_it_has_news_and_not_for_the_tasks_sake() {
        let (tell, mut told) = oneshot::channel();
        let polls = AtomicUsize::new(0);
        let future = poll_fn(|cx| {
            polls.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut told).poll(cx)
        });
        let mut aside = Aside::new(future);
        for _ in 0..3 {
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut aside).poll(cx))).await;
            assert!(polled.is_pending());
        }
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        tell.send(7).unwrap();
        assert_eq!(aside.await, Ok(7));
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }
}
