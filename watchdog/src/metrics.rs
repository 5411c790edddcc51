//! What is counted, and its text.
//!
//! Owns the metric families; names, labels and buckets of the first three are those of both existing watchdogs. May know final figures only. Refuses to
//! be read by any logic.

use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::mode::fork::Level;

const BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    code: u16,
    method: Verb,
}

/// A closed set, so that a client cannot grow our memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the label values are lower case")]
enum Verb {
    get,
    put,
    head,
    post,
    delete,
    connect,
    options,
    notify,
    trace,
    patch,
    unknown,
}

impl Verb {
    fn of(method: &Method) -> Self {
        match method.as_str() {
            "GET" | "get" => Self::get,
            "PUT" | "put" => Self::put,
            "HEAD" | "head" => Self::head,
            "POST" | "post" => Self::post,
            "DELETE" | "delete" => Self::delete,
            "CONNECT" | "connect" => Self::connect,
            "OPTIONS" | "options" => Self::options,
            "NOTIFY" | "notify" => Self::notify,
            "TRACE" | "trace" => Self::trace,
            "PATCH" | "patch" => Self::patch,
            _ => Self::unknown,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Setting {
    setting: &'static str,
}

/// What requests with the same labels are counted in.
#[derive(Debug)]
struct Series {
    requests: Counter,
    durations: Histogram,
}

/// Figures that live elsewhere and are read when the text is made.
#[derive(Debug, Default, Clone, Copy)]
pub struct Levels {
    pub in_flight: usize,
    pub waiting: usize,
    pub max_inflight: usize,
    pub max_queue: usize,
    pub orphans: u64,
    /// Processes started ahead; all zero where there is no pool.
    pub pool: Level,
    pub ready: bool,
}

/// One request's final figures.
#[derive(Debug)]
pub struct Record<'a> {
    pub method: &'a Method,
    pub status: StatusCode,
    pub duration: Duration,
    /// To the head of the function's answer, where it gave one.
    pub first_byte: Option<Duration>,
    pub received: u64,
    pub sent: u64,
    /// The setting that cut the request short.
    pub timeout: Option<&'static str>,
}

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    /// Those of code 200 by [`Verb`], which nearly all requests are counted in: looked up once.
    usual: [OnceLock<Series>; Verb::unknown as usize + 1],
    first_byte: Histogram,
    rejected: Counter,
    timeouts: Family<Setting, Counter>,
    received: Counter,
    sent: Counter,
    in_flight: Gauge,
    waiting: Gauge,
    max_inflight: Gauge,
    max_queue: Gauge,
    ready: Gauge,
    orphans: Counter,
    pool: Pool,
    process: Process,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Gauge,
    started: Counter,
    missed: Counter,
}

#[derive(Debug, Default)]
struct Process {
    cpu: Counter<f64, AtomicU64>,
    resident: Gauge,
    open_fds: Gauge,
    start: Gauge<f64, AtomicU64>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            usual: Default::default(),
            durations: Family::new_with_constructor(histogram as fn() -> Histogram),
            first_byte: histogram(),
            rejected: Counter::default(),
            timeouts: Family::default(),
            received: Counter::default(),
            sent: Counter::default(),
            in_flight: Gauge::default(),
            waiting: Gauge::default(),
            max_inflight: Gauge::default(),
            max_queue: Gauge::default(),
            ready: Gauge::default(),
            orphans: Counter::default(),
            pool: Pool::default(),
            process: Process::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        self.register_requests();
        self.register_own();
        self.register_pool();
        self.register_process();
    }

    /// The names both existing watchdogs have.
    fn register_requests(&mut self) {
        let r = &mut self.registry;
        let name = "http_requests";
        r.register(name, "total HTTP requests processed", self.requests.clone());
        let name = "http_request_duration_seconds";
        r.register(
            name,
            "Seconds spent serving HTTP requests",
            self.durations.clone(),
        );
        let name = "http_requests_in_flight";
        r.register(
            name,
            "total HTTP requests in-flight",
            self.in_flight.clone(),
        );
    }

    fn register_own(&mut self) {
        let r = self.registry.sub_registry_with_prefix("fwatchdog");
        let help = "Seconds until the function's answer began";
        r.register("time_to_first_byte_seconds", help, self.first_byte.clone());
        let help = "Limit of concurrent requests, 0 for none";
        r.register("max_inflight", help, self.max_inflight.clone());
        let help = "Limit of requests that wait for a slot";
        r.register("max_queue", help, self.max_queue.clone());
        r.register(
            "queue_length",
            "Requests that wait for a slot",
            self.waiting.clone(),
        );
        r.register(
            "rejected",
            "Requests turned away with 429",
            self.rejected.clone(),
        );
        let help = "Requests cut short, by the setting that did it";
        r.register("timeouts", help, self.timeouts.clone());
        r.register(
            "request_bytes",
            "Bytes of request bodies received",
            self.received.clone(),
        );
        r.register(
            "response_bytes",
            "Bytes of response bodies sent",
            self.sent.clone(),
        );
        r.register(
            "reaped_orphans",
            "Orphaned processes reaped",
            self.orphans.clone(),
        );
        r.register(
            "ready",
            "1 while a request would be answered",
            self.ready.clone(),
        );
    }

    fn register_pool(&mut self) {
        let p = &self.pool;
        let r = self.registry.sub_registry_with_prefix("fwatchdog_pool");
        let help = "Processes started ahead that wait for a request";
        r.register("idle", help, p.idle.clone());
        let help = "Processes started ahead of requests";
        r.register("started", help, p.started.clone());
        let help = "Requests that found no process started ahead";
        r.register("missed", help, p.missed.clone());
    }

