//! Rounds under more load than `max_inflight` lets through.
//! It knows that capacity and latency without overload are measured right before, on the same process.
//! It refuses a round in which nothing was refused.

use std::time::Duration;

use super::load::micros;
use super::{Session, closed_latency, open_latency};
use crate::fault::{During as _, Fault};
use crate::load::paced::{Pace, Tally, drive};
use crate::results::{Figures, Metric};
use crate::scenario::Subject;

/// How many times its capacity a subject is offered.
const TIMES: f64 = 10.0;
/// From many more connections than slots, so that no request waits for a connection.
const CONNS: usize = 96;
/// The function is slow, so that a second has few answers.
const LONGER: u64 = 3;

impl Session<'_> {
    pub(super) fn overload(&self, subject: Subject, slots: usize) -> Result<Figures, Fault> {
        let mut order = self.order(subject);
        order.settings.push(("max_inflight", slots.to_string()));
        let warm = self.warm(&order, self.request(subject)?)?;
        let mut pace = Pace {
            rate: None,
            conns: slots,
            time: self.overload_time(),
            may_refuse: false,
        };
        let port = warm.running.port;
        let free = drive(port, &warm.ask, pace)?.sound();
        let free = free.during("without overload")?;
        pace.rate = Some(free.rate() * TIMES);
        pace.conns = CONNS;
        pace.may_refuse = true;
        let before = warm.running.cpu()?;
        let over = drive(port, &warm.ask, pace)?.sound()?;
        let used = warm.running.cpu()?.saturating_sub(before);
        figures(&free, &over, used)
    }

    /// How long each of the two loads takes.
    pub(super) fn overload_time(&self) -> Duration {
        Duration::from_secs(self.seconds + LONGER)
    }
}

fn figures(free: &Tally, over: &Tally, used: Duration) -> Result<Figures, Fault> {
    if over.refused == 0 {
        return Err(Fault::new("nothing was refused"));
    }
    let all = over.answered + over.refused;
    let p99_share = over.latency().p99 / free.latency().p99;
    let mut figures = Figures::from([
        (Metric::CpuUs, micros(used) / all as f64),
        (Metric::OpenRps, over.rate()),
        (Metric::GoodputShare, over.rate() / free.rate()),
        (Metric::P99Share, p99_share),
    ]);
    closed_latency(&mut figures, free.latency());
    open_latency(&mut figures, over.latency());
    Ok(figures)
}
