//! One round of one subject in one scenario: start, warm up, measure, stop.
//! It knows how each kind of figure is had.
//! It refuses to return figures when any answer was wrong.

mod echo;
mod load;
mod request;
mod time;

use crate::bench::Bench;
use crate::fault::Fault;
use crate::load::Latency;
use crate::results::{Figures, Metric};
use crate::scenario::{Measure, Program, Scenario, Service, Subject};
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
        if let Measure::Share {
            of, share, conns, ..
        } = scenario.measure
        {
            session.rate = Some(share * session.capacity(of, conns)?);
        }
        Ok(session)
    }

    /// One round.
    pub fn round(&self, subject: Subject) -> Result<Figures, Fault> {
        match self.scenario.measure {
            Measure::Closed {
                conns,
                close,
                open_rate,
            } => self.closed(subject, conns, close, open_rate),
            Measure::Share { conns, prefork, .. } => self.share(subject, conns, prefork),
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
            Measure::Closed {
                conns, open_rate, ..
            } => {
                let open = open_rate
                    .map(|rate| format!("; then open loop, {rate}/s for {seconds} s"))
                    .unwrap_or_default();
                format!("wrk --threads 1 --connections {conns} --duration {seconds}s{open}")
            }
            Measure::Share { conns, .. } => {
                let rate = self.rate.unwrap_or_default();
                format!("open loop, {rate:.0}/s over {conns} connections for {seconds} s")
            }
            Measure::Overload { slots } => {
                format!(
                    "max_inflight={slots}; closed loop of {slots}, then open loop at ten times that rate, {seconds} s each"
                )
            }
            Measure::Streams { count } => {
                format!("{count} streams, watched for {} s", self.watch())
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
            Measure::Closed { .. } => Metric::CpuUs,
            Measure::Share {
                prefork: Some(_), ..
            } => Metric::OpenP50Us,
            Measure::Share { .. } => Metric::OpenP99Us,
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
        }
    }

    fn size(&self, subject: Subject) -> Result<Figures, Fault> {
        let path = self.bench.executable(subject);
        let path = path.ok_or_else(|| Fault::new("it is not here"))?;
        let size = std::fs::metadata(path)?.len();
        Ok([(Metric::FileMib, mib(size))].into())
    }
}

/// Why a subject cannot be measured in a scenario here, if it cannot.
pub fn missing(bench: &Bench, scenario: &Scenario, subject: Subject) -> Option<String> {
    if bench.executable(subject).is_none() {
        return Some("it is not here".to_owned());
    }
    let wrk = matches!(
        scenario.measure,
        Measure::Closed { .. } | Measure::Peak { .. }
    );
    if wrk && bench.wrk.is_none() {
        return Some("wrk is not here".to_owned());
    }
    if scenario.service == Service::Proxy(crate::scenario::Backend::Nginx) && bench.nginx.is_none()
    {
        return Some("the function is nginx, which is not here".to_owned());
    }
    if matches!(scenario.service, Service::Fork(_, Program::Python)) && bench.python.is_none() {
        return Some("python3 is not here".to_owned());
    }
    match scenario.measure {
        Measure::Share {
            of: Subject::Fwatchdog,
            ..
        } => None,
        Measure::Share { of, .. } if bench.executable(of).is_none() => Some(format!(
            "the load depends on {}, which is not here",
            of.name()
        )),
        Measure::Share {
            prefork: Some(_), ..
        } if subject == Subject::Fwatchdog && !bench.binary.has_setting("prefork") => {
            Some("this build has no setting `prefork`".to_owned())
        }
        _ => None,
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