    fn register_process(&mut self) {
        let p = &self.process;
        let r = self.registry.sub_registry_with_prefix("process");
        let help = "Total user and system CPU time spent in seconds";
        r.register("cpu_seconds", help, p.cpu.clone());
        r.register(
            "resident_memory_bytes",
            "Resident memory size in bytes",
            p.resident.clone(),
        );
        r.register(
            "open_fds",
            "Number of open file descriptors",
            p.open_fds.clone(),
        );
        let help = "Start time of the process since unix epoch in seconds";
        r.register("start_time_seconds", help, p.start.clone());
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        self.process.start.set(now.as_secs_f64());
    }

    /// Called once per request, when it is over.
    pub fn record(&self, record: &Record<'_>) {
        let labels = Labels {
            code: record.status.as_u16(),
            method: Verb::of(record.method),
        };
        let usual = self.usual.get(labels.method as usize);
        let usual = usual.filter(|_| record.status == StatusCode::OK);
        let unusual = OnceLock::new();
        let series = usual.unwrap_or(&unusual).get_or_init(|| Series {
            requests: self.requests.get_or_create(&labels).clone(),
            durations: self.durations.get_or_create(&labels).clone(),
        });
        series.durations.observe(record.duration.as_secs_f64());
        series.requests.inc();
        self.received.inc_by(record.received);
        self.sent.inc_by(record.sent);
        if let Some(first_byte) = record.first_byte {
            self.first_byte.observe(first_byte.as_secs_f64());
        }
        if record.status == StatusCode::TOO_MANY_REQUESTS && record.first_byte.is_none() {
            self.rejected.inc();
        }
        if let Some(setting) = record.timeout {
            self.timeouts.get_or_create(&Setting { setting }).inc();
        }
    }

    /// The exposition text; `open_metrics` in that format, else in Prometheus's own (0.0.4).
    pub fn text(&self, levels: Levels, open_metrics: bool) -> String {
        self.in_flight.set(gauge(levels.in_flight));
        self.waiting.set(gauge(levels.waiting));
        self.max_inflight.set(gauge(levels.max_inflight));
        self.max_queue.set(gauge(levels.max_queue));
        self.ready.set(i64::from(levels.ready));
        self.pool.idle.set(gauge(levels.pool.idle));
        set(&self.orphans, levels.orphans);
        set(&self.pool.started, levels.pool.started);
        set(&self.pool.missed, levels.pool.missed);
        self.process.read();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        if open_metrics { text } else { plain(&text) }
    }
}

/// Counted elsewhere.
fn set(counter: &Counter, count: u64) {
    counter
        .inner()
        .store(count, std::sync::atomic::Ordering::Relaxed);
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Prometheus's own format differs in what it calls a counter's family, and has no end mark.
fn plain(open_metrics: &str) -> String {
    let mut out = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if line == "# EOF" {
            continue;
        }
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|r| r.split_once(' '))
        {
            let suffix = if kind == "counter" { "_total" } else { "" };
            let text = help.take().map_or("", |(_, text)| text);
            let _ = writeln!(
                out,
                "# HELP {name}{suffix} {text}\n# TYPE {name}{suffix} {kind}"
            );
        } else {
            // Go writes whole numbers without a fraction, and dashboards match these labels.
            out.push_str(&line.replacen(".0\"", "\"", 1));
            out.push('\n');
        }
    }
    out
}

impl Process {
    /// Where `/proc` is not mounted the last figures stay.
    fn read(&self) {
        if let Some((ticks, pages)) = fs::read_to_string("/proc/self/stat")
            .ok()
            .as_deref()
            .and_then(stat)
        {
            // USER_HZ is 100 and a page 4 KiB wherever static Linux binaries of ours run, but for ppc64le's 64 KiB pages, which VmRSS below settles.
            self.cpu.inner().store(
                (ticks / 100.0).to_bits(),
                std::sync::atomic::Ordering::Relaxed,
            );
            self.resident.set(resident().unwrap_or(pages * 4096));
        }
        if let Ok(dir) = fs::read_dir("/proc/self/fd") {
            self.open_fds.set(gauge(dir.count()));
        }
    }
}

/// CPU ticks and resident pages from `/proc/self/stat`, whose second field may hold spaces.
fn stat(text: &str) -> Option<(f64, i64)> {
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    let pages = fields.nth(8)?.parse().ok()?;
    Some((user + system, pages))
}

fn resident() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_names_are_as_they_were() {
        let metrics = Metrics::new();
        metrics.record(&Record {
            method: &Method::POST,
            status: StatusCode::OK,
            duration: Duration::from_millis(20),
            first_byte: None,
            received: 3,
            sent: 4,
            timeout: None,
        });
        let text = metrics.text(
            Levels {
                in_flight: 2,
                ..Levels::default()
            },
            false,
        );
        for line in [
            "# TYPE http_requests_total counter",
            "http_requests_total{code=\"200\",method=\"post\"} 1",
            "http_request_duration_seconds_bucket{le=\"0.025\",code=\"200\",method=\"post\"} 1",
            "http_request_duration_seconds_bucket{le=\"1\",code=\"200\",method=\"post\"} 1",
            "http_requests_in_flight 2",
            "fwatchdog_request_bytes_total 3",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("# EOF"));
    }

    #[test]
    fn stat_survives_a_name_with_spaces() {
        let text = "1 (a b) c) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20 0 1 0 5 1000 25 99";
        assert_eq!(stat(text), Some((100.0, 25)));
    }
}
