//! One round of one subject in one scenario: start, warm up, measure, stop.
//! It knows how each kind of figure is had.
//! It refuses to return figures when any answer was wrong.

mod echo;
mod load;
mod missing;
mod overload;
mod request;
mod streams;
mod time;

pub use missing::missing;

use crate::bench::{Bench, Cpus};
use crate::fault::Fault;
use crate::load::Latency;

use crate::results::{Figures, Metric};
use crate::scenario::{Measure, Scenario, Subject};
use crate::subject::{Order, mib};

/// Load in a closed loop takes at least this long, or one disturbance is a part of it that counts.
pub const SECONDS: u64 = 3;
pub const QUICK_SECONDS: u64 = 1;

/// A scenario while it is measured.
pub struct Session<'a> {
    bench: &'a Bench,
    scenario: &'a Scenario,
    seconds: u64,
    /// Requests a second, where the load is a share of what a peer can do.
    rate: Option<f64>,
}

impl<'a> Session<'a> {
    /// Looks up what the load depends on.
    pub fn open(bench: &'a Bench, scenario: &'a Scenario, seconds: u64) -> Result<Self, Fault> {
        let mut session = Self {
            bench,
            scenario,
            seconds,
            rate: None,
        };
        if let Measure::Share(share) = scenario.measure {
            session.rate = Some(share.part * session.capacity(share)?);
        }
        Ok(session)
    }

    /// One round.
    pub fn round(&self, subject: Subject) -> Result<Figures, Fault> {
        match self.scenario.measure {
            Measure::Closed(closed) => self.closed(subject, closed),
            Measure::Share(share) => self.share(subject, share),
            Measure::Overload { slots } => self.overload(subject, slots),
            Measure::Streams { count } => self.streams(subject, count),
            Measure::Peak { conns } => self.peak(subject, conns),
            Measure::Start { times } => self.cold_start(subject, times),
            Measure::Drain => self.drain(subject),
            Measure::Idle => self.idle(subject),
            Measure::Size => self.size(subject),
            Measure::Echo { bytes } => self.echo(subject, bytes),
        }
    }

    /// How the load came, in a line.
    pub fn load(&self) -> String {
        let seconds = self.seconds;
        match self.scenario.measure {
            Measure::Closed(closed) => {
                let conns = closed.conns;
                let open = closed
                    .open_rate
                    .map(|rate| format!("; then open loop, {rate}/s for {seconds} s"))
                    .unwrap_or_default();
                format!("wrk --threads 1 --connections {conns} --duration {seconds}s{open}")
            }
            Measure::Share(share) => {
                let conns = share.conns;
                let rate = self.rate.unwrap_or_default();
                let seconds = self.share_time().as_secs_f64();
                format!("open loop, {rate:.0}/s over {conns} connections for {seconds:.0} s")
            }
            Measure::Overload { slots } => {
                format!(
                    "max_inflight={slots}; closed loop of {slots}, then open loop at ten times that rate, {} s each",
                    self.overload_time().as_secs()
                )
            }
            Measure::Streams { count } => {
                format!("{count} streams, watched for {} s", self.watched())
            }
            Measure::Peak { conns } => {
                format!("wrk --threads 1 --connections {conns} --duration {seconds}s")
            }
            Measure::Start { times } => format!("the median of {times} starts"),
            Measure::Drain | Measure::Idle | Measure::Size => String::new(),
            Measure::Echo { bytes } => format!("one POST of {bytes} bytes"),
        }
    }

    /// The figure that stands for the scenario.
    pub fn headline(&self) -> Metric {
        match self.scenario.measure {
            Measure::Closed(_) => Metric::CpuUs,
            Measure::Share(share) if share.prefork.is_some() => Metric::OpenP50Us,
            Measure::Share(_) => Metric::OpenP99Us,
            Measure::Overload { .. } => Metric::GoodputShare,
            Measure::Streams { .. } | Measure::Peak { .. } | Measure::Echo { .. } => {
                Metric::PeakRssMib
            }
            Measure::Start { .. } | Measure::Drain => Metric::TimeMs,
            Measure::Idle => Metric::RssMib,
            Measure::Size => Metric::FileMib,
        }
    }

    fn order(&self, subject: Subject) -> Order {
        Order {
            subject,
            service: self.scenario.service,
            settings: Vec::new(),
            plain: false,
            cpus: Cpus::Shared,
        }
    }

    fn size(&self, subject: Subject) -> Result<Figures, Fault> {
        let path = self.bench.executable(subject);
        let path = path.ok_or_else(|| Fault::new("it is not here"))?;
        let size = std::fs::metadata(path)?.len();
        Ok([(Metric::FileMib, mib(size))].into())
    }
}

/// Adds the percentiles of a closed loop.
fn closed_latency(figures: &mut Figures, latency: Latency) {
    figures.insert(Metric::P50Us, latency.p50);
    figures.insert(Metric::P90Us, latency.p90);
    figures.insert(Metric::P99Us, latency.p99);
    figures.insert(Metric::P999Us, latency.p999);
}

/// Adds the percentiles of an open loop.
fn open_latency(figures: &mut Figures, latency: Latency) {
    figures.insert(Metric::OpenP50Us, latency.p50);
    figures.insert(Metric::OpenP90Us, latency.p90);
    figures.insert(Metric::OpenP99Us, latency.p99);
    figures.insert(Metric::OpenP999Us, latency.p999);
}
