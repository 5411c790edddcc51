//! Start, rest and stop of a subject that has nothing to do.
//! It knows the paths that say when one is ready.
//! It refuses to count what comes before exec or after exit.

use std::time::{Duration, Instant};

use super::Session;
use crate::fault::{During as _, Fault};
use crate::load::Ask;
use crate::load::client::Conn;
use crate::results::{Figures, Metric};
use crate::scenario::Subject;
use crate::stats::Spread;
use crate::subject::{self, Running};

const PATIENCE: Duration = Duration::from_secs(20);
const DRAIN_PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks; short against any start, long enough to leave the CPU to it.
const LOOK: Duration = Duration::from_micros(200);
/// Memory is at rest when it stayed the same for so long.
const REST: Duration = Duration::from_millis(300);

impl Session<'_> {
    pub(super) fn cold_start(&self, subject: Subject, times: usize) -> Result<Figures, Fault> {
        let took: Result<Vec<f64>, Fault> = (0..times)
            .map(|_| {
                let running = subject::start(self.bench, &self.order(subject))?;
                let took = first_ready(&running, subject)?;
                Ok(took.as_secs_f64() * 1e3)
            })
            .collect();
        let spread = Spread::of(took?).ok_or_else(|| Fault::new("not one start"))?;
        Ok([(Metric::TimeMs, spread.median)].into())
    }

    pub(super) fn drain(&self, subject: Subject) -> Result<Figures, Fault> {
        let mut order = self.order(subject);
        order.plain = true;
        let mut running = subject::start(self.bench, &order)?;
        first_ready(&running, subject)?;
        let (took, status) = running.drain(DRAIN_PATIENCE)?;
        if !status.success() {
            return Err(Fault::new(format!("it ended with {status}")));
        }
        Ok([(Metric::TimeMs, took.as_secs_f64() * 1e3)].into())
    }

    pub(super) fn idle(&self, subject: Subject) -> Result<Figures, Fault> {
        let mut running = subject::start(self.bench, &self.order(subject))?;
        if subject.packaged() {
            running.await_ready(&super::request::ask(
                self.bench,
                self.scenario.request,
                subject,
            )?)?;
        } else {
            first_ready(&running, subject)?;
        }
        Ok([(Metric::RssMib, at_rest(&running)?)].into())
    }
}

/// The path that says whether a watchdog is ready.
fn ready_path(subject: Subject) -> &'static str {
    match subject {
        Subject::ClassicWatchdog => "/_/health",
        _ => "/_/ready",
    }
}

/// How long from exec until it said so.
fn first_ready(running: &Running, subject: Subject) -> Result<Duration, Fault> {
    let wire = Ask::get(ready_path(subject), 0).wire(running.port);
    while running.began.elapsed() < PATIENCE {
        if let Ok(answer) = Conn::to(running.port).exchange(&wire)
            && answer.status == 200
        {
            return Ok(running.began.elapsed());
        }
        std::thread::sleep(LOOK);
    }
    Err(Fault::new("not ready in time")).during(ready_path(subject))
}

/// Resident memory once it no longer changes.
fn at_rest(running: &Running) -> Result<f64, Fault> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = running.memory("VmRSS")?;
    let mut since = Instant::now();
    while since.elapsed() < REST && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
        let now = running.memory("VmRSS")?;
        if now.to_bits() != last.to_bits() {
            last = now;
            since = Instant::now();
        }
    }
    Ok(last)
}
