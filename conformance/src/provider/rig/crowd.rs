//! Many things at the same time.
//! It knows threads that begin together, and threads that go on while something else happens.
//! It refuses to lose one: each has its result, and none outlives the call.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// Does it `count` times at once, each with its number from 0; the results in that order.
pub fn at_once<T: Send>(count: usize, deed: impl Fn(usize) -> T + Sync) -> Result<Vec<T>, Failure> {
    let begin = Barrier::new(count);
    let one = |number| {
        begin.wait();
        deed(number)
    };
    std::thread::scope(|scope| {
        let one = &one;
        let all: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let ended = all.into_iter().map(|thread| {
            thread
                .join()
                .map_err(|_| Failure::fault("a thread of the case panicked"))
        });
        ended.collect()
    })
}

/// Does it `count` times at once, each with its number, and fails with the first failure.
pub fn all_at_once<T: Send>(
    count: usize,
    deed: impl Fn(usize) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    at_once(count, deed)?.into_iter().collect()
}

/// Does `again` over and over, on `count` threads, for as long as `act` takes; at least once each.
pub fn meanwhile<T: Send, R>(
    count: usize,
    again: impl Fn() -> T + Sync,
    act: impl FnOnce() -> R,
) -> (Vec<T>, R) {
    let over = AtomicBool::new(false);
    let watch = || {
        let mut seen = vec![again()];
        while !over.load(Ordering::SeqCst) {
            seen.push(again());
        }
        seen
    };
    std::thread::scope(|scope| {
        let watchers: Vec<_> = (0..count).map(|_| scope.spawn(watch)).collect();
        let done = act();
        over.store(true, Ordering::SeqCst);
        let seen = watchers.into_iter().filter_map(|one| one.join().ok());
        (seen.flatten().collect(), done)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let squares = at_once(5, |number| number * number).unwrap();
        assert_eq!(squares, [0, 1, 4, 9, 16]);
        let failed = all_at_once(3, |number| match number {
            1 => Err(Failure::failed("one")),
            other => Ok(other),
        });
        assert_eq!(failed.unwrap_err().message, "one");
    }

    #[test]
    fn what_goes_on_ends_with_the_deed() {
        let (seen, done) = meanwhile(2, || 1, || "done");
        assert!(seen.len() >= 2);
        assert_eq!(done, "done");
    }
}
