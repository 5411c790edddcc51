//! Rounds under load: closed and open loops, overload, event streams.
//! It knows when the clock of a server is read: right before and right after the load.
//! It refuses to measure a subject that was not warmed up.

use std::time::Duration;

use super::request::ask;
use super::{Session, closed_latency, open_latency};
use crate::fault::{During as _, Fault};
use crate::load::paced::{Pace, Tally, drive};
use crate::load::streams::Streams;
use crate::load::{Ask, wrk};
use crate::results::{Figures, Metric};
use crate::scenario::Subject;
use crate::subject::{self, Order, Running};

const WARM_UP: Duration = Duration::from_millis(400);
const WARM_CONNS: usize = 8;
/// How many times its capacity an overloaded subject is offered.
const OVERLOAD: f64 = 10.0;
/// Connections from which that is offered: many more than slots, so that none waits for a connection.
const OVERLOAD_CONNS: usize = 96;

/// A subject that is ready and warm.
struct Warm {
    running: Running,
    ask: Ask,
    /// Bytes of one answer on the wire.
    answer: u64,
}

impl Session<'_> {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn warm(&self, order: &Order, ask: Ask) -> Result<Warm, Fault> {
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

    fn request(&self, subject: Subject) -> Result<Ask, Fault> {
        ask(self.bench, self.scenario.request, subject)
    }

    fn wrk(&self, warm: &Warm, conns: usize) -> Result<wrk::Summary, Fault> {
        let wrk = self.bench.wrk.as_deref();
        wrk::Load {
            wrk: wrk.ok_or_else(|| Fault::new("wrk is not here"))?,
            scratch: self.bench.scratch(),
            ask: &warm.ask,
            conns,
            time: self.time(),
            answer: warm.answer,
        }
        .run(warm.running.port)
    }

    fn paced(&self, warm: &Warm, rate: Option<f64>, conns: usize) -> Result<Tally, Fault> {
        let pace = Pace {
            rate,
            conns,
            time: self.time(),
            may_refuse: false,
        };
        drive(warm.running.port, &warm.ask, pace)?.sound()
    }

    pub(super) fn closed(
        &self,
        subject: Subject,
        conns: usize,
        close: bool,
        open_rate: Option<f64>,
    ) -> Result<Figures, Fault> {
        let mut ask = self.request(subject)?;
        if close {
            ask = ask.with("Connection", "close");
        }
        let warm = self.warm(&self.order(subject), ask)?;
        let before = warm.running.cpu()?;
        let summary = self.wrk(&warm, conns)?;
        let used = warm.running.cpu()?.saturating_sub(before);
        let mut figures = Figures::from([
            (Metric::CpuUs, micros(used) / summary.requests as f64),
            (Metric::Rps, summary.rate()),
        ]);
        closed_latency(&mut figures, summary.latency);
        if let Some(rate) = open_rate {
            let tally = self.paced(&warm, Some(rate), conns.max(WARM_CONNS));
            let tally = tally.during("open loop")?;
            figures.insert(Metric::OpenRps, tally.rate());
            open_latency(&mut figures, tally.latency());
        }
        figures.insert(Metric::PeakRssMib, warm.running.memory("VmHWM")?);
        Ok(figures)
    }

    pub(super) fn peak(&self, subject: Subject, conns: usize) -> Result<Figures, Fault> {
        let warm = self.warm(&self.order(subject), self.request(subject)?)?;
        self.wrk(&warm, conns)?;
        let peak = warm.running.memory("VmHWM")?;
        Ok([(Metric::PeakRssMib, peak)].into())
    }

    /// What a subject answers a second in a closed loop of our own.
    pub(super) fn capacity(&self, subject: Subject, conns: usize) -> Result<f64, Fault> {
        let order = self.share_order(subject, None);
        let warm = self.warm(&order, self.request(subject)?)?;
        let tally = self.paced(&warm, None, self.closed_conns(conns))?;
        Ok(tally.rate())
    }

    /// A pool is for one request at a time; its capacity is that of one connection.
    fn closed_conns(&self, conns: usize) -> usize {
        match self.scenario.measure {
            crate::scenario::Measure::Share {
                prefork: Some(_), ..
            } => 1,
            _ => conns,
        }
    }

    pub(super) fn share(
        &self,
        subject: Subject,
        conns: usize,
        prefork: Option<usize>,
    ) -> Result<Figures, Fault> {
        let order = self.share_order(subject, prefork);
        let warm = self.warm(&order, self.request(subject)?)?;
        let before = warm.running.cpu()?;
        let tally = self.paced(&warm, self.rate, conns)?;
        let used = warm.running.cpu()?.saturating_sub(before);
        let mut figures = Figures::from([
            (Metric::CpuUs, micros(used) / tally.answered as f64),
            (Metric::OpenRps, tally.rate()),
            (Metric::PeakRssMib, warm.running.memory("VmHWM")?),
        ]);
        open_latency(&mut figures, tally.latency());
        Ok(figures)
    }

    /// A pool knows no request when a process starts, so no subject describes it in variables.
    fn share_order(&self, subject: Subject, prefork: Option<usize>) -> Order {
        let mut order = self.order(subject);
        if matches!(self.scenario.service, crate::scenario::Service::Fork(..)) {
            order.settings.push(("cgi_headers", "false".to_owned()));
        }
        if let (Subject::Fwatchdog, Some(count)) = (subject, prefork) {
            order.settings.push(("prefork", count.to_string()));
        }
        order
    }

    pub(super) fn overload(&self, subject: Subject, slots: usize) -> Result<Figures, Fault> {
        let mut order = self.order(subject);
        order.settings.push(("max_inflight", slots.to_string()));
        let warm = self.warm(&order, self.request(subject)?)?;
        let unloaded = self.paced(&warm, None, slots).during("unloaded")?;
        let before = warm.running.cpu()?;
        let pace = Pace {
            rate: Some(unloaded.rate() * OVERLOAD),
            conns: OVERLOAD_CONNS,
            time: self.time(),
            may_refuse: true,
        };
        let over = drive(warm.running.port, &warm.ask, pace)?.sound()?;
        if over.refused == 0 {
            return Err(Fault::new("nothing was refused"));
        }
        let used = warm.running.cpu()?.saturating_sub(before);
        let all = over.answered + over.refused;
        let mut figures = Figures::from([
            (Metric::CpuUs, micros(used) / all as f64),
            (Metric::OpenRps, over.rate()),
            (Metric::GoodputShare, over.rate() / unloaded.rate()),
            (
                Metric::P99Share,
                over.latency().p99 / unloaded.latency().p99,
            ),
        ]);
        closed_latency(&mut figures, unloaded.latency());
        open_latency(&mut figures, over.latency());
        Ok(figures)
    }

    /// How long streams are watched: their events are seconds apart.
    pub(super) fn watch(&self) -> u64 {
        self.seconds + 2
    }

    pub(super) fn streams(&self, subject: Subject, count: usize) -> Result<Figures, Fault> {
        let mut running = subject::start(self.bench, &self.order(subject))?;
        running.await_ready(&ask(self.bench, crate::scenario::Request::Hello, subject)?)?;
        let mut streams = Streams::open(running.port, &self.request(subject)?, count)?;
        let (_, fewest) = streams.watch(Duration::from_secs(3))?;
        if fewest == 0 {
            return Err(Fault::new("a stream stayed silent"));
        }
        let before = running.cpu()?;
        let (events, fewest) = streams.watch(Duration::from_secs(self.watch()))?;
        let used = running.cpu()?.saturating_sub(before);
        if fewest + 1 < self.watch() {
            return Err(Fault::new(format!(
                "a stream had {fewest} events in {} s",
                self.watch()
            )));
        }
        Ok([
            (Metric::PeakRssMib, running.memory("VmHWM")?),
            (Metric::RssMib, running.memory("VmRSS")?),
            (Metric::CpuUs, micros(used) / events as f64),
        ]
        .into())
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
