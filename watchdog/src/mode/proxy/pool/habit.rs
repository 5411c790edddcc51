//! What a server has shown of how it keeps connections.
//!
//! Owns the one judgement whether a link may carry what cannot be sent twice. May know how often and how long links were seen to last, and which were
//! closed. Refuses to guess: a situation that no link of this server was seen to survive is not trusted.
//!
//! A server that closes after an answer without saying so may do it while the next request is on its way, and no look at the socket helps against that.
//! What helps is another link in the same place, after as many answers, that was still open a while later.

use std::time::Duration;

use tokio::time::Instant;

/// A link that is open so long after an answer was not closed because of it.
pub(super) const WHILE: Duration = Duration::from_millis(60);

/// The same for a server that was slower than that.
const LONG_WHILE: Duration = Duration::from_millis(300);

/// Nobody closes after this many answers without saying so.
const MANY: u32 = 100;

/// A server that closed something is given another chance after this.
const FORGET: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Habit {
    /// So many answers have been survived, and so long a rest.
    answers: u32,
    rest: Duration,
    /// How long a rest is trusted for that: a timer of the server's is not met to the millisecond.
    trusted: Duration,
    /// Links were closed after so many answers, and after so long a rest.
    last_answer: u32,
    last_rest: Duration,
    /// When one was last closed.
    closed: Option<Instant>,
    /// How long a rest tells of the answer before it.
    pause: Duration,
}

impl Default for Habit {
    fn default() -> Self {
        Self {
            answers: 0,
            rest: WHILE,
            trusted: short(WHILE),
            last_answer: u32::MAX,
            last_rest: Duration::MAX,
            closed: None,
            pause: WHILE,
        }
    }
}

impl Habit {
    /// Whether a link is sure to be open that has given `answers` and rested since.
    pub(super) fn trusts(&self, answers: u32, rested: Duration) -> bool {
        answers <= self.answers && rested <= self.trusted
    }

    /// Whether a link that has given `answers` is worth keeping at all.
    pub(super) fn keeps(&mut self, answers: u32, now: Instant) -> bool {
        if self.closed.is_some_and(|at| now - at > FORGET) {
            self.forgive();
        }
        answers < self.last_answer
    }

    /// Whether a link that has rested so long is.
    pub(super) fn rests(&self, rested: Duration) -> bool {
        rested < self.last_rest
    }

    /// A link gave another answer after so many.
    pub(super) fn answered(&mut self, answers: u32) {
        if answers > self.answers && answers < self.last_answer {
            self.answers = if answers < MANY { answers } else { u32::MAX };
        }
    }

    /// A link was seen open after `answers` and a rest.
    pub(super) fn rested(&mut self, answers: u32, rested: Duration) {
        if rested >= self.pause {
            self.answered(answers);
        }
        self.rest = self.rest.max(rested);
        self.trust();
    }

    /// The server closed a link after `answers`. It was last seen open after resting for `seen`, if it was seen at all.
    pub(super) fn closed(&mut self, answers: u32, seen: Duration, now: Instant) {
        if seen < self.pause {
            self.last(answers);
        } else {
            self.last_rest = self.last_rest.min(seen);
            self.trust();
        }
        self.closed = Some(now);
    }

    /// A link that was trusted, or tried, was closed instead of giving another answer: the server takes its time to close.
    pub(super) fn died(&mut self, answers: u32, now: Instant) {
        self.last(answers);
        self.pause = (self.pause * 2).min(LONG_WHILE);
        self.closed = Some(now);
    }

    fn last(&mut self, answers: u32) {
        self.last_answer = self.last_answer.min(answers);
        self.answers = self.answers.min(answers.saturating_sub(1));
    }

    /// What was survived before stands; beyond it, all is to be shown again.
    fn forgive(&mut self) {
        if self.last_rest < Duration::MAX {
            self.rest = self.last_rest.max(WHILE);
        }
        (self.last_answer, self.last_rest) = (u32::MAX, Duration::MAX);
        self.closed = None;
        self.trust();
    }

    fn trust(&mut self) {
        self.trusted = short(self.rest.min(self.last_rest));
    }
}

fn short(rest: Duration) -> Duration {
    rest * 3 / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn what_was_survived_is_trusted_and_nothing_more() {
        let mut habit = Habit::default();
        assert!(!habit.trusts(1, Duration::ZERO));
        habit.rested(1, WHILE);
        assert!(habit.trusts(1, WHILE / 2) && !habit.trusts(1, WHILE) && !habit.trusts(2, MS));
        habit.answered(7);
        assert!(habit.trusts(7, MS) && !habit.trusts(8, MS));
        habit.rested(3, WHILE * 8);
        assert!(habit.trusts(7, WHILE * 6) && !habit.trusts(7, WHILE * 7));
        habit.answered(MANY);
        assert!(habit.trusts(u32::MAX, MS));
    }

    #[tokio::test(start_paused = true)]
    async fn one_close_weighs_more_than_any_survival() {
        let mut habit = Habit::default();
        habit.answered(MANY);
        habit.closed(3, Duration::ZERO, Instant::now());
        assert!(habit.trusts(2, MS) && !habit.trusts(3, MS));
        let now = Instant::now();
        assert!(habit.keeps(2, now) && !habit.keeps(3, now));
        habit.answered(MANY);
        habit.rested(3, WHILE);
        assert!(!habit.trusts(3, MS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_close_after_a_rest_says_nothing_of_answers() {
        let mut habit = Habit::default();
        habit.answered(MANY);
        habit.rested(1, WHILE * 16);
        habit.closed(5, WHILE * 2, Instant::now());
        assert!(habit.trusts(9, WHILE) && !habit.trusts(1, WHILE * 2));
        assert!(habit.rests(WHILE) && !habit.rests(WHILE * 2));
        assert!(habit.keeps(5, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_closes_late_is_waited_for_longer() {
        let mut habit = Habit::default();
        habit.rested(1, WHILE);
        habit.died(1, Instant::now());
        assert!(!habit.trusts(1, MS) && !habit.keeps(1, Instant::now()));
        tokio::time::advance(FORGET * 2).await;
        assert!(habit.keeps(1, Instant::now()));
        habit.rested(1, WHILE);
        assert!(!habit.trusts(1, MS));
        habit.closed(1, WHILE, Instant::now());
        assert!(!habit.keeps(1, Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_gets_another_chance() {
        let mut habit = Habit::default();
        habit.closed(1, Duration::ZERO, Instant::now());
        assert!(!habit.keeps(1, Instant::now()));
        tokio::time::advance(FORGET * 2).await;
        assert!(habit.keeps(1, Instant::now()) && !habit.trusts(1, MS));
        habit.rested(1, WHILE);
        assert!(habit.trusts(1, MS));
    }
}
