//! When a process that keeps dying is started again.
//!
//! Owns the back-off. May know times only. Refuses to let several deaths at once count as more than one.

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(10);
const LAST: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Pace {
    /// The pause that was made last, and its end.
    last: Option<(Duration, Instant)>,
}

impl Pace {
    /// The end of a pause that has not passed.
    pub fn paused(&self, now: Instant) -> Option<Instant> {
        self.last.map(|(_, until)| until).filter(|at| *at > now)
    }

    /// Takes note of a process that ended after it had `lived`; the pause, where this begins one.
    pub fn failed(&mut self, now: Instant, lived: Duration) -> Option<Duration> {
        if self.paused(now).is_some() {
            return None;
        }
        let pause = match self.last {
            // Whatever lives longer than the longest pause cannot keep us busy.
            Some((pause, until)) if lived < LAST && now.duration_since(until) < LAST => {
                (pause * 2).min(LAST)
            }
            _ => FIRST,
        };
        self.last = Some((pause, now + pause));
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_a_second() {
        let mut pace = Pace::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let now = Instant::now();
            let pause = pace.failed(now, AT_ONCE).unwrap();
            assert_eq!(pace.paused(now), Some(now + pause));
            tokio::time::advance(pause).await;
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }

    #[tokio::test(start_paused = true)]
    async fn deaths_in_a_pause_are_one_with_what_began_it() {
        let mut pace = Pace::default();
        assert_eq!(pace.failed(Instant::now(), AT_ONCE), Some(FIRST));
        assert_eq!(pace.failed(Instant::now(), AT_ONCE), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_life_or_a_quiet_second_starts_over() {
        let mut pace = Pace::default();
        for _ in 0..3 {
            assert!(pace.failed(Instant::now(), AT_ONCE).is_some());
            tokio::time::advance(LAST).await;
        }
        let now = Instant::now();
        assert_eq!(pace.failed(now, LAST), Some(FIRST));
        tokio::time::advance(FIRST + LAST).await;
        assert_eq!(pace.failed(Instant::now(), AT_ONCE), Some(FIRST));
    }
}
