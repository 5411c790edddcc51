//! Chapter 19: metrics.
//! It knows how numbers mislead.
//! It refuses what other chapters are about.

use super::prelude::*;

/// Changes each line of the metrics; none: the line is left out.
fn lines(told: &mut Told, asked: &Asked, change: impl Fn(&str) -> Option<String>) {
    if asked.at("/metrics") {
        let text = told.text();
        let kept: Vec<String> = text.lines().filter_map(change).collect();
        told.set_body(kept.join("\n") + "\n");
    }
}

/// The same line with another value.
fn with_value(line: &str, change: impl Fn(f64) -> f64) -> Option<String> {
    let (series, value) = line.rsplit_once(' ')?;
    Some(format!("{series} {}", change(value.parse().ok()?)))
}

const CALLS: &str = "gateway_function_invocation_total{";
const REPLICAS: &str = "gateway_service_count{";

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "metrics/gone",
        &["PR-19.1"],
        "there are no metrics",
        when_told(|told, asked, _| {
            if asked.at("/metrics") {
                told.become_status(404);
            }
        }),
    ),
    mutant(
        "metrics/as-json",
        &["PR-19.1"],
        "the metrics say that they are JSON",
        when_told(|told, asked, _| {
            if asked.at("/metrics") {
                told.set_header("content-type", "application/json");
            }
        }),
    ),
    mutant(
        "metrics/untyped",
        &["PR-19.1"],
        "no metric tells its type",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                (!line.starts_with("# TYPE")).then(|| line.to_owned())
            });
        }),
    ),
    mutant(
        "metrics/good-requests-alone",
        &["PR-19.2"],
        "requests that fail are not counted",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                let good = !line.starts_with("provider_http_") || line.contains("code=\"2");
                good.then(|| line.to_owned())
            });
        }),
    ),
    mutant(
        "metrics/names-in-paths",
        &["PR-19.2"],
        "each function that was asked for has series of its own",
        when_told(|told, asked, memory| {
            if asked.at("/system/function/") {
                memory.set("path", asked.path());
            }
            let path = memory.get("path").unwrap_or_default();
            let path = path.as_str().unwrap_or("/system/function").to_owned();
            lines(told, asked, |line| {
                let named = format!("path=\"{path}\"");
                Some(line.replace("path=\"/system/function\"", &named))
            });
        }),
    ),
    mutant(
        "metrics/calls-twice",
        &["PR-19.3"],
        "each call is counted at its start and at its end",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                if line.starts_with(CALLS) {
                    with_value(line, |value| 2.0 * value)
                } else {
                    Some(line.to_owned())
                }
            });
        }),
    ),
    mutant(
        "metrics/calls-all-well",
        &["PR-19.3"],
        "a call that fails is counted as 200",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                if line.starts_with(CALLS) {
                    Some(line.replace("code=\"500\"", "code=\"200\""))
                } else {
                    Some(line.to_owned())
                }
            });
        }),
    ),
    mutant(
        "metrics/calls-without-namespace",
        &["PR-19.3"],
        "functions of one name in two namespaces are counted as one",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                Some(line.replace(".openfaas-fn\"", "\""))
            });
        }),
    ),
    mutant(
        "metrics/one-replica",
        &["PR-19.4"],
        "the number of replicas is always 1",
        when_told(|told, asked, _| {
            lines(told, asked, |line| {
                if line.starts_with(REPLICAS) {
                    with_value(line, |_| 1.0)
                } else {
                    Some(line.to_owned())
                }
            });
        }),
    ),
    mutant(
        "metrics/telemetry-open",
        &["PR-19.5"],
        "telemetry is told to whoever asks",
        when_asked(|asked, _| {
            if asked.at("/system/telemetry") {
                asked.answer(200, "{}");
            }
        }),
    ),
];
