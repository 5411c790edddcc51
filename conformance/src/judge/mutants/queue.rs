//! Several things at a time, in threads.
//! It knows how many, and the order that results go back in.
//! It refuses to start more.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Does it to each item, that many at a time; the results in the order of the items.
pub(super) fn side_by_side<T: Send, R: Send>(
    items: Vec<T>,
    jobs: usize,
    act: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let queue: Mutex<VecDeque<_>> = Mutex::new(items.into_iter().enumerate().collect());
    let next = || {
        queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((index, item)) = next() {
                    let result = act(item);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let twice = side_by_side((0..50).collect(), 4, |n: i32| 2 * n);
        assert_eq!(twice, (0..50).map(|n| 2 * n).collect::<Vec<_>>());
    }
}
