//! A task that goes on while it has something to do.
//!
//! Owns the future and the bell that says it woke itself. May know how often it went on. Refuses to keep the thread for itself: after so many rounds the
//! others have their turn.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

/// Rounds before the others have their turn. A body that is passed on takes one for each piece, so this is about a megabyte.
const ROUNDS: usize = 16;

/// For the outermost future of a task, whose waker never changes.
///
/// A body on its way through hyper wakes its own connection after each piece. With as many connections as there are, each piece would then find the caches
/// full of the others'.
pub struct Eager<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Bell {
    state: AtomicU8,
    task: OnceLock<Waker>,
}

const QUIET: u8 = 0;
const POLLING: u8 = 1;
const RUNG: u8 = 2;

impl<F: Future> Eager<F> {
    pub fn new(future: F) -> Self {
        let bell = Arc::new(Bell::default());
        Self {
            future: Box::pin(future),
            waker: Arc::clone(&bell).into(),
            bell,
        }
    }

    pub fn get_mut(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }
}

impl<F: Future> Future for Eager<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        this.bell.task.get_or_init(|| cx.waker().clone());
        for _ in 0..ROUNDS {
            this.bell.state.store(POLLING, Ordering::Release);
            let polled = this
                .future
                .as_mut()
                .poll(&mut Context::from_waker(&this.waker));
            if polled.is_ready() || this.bell.rests() {
                return polled;
            }
        }
        this.bell.state.store(QUIET, Ordering::Release);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Bell {
    /// Whether it was not rung during a poll. From then on ringing wakes the task.
    fn rests(&self) -> bool {
        self.state
            .compare_exchange(POLLING, QUIET, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RUNG, Ordering::AcqRel) == QUIET
            && let Some(task) = self.task.get()
        {
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

    /// Polls once, and says whether the task was woken meanwhile.
    fn poll_once<F: Future>(eager: &mut Eager<F>, task: &Arc<Task>) -> Poll<F::Output> {
        let waker = Arc::clone(task).into();
        Pin::new(eager).poll(&mut Context::from_waker(&waker))
    }

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_goes_on_while_it_wakes_itself_but_not_for_ever() {
        let task = Arc::new(Task::default());
        let polls = AtomicUsize::new(0);
        let mut eager = Eager::new(poll_fn(|cx| {
            if polls.fetch_add(1, Ordering::Relaxed) < ROUNDS + 2 {
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        }));
        assert!(poll_once(&mut eager, &task).is_pending());
        assert_eq!(polls.load(Ordering::Relaxed), ROUNDS);
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert!(poll_once(&mut eager, &task).is_pending());
        assert_eq!(polls.load(Ordering::Relaxed), ROUNDS + 3);
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_comes_between_two_polls_wakes_the_task() {
        let task = Arc::new(Task::default());
        let (tell, told) = oneshot::channel();
        let mut eager = Eager::new(told);
        assert!(poll_once(&mut eager, &task).is_pending());
        tell.send(7).unwrap();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll_once(&mut eager, &task), Poll::Ready(Ok(7)));
    }
}
