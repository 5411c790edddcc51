//! Rounds under load: closed and open loops.
//! It knows when the clock of a server is read: right before and right after the load.
//! It refuses to measure a subject that was not warmed up.

use std::time::Duration;

use super::request::ask;
use super::{Session, closed_latency, open_latency};
use crate::bench::Cpus;
use crate::fault::{During as _, Fault};
use crate::load::paced::{Pace, Tally, drive};
use crate::load::{Ask, wrk};
use crate::results::{Figures, Metric};
use crate::scenario::{Closed, Service, Share, Subject};
use crate::subject::{self, Order, Running};

const WARM_UP: Duration = Duration::from_millis(400);
const WARM_CONNS: usize = 8;
/// As many requests as a share of a capacity is to be measured with, if that does not take too long.
const ENOUGH: f64 = 200.0;
const LONGEST: Duration = Duration::from_secs(12);
/// A subject that is ready and warm.
pub(super) struct Warm {
    pub running: Running,
    pub ask: Ask,
    /// Bytes of one answer on the wire.
    answer: u64,
}

impl Session<'_> {
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(super) fn warm(&self, order: &Order, ask: Ask) -> Result<Warm, Fault> {
        let mut running = subject::start(self.bench, order)?;
        let answer = running.await_ready(&ask)?;
        let pace = Pace {
            rate: None,
            conns: WARM_CONNS,
            time: WARM_UP,
            may_refuse: false,
        };
        drive(running.port, &ask, pace)?.sound().during("warm-up")?;
        Ok(Warm {
            running,
            ask,
            answer,
        })
    }

    pub(super) fn request(&self, subject: Subject) -> Result<Ask, Fault> {
        ask(self.bench, self.scenario.request, subject)
    }

    fn wrk(&self, warm: &Warm, conns: usize, cpus: Cpus) -> Result<wrk::Summary, Fault> {
        let wrk = self.bench.wrk.as_deref();
        let wrk = wrk.ok_or_else(|| Fault::new("wrk is not here"))?;
        wrk::Load {
            wrk: self.bench.command(wrk, cpus.rest()),
            scratch: self.bench.scratch(),
            ask: &warm.ask,
            conns,
            time: self.time(),
            answer: warm.answer,
        }
        .run(warm.running.port)
    }

    pub(super) fn paced(
        &self,
        warm: &Warm,
        rate: Option<f64>,
        conns: usize,
    ) -> Result<Tally, Fault> {
        let pace = Pace {
            rate,
            conns,
            time: self.time(),
            may_refuse: false,
        };
        drive(warm.running.port, &warm.ask, pace)?.sound()
    }

    pub(super) fn closed(&self, subject: Subject, closed: Closed) -> Result<Figures, Fault> {
        let mut ask = self.request(subject)?;
        if closed.close {
            ask = ask.with("Connection", "close");
        }
        let mut order = self.order(subject);
        if closed.one_cpu {
            order.cpus = Cpus::Parted;
        }
        let warm = self.warm(&order, ask)?;
        let before = warm.running.cpu()?;
        let summary = self.wrk(&warm, closed.conns, order.cpus)?;
        let used = warm.running.cpu()?.saturating_sub(before);
        let mut figures = Figures::from([
            (Metric::CpuUs, micros(used) / summary.requests as f64),
            (Metric::Rps, summary.rate()),
        ]);
        closed_latency(&mut figures, summary.latency);
        if let Some(rate) = closed.open_rate {
            let conns = closed.conns.max(WARM_CONNS);
            let tally = self.paced(&warm, Some(rate), conns).during("open loop")?;
            figures.insert(Metric::OpenRps, tally.rate());
            open_latency(&mut figures, tally.latency());
        }
        figures.insert(Metric::PeakRssMib, warm.running.memory("VmHWM")?);
        Ok(figures)
    }

    /// What is counted for a profile: our own binary and the request of the scenario.
    pub fn counted(&self) -> Result<(Order, Ask), Fault> {
        let subject = Subject::Fwatchdog;
        Ok((self.order(subject), self.request(subject)?))
    }

    pub(super) fn peak(&self, subject: Subject, conns: usize) -> Result<Figures, Fault> {
        let warm = self.warm(&self.order(subject), self.request(subject)?)?;
        self.wrk(&warm, conns, Cpus::Shared)?;
        let peak = warm.running.memory("VmHWM")?;
        Ok([(Metric::PeakRssMib, peak)].into())
    }

    /// What a subject answers a second in a closed loop of our own.
    pub(super) fn capacity(&self, share: Share) -> Result<f64, Fault> {
        let order = self.share_order(share.of, None);
        let warm = self.warm(&order, self.request(share.of)?)?;
        Ok(self.paced(&warm, None, share.of_conns)?.rate())
    }

    pub(super) fn share(&self, subject: Subject, share: Share) -> Result<Figures, Fault> {
        let order = self.share_order(subject, share.prefork);
        let warm = self.warm(&order, self.request(subject)?)?;
        let before = warm.running.cpu()?;
        let pace = Pace {
            rate: self.rate,
            conns: share.conns,
            time: self.share_time(),
            may_refuse: false,
        };
        let tally = drive(warm.running.port, &warm.ask, pace)?.sound()?;
        let used = warm.running.cpu()?.saturating_sub(before);
        let mut figures = Figures::from([
            (Metric::CpuUs, micros(used) / tally.answered as f64),
            (Metric::OpenRps, tally.rate()),
            (Metric::PeakRssMib, warm.running.memory("VmHWM")?),
        ]);
        open_latency(&mut figures, tally.latency());
        Ok(figures)
    }

    /// A slow rate needs longer for enough requests.
    pub(super) fn share_time(&self) -> Duration {
        let needed = ENOUGH / self.rate.unwrap_or(ENOUGH);
        let longest = LONGEST.max(self.time());
        let needed = Duration::try_from_secs_f64(needed).unwrap_or(longest);
        needed.clamp(self.time(), longest)
    }

    /// A pool knows no request when a process starts, so no subject describes it in variables.
    fn share_order(&self, subject: Subject, prefork: Option<usize>) -> Order {
        let mut order = self.order(subject);
        if matches!(self.scenario.service, Service::Fork(..)) {
            order.settings.push(("cgi_headers", "false".to_owned()));
        }
        if let (true, Some(count)) = (subject.ours(), prefork) {
            order.settings.push(("prefork", count.to_string()));
        }
        order
    }
}

pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
