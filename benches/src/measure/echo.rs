//! A body far larger than any memory that should be needed for it.
//! It knows that every byte is checked on its way back.
//! It refuses to say anything about speed beyond the CPU time used.

use super::Session;
use super::request::ask;
use crate::fault::Fault;
use crate::load::echo::exchange;
use crate::results::{Figures, Metric};
use crate::scenario::Subject;
use crate::subject;

impl Session<'_> {
    pub(super) fn echo(&self, subject: Subject, bytes: u64) -> Result<Figures, Fault> {
        let mut running = subject::start(self.bench, &self.order(subject))?;
        running.await_ready(&ask(self.bench, self.scenario.request, subject)?)?;
        let before = running.cpu()?;
        exchange(running.port, "/echo", bytes)?;
        let used = running.cpu()?.saturating_sub(before);
        Ok([
            (Metric::PeakRssMib, running.memory("VmHWM")?),
            (Metric::CpuMs, used.as_secs_f64() * 1e3),
        ]
        .into())
    }
}
