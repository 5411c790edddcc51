//! What is counted, and its text for Prometheus.
//! It knows the families of a provider and of a gateway.
//! It refuses names of functions in the families of the provider.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::function::Function;

/// The upper bounds of the buckets, in seconds.
const BOUNDS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

#[derive(Clone, Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    sum: f64,
    count: u64,
}

impl Histogram {
    fn observe(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.sum += seconds;
        self.count += 1;
    }

    fn write(&self, out: &mut String, name: &str, labels: &str) {
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {bucket}");
        }
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}", self.sum);
        let _ = writeln!(out, "{name}_count{{{labels}}} {}", self.count);
    }
}

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<String, Histogram>,
    started: BTreeMap<String, u64>,
    invocations: BTreeMap<String, Histogram>,
}

#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counts>);

impl Metrics {
    fn change(&self, act: impl FnOnce(&mut Counts)) {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn request(&self, code: u16, method: &str, path: &str, took: Duration) {
        let labels = format!("code=\"{code}\",method=\"{method}\",path=\"{path}\"");
        self.change(|counts| {
            counts
                .requests
                .entry(labels)
                .or_default()
                .observe(took.as_secs_f64());
        });
    }

    /// `name` is NAME.NAMESPACE of a function that exists.
    pub fn started(&self, name: &str) {
        let labels = format!("function_name=\"{name}\"");
        self.change(|counts| *counts.started.entry(labels).or_default() += 1);
    }

    pub fn invoked(&self, name: &str, code: u16, took: Duration) {
        let labels = format!("code=\"{code}\",function_name=\"{name}\"");
        self.change(|counts| {
            counts
                .invocations
                .entry(labels)
                .or_default()
                .observe(took.as_secs_f64());
        });
    }

    pub fn text<'a>(&self, gateway: bool, functions: impl Iterator<Item = &'a Function>) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        histogram(
            &mut out,
            "provider_http_requests_total",
            "provider_http_request_duration_seconds",
            &counts.requests,
        );
        if !gateway {
            return out;
        }
        histogram(
            &mut out,
            "gateway_function_invocation_total",
            "gateway_functions_seconds",
            &counts.invocations,
        );
        head(&mut out, "gateway_function_invocation_started", "counter");
        for (labels, count) in &counts.started {
            let _ = writeln!(
                out,
                "gateway_function_invocation_started{{{labels}}} {count}"
            );
        }
        head(&mut out, "gateway_service_count", "gauge");
        for function in functions {
            let (name, count) = (full_name(function), function.wanted().replicas);
            let _ = writeln!(
                out,
                "gateway_service_count{{function_name=\"{name}\"}} {count}"
            );
        }
        out
    }
}

pub fn full_name(function: &Function) -> String {
    format!("{}.{}", function.name, function.namespace)
}

fn head(out: &mut String, name: &str, kind: &str) {
    let _ = writeln!(out, "# TYPE {name} {kind}");
}

/// A counter and a histogram over the same labels.
fn histogram(out: &mut String, total: &str, seconds: &str, all: &BTreeMap<String, Histogram>) {
    head(out, total, "counter");
    for (labels, one) in all {
        let _ = writeln!(out, "{total}{{{labels}}} {}", one.count);
    }
    head(out, seconds, "histogram");
    for (labels, one) in all {
        one.write(out, seconds, labels);
    }
}
