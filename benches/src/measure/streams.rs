//! Rounds with many event streams open at once.
//! It knows that events come a second apart.
//! It refuses a round in which any stream misses one.

use std::time::Duration;

use super::Session;
use super::load::micros;
use super::request::ask;
use crate::fault::Fault;
use crate::load::streams::Streams;
use crate::results::{Figures, Metric};
use crate::scenario::{Request, Subject};
use crate::subject;

/// Until every stream has begun.
const SETTLE: Duration = Duration::from_secs(3);
/// Events are a second apart, so streams are watched for longer than a load lasts.
const LONGER: u64 = 2;

impl Session<'_> {
    pub(super) fn streams(&self, subject: Subject, count: usize) -> Result<Figures, Fault> {
        let mut running = subject::start(self.bench, &self.order(subject))?;
        running.await_ready(&ask(self.bench, Request::Hello, subject)?)?;
        let mut streams = Streams::open(running.port, &self.request(subject)?, count)?;
        let (_, fewest) = streams.watch(SETTLE)?;
        if fewest == 0 {
            return Err(Fault::new("a stream stayed silent"));
        }
        let before = running.cpu()?;
        let (events, fewest) = streams.watch(Duration::from_secs(self.watched()))?;
        let used = running.cpu()?.saturating_sub(before);
        if fewest + 1 < self.watched() {
            let seconds = self.watched();
            return Err(Fault::new(format!(
                "a stream had {fewest} events in {seconds} s"
            )));
        }
        Ok([
            (Metric::PeakRssMib, running.memory("VmHWM")?),
            (Metric::RssMib, running.memory("VmRSS")?),
            (Metric::CpuUs, micros(used) / events as f64),
        ]
        .into())
    }

    /// For how many seconds streams are watched.
    pub(super) fn watched(&self) -> u64 {
        self.seconds + LONGER
    }
}
