//! Load at a constant rate of arrivals, or as fast as the connections go.
//! It knows when each request should have started, and counts its latency from there: a subject that stalls pays for all who wait.
//! It refuses to slow down with the subject.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::client::Conn;
use super::{Ask, Latency, histogram, record};
use crate::fault::{During as _, Fault};

/// How long after its end a schedule may still be worked off.
const OVERTIME: Duration = Duration::from_secs(5);
const REFUSED: u16 = 429;

/// How the requests come.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Arrivals a second; without it each connection sends as soon as it can.
    pub rate: Option<f64>,
    pub conns: usize,
    pub time: Duration,
    /// Whether a 429 is an answer.
    pub may_refuse: bool,
}

/// What became of them.
pub struct Tally {
    pub answered: u64,
    pub refused: u64,
    pub errors: u64,
    pub first_error: Option<String>,
    pub took: Duration,
    latency: Histogram<u64>,
}

impl Tally {
    fn new() -> Result<Self, Fault> {
        Ok(Self {
            answered: 0,
            refused: 0,
            errors: 0,
            first_error: None,
            took: Duration::ZERO,
            latency: histogram()?,
        })
    }

    pub fn latency(&self) -> Latency {
        Latency::from(&self.latency)
    }

    /// Answered requests a second.
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    /// A tally with errors is no measurement.
    pub fn sound(self) -> Result<Self, Fault> {
        match &self.first_error {
            None if self.answered > 0 => Ok(self),
            None => Err(Fault::new("not one answer")),
            Some(first) => Err(Fault::new(format!(
                "{} errors, the first: {first}",
                self.errors
            ))),
        }
    }

    fn fail(&mut self, what: impl FnOnce() -> String) {
        self.errors += 1;
        self.first_error.get_or_insert_with(what);
    }

    fn add(&mut self, other: &Self) -> Result<(), Fault> {
        self.answered += other.answered;
        self.refused += other.refused;
        self.errors += other.errors;
        if self.first_error.is_none() {
            self.first_error.clone_from(&other.first_error);
        }
        self.latency.add(&other.latency).during("add histograms")
    }
}

/// The one schedule that all connections draw from.
struct Schedule {
    next: AtomicU64,
    start: Instant,
    pace: Pace,
}

impl Schedule {
    /// When the next request is due; none when the time is over.
    fn draw(&self) -> Option<Instant> {
        let due = match self.pace.rate {
            None => Instant::now(),
            Some(rate) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                self.start + Duration::from_secs_f64(number as f64 / rate)
            }
        };
        (due < self.start + self.pace.time).then_some(due)
    }

    fn overdue(&self) -> bool {
        Instant::now() > self.start + self.pace.time + OVERTIME
    }
}

pub fn drive(port: u16, ask: &Ask, pace: Pace) -> Result<Tally, Fault> {
    let wire = ask.wire(port);
    let schedule = Schedule {
        next: AtomicU64::new(0),
        start: Instant::now(),
        pace,
    };
    let mut total = Tally::new()?;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..pace.conns)
            .map(|_| scope.spawn(|| work(&schedule, port, &wire, ask)))
            .collect();
        for worker in workers {
            let tally = worker
                .join()
                .map_err(|_| Fault::new("a thread of the load fell"))??;
            total.add(&tally)?;
        }
        Ok::<_, Fault>(())
    })?;
    total.took = schedule.start.elapsed();
    Ok(total)
}

fn work(schedule: &Schedule, port: u16, wire: &[u8], ask: &Ask) -> Result<Tally, Fault> {
    // The kernel's default of 50 us would be a part of every latency.
    nix::sys::prctl::set_timerslack(1).during("set the slack of timers")?;
    let mut conn = Conn::to(port);
    let mut tally = Tally::new()?;
    while let Some(due) = schedule.draw() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if schedule.overdue() {
            tally.fail(|| "requests that were due were never sent".to_owned());
            break;
        }
        one(
            &mut conn,
            wire,
            ask,
            schedule.pace.may_refuse,
            due,
            &mut tally,
        );
    }
    Ok(tally)
}

fn one(conn: &mut Conn, wire: &[u8], ask: &Ask, may_refuse: bool, due: Instant, tally: &mut Tally) {
    match conn.exchange(wire) {
        Ok(answer) if answer.status == ask.status && answer.body == ask.answer => {
            tally.answered += 1;
            record(&mut tally.latency, due.elapsed());
        }
        Ok(answer) if may_refuse && answer.status == REFUSED => tally.refused += 1,
        Ok(answer) => tally.fail(|| {
            format!(
                "status {} with {} bytes in place of {} with {}",
                answer.status, answer.body, ask.status, ask.answer
            )
        }),
        Err(error) => tally.fail(|| error.to_string()),
    }
}
