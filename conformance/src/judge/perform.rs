//! One run of one case, in a thread of its own, so that a hang costs its deadline and no more.
//! It knows the rig's making and its end, the deadline and the wish to stop.
//! It refuses to judge and to hide: the outcome goes back as it came, with what nobody may read in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::redact::Secret;
use super::{Evidence, Failure, Hold, Outcome, Run, Suite};

/// How long a rig may tidy up before the next case goes on without it.
const TIDYING: Duration = Duration::from_secs(30);
/// How often the wish to stop is looked at.
const GLANCE: Duration = Duration::from_millis(100);

pub(super) struct Performed {
    pub outcome: Outcome,
    pub took: Duration,
    pub evidence: Evidence,
    /// What nobody may read in the others.
    pub secrets: Vec<Secret>,
}

pub(super) fn perform<S: Suite>(
    ground: &Arc<S::Ground>,
    run: Run<S>,
    stop: &AtomicBool,
) -> Performed {
    let start = Instant::now();
    let mut rig = match S::rig(ground, &run) {
        Ok(rig) => rig,
        Err(failure) => {
            return Performed {
                outcome: Err(failure),
                took: start.elapsed(),
                evidence: Evidence::default(),
                secrets: Vec::new(),
            };
        }
    };
    let scale = S::timeout_scale(ground);
    let limit = Duration::from_secs(run.case.seconds).mul_f64(scale);
    let hold = S::hold(&rig);
    let (sender, outcomes) = channel();
    let (tidied, tidy) = channel::<()>();
    std::thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| (run.case.run)(&mut rig)));
        let outcome = outcome
            .unwrap_or_else(|panic| Err(Failure::fault(format!("panic: {}", text(&*panic)))));
        let _ = sender.send(outcome);
        drop(rig);
        drop(tidied);
    });
    let outcome = await_outcome(&outcomes, limit, stop).unwrap_or_else(|failure| {
        hold.stop();
        Err(failure)
    });
    let took = start.elapsed();
    let _ = tidy.recv_timeout(TIDYING.mul_f64(scale));
    Performed {
        outcome,
        took,
        evidence: hold.evidence(),
        secrets: hold.secrets(),
    }
}

/// The outcome, or why it is not waited for any longer.
fn await_outcome(
    outcomes: &Receiver<Outcome>,
    limit: Duration,
    stop: &AtomicBool,
) -> Result<Outcome, Failure> {
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match outcomes.recv_timeout(left.min(GLANCE)) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::fault("the case vanished")),
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::SeqCst) => {
                return Err(Failure::skipped("stopped before it was over"));
            }
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                return Err(Failure::failed(format!("not over within its {limit:?}")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
