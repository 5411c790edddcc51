//! The text and the port it is served on.
//! It knows the format and the settings of the port.
//! It refuses what a figure means.

use std::collections::HashSet;
use std::net::TcpListener;

use super::{DURATION, GAUGE, TOTAL, echo};
use crate::watchdog::prelude::*;
use crate::watchdog::profile::MetricsPort;

pub const CASES: &[Case] = &[
    Case::must(
        "metrics/histogram",
        "WD-12.3",
        "durations have the default buckets, labelled as Go labels them",
    )
    .modes(FUNCTION)
    .run(histogram),
    Case::must(
        "metrics/histogram-adds-up",
        "WD-12.3",
        "buckets grow, the last one is the count, the sum fits",
    )
    .run(histogram_adds_up),
    Case::must(
        "metrics/types",
        "WD-12.5",
        "names, types and labels of the three families",
    )
    .modes(&Mode::ALL)
    .run(types),
    Case::must(
        "metrics/exposition",
        "WD-12.5",
        "every family has HELP and TYPE once, and no sample stands twice",
    )
    .run(exposition),
    Case::must(
        "metrics/content-type",
        "WD-12.5",
        "the type of the answer names the format",
    )
    .run(content_type),
    Case::must(
        "metrics/only-path",
        "WD-12.6",
        "other paths of the metrics port are 404",
    )
    .run(only_path),
    Case::must(
        "metrics/default-port",
        "WD-12.7",
        "8081 where metrics_port is unset",
    )
    .exclusive()
    .run(default_port),
    Case::must(
        "metrics/port-chosen",
        "WD-12.7",
        "metrics_port chooses the port",
    )
    .feature("metrics-port")
    .bugs(&["BUG-28"])
    .run(port_chosen),
    Case::must(
        "metrics/port-off",
        "WD-12.7",
        "metrics_port=0 serves no metrics",
    )
    .feature("metrics-port")
    .run(port_off),
    Case::must(
        "metrics/port-same",
        "WD-12.7",
        "metrics_port equal to port is told before anything starts",
    )
    .feature("metrics-port")
    .bugs(&["BUG-28"])
    .run(port_same),
    Case::must(
        "metrics/port-busy",
        "WD-12.7",
        "a busy metrics port ends the start in plain words",
    )
    .feature("metrics-port")
    .bugs(&["BUG-28"])
    .run(port_busy),
    Case::must(
        "metrics/while-hanging",
        "WD-12.17",
        "twenty hanging requests do not keep metrics from being read",
    )
    .modes(FUNCTION)
    .run(while_hanging),
    Case::must(
        "metrics/while-draining",
        "WD-12.17",
        "metrics are read while the watchdog drains",
    )
    .run(while_draining),
    Case::should(
        "metrics/process",
        "WD-12.15",
        "descriptors, memory, CPU time and start time of the process",
    )
    .run(process),
];

fn histogram(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    w.get("/")?;
    w.wait_metric(&format!("{DURATION}_count"), &[("code", "200")], 1.0, 3.0)?;
    let metrics = w.metrics()?;
    let bounds: Vec<&str> = metrics
        .samples
        .iter()
        .filter(|sample| sample.name == format!("{DURATION}_bucket"))
        .filter_map(|sample| sample.labels.get("le").map(String::as_str))
        .collect();
    let want = [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
    ];
    check_eq!(bounds, want, "values of le");
    Ok(())
}

fn histogram_adds_up(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for _ in 0..3 {
        w.get("/")?;
    }
    w.wait_metric(&format!("{DURATION}_count"), &[], 3.0, 3.0)?;
    let metrics = w.metrics()?;
    let buckets: Vec<f64> = metrics
        .samples
        .iter()
        .filter(|sample| sample.name == format!("{DURATION}_bucket"))
        .map(|sample| sample.value)
        .collect();
    check!(
        buckets.is_sorted(),
        "the buckets are not cumulative: {buckets:?}"
    );
    let last = buckets.last().map(f64::to_string);
    check_eq!(last.as_deref(), Some("3"), "the bucket +Inf");
    let sum = metrics.sum(&format!("{DURATION}_sum"), &[]);
    check!(sum > 0.0 && sum < 30.0, "three durations come to {sum}");
    Ok(())
}

fn types(rig: &mut Rig) -> Outcome {
    rig.write("public/a", "a")?;
    let w = echo(rig).start()?;
    w.get("/a")?;
    w.wait_metric(TOTAL, &[], 1.0, 3.0)?;
    let metrics = w.metrics()?;
    for (name, kind) in [
        (TOTAL, "counter"),
        (DURATION, "histogram"),
        (GAUGE, "gauge"),
    ] {
        check_eq!(
            metrics.types.get(name).map(String::as_str),
            Some(kind),
            "type of {name}"
        );
        check!(
            metrics.help.get(name).is_some_and(|help| !help.is_empty()),
            "{name} has no help"
        );
    }
    for sample in metrics.samples.iter().filter(|sample| sample.name == TOTAL) {
        let labels: Vec<&str> = sample.labels.keys().map(String::as_str).collect();
        check_eq!(labels, ["code", "method"], "labels of {TOTAL}");
    }
    Ok(())
}

fn exposition(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    w.post("/", "x")?;
    w.wait_metric(TOTAL, &[], 1.0, 3.0)?;
    let text = w.metrics_text()?;
    check!(text.ends_with('\n'), "the last line has no end");
    let (mut families, mut series) = (HashSet::new(), HashSet::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().unwrap_or_default();
            check!(families.insert(name), "{name} is declared twice");
        } else if !line.starts_with('#') {
            let key = line.rsplit_once(' ').map_or(line, |(key, _)| key);
            check!(series.insert(key), "{key} stands twice");
            let name = key.split('{').next().unwrap_or_default();
            let declared = ["", "_bucket", "_sum", "_count"].iter().any(|suffix| {
                name.strip_suffix(suffix)
                    .is_some_and(|family| families.contains(family))
            });
            check!(declared, "{name} has no TYPE before it");
        }
    }
    Ok(())
}

fn content_type(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let r = w.metrics_response()?;
    let kind = r.header("content-type").unwrap_or_default();
    check!(
        kind.starts_with("text/plain; version=0.0.4; charset=utf-8"),
        "Content-Type {kind:?}"
    );
    check!(
        !r.headers.has("content-encoding"),
        "compressed for a client that did not ask"
    );
    Ok(())
}

fn only_path(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    for target in ["/", "/metrics/", "/_/health", "/debug/pprof/"] {
        let r = rig
            .connect(w.metrics_port())?
            .exchange(&Request::get(target))?;
        check_eq!(r.status, 404, "status of {target}");
    }
    let r = rig
        .connect(w.metrics_port())?
        .exchange(&Request::get("/metrics?debug=1"))?;
    check_eq!(r.status, 200, "status of /metrics with a query");
    Ok(())
}

fn default_port(rig: &mut Rig) -> Outcome {
    let _turn = match rig.profile().metrics {
        MetricsPort::Chosen => Some(rig.turn(8081)?),
        MetricsPort::Fixed(_) => None,
    };
    if TcpListener::bind(("0.0.0.0", 8081)).is_err() {
        return rig.not_applicable("8081 is taken on this machine");
    }
    let _w = echo(rig).unset("metrics_port").start()?;
    let mut wire = rig.poll(10.0, "something on 8081", || rig.connect(8081).ok())?;
    let r = wire.exchange(&Request::get("/metrics"))?;
    check!(
        r.status == 200 && r.text().contains(GAUGE),
        "8081 answers {} {}",
        r.status,
        r.text()
    );
    Ok(())
}

fn port_chosen(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let w = echo(rig).env("metrics_port", &port.to_string()).start()?;
    check_eq!(w.metrics_port(), port, "port asked");
    w.wait_log(&format!("Metrics listening on port: {port}"), 5.0)?;
    check!(w.metrics()?.has(GAUGE), "no gauge");
    Ok(())
}

fn port_off(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("metrics_port", "0").stops_at_once().start()?;
    check_eq!(w.post("/", "x")?.text(), "x", "answer of the function");
    check!(rig.connect(w.metrics_port()).is_err(), "something answers");
    // What it does not say is known once it has ended.
    w.signal(Signal::SIGTERM)?;
    check!(
        !w.wait_exit(10.0)?.stderr.contains("Metrics listening"),
        "it says that it serves metrics"
    );
    Ok(())
}

fn port_same(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?.to_string();
    let exit = echo(rig)
        .env("port", &port)
        .env("metrics_port", &port)
        .run_to_exit(10.0)?;
    check_eq!(exit.code, Some(64), "exit code");
    check!(
        exit.stderr.contains("metrics_port"),
        "said {:?}",
        exit.stderr
    );
    Ok(())
}

fn port_busy(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let _taken = TcpListener::bind(("0.0.0.0", port))?;
    let exit = echo(rig)
        .env("metrics_port", &port.to_string())
        .run_to_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("metrics_port"),
        "said {:?}",
        exit.stderr
    );
    check!(!exit.stderr.contains("panic"), "a panic: {:?}", exit.stderr);
    check!(!rig.file("tmp/.lock").exists(), "a lock file claims health");
    Ok(())
}

fn while_hanging(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("hang", &[])).start()?;
    let mut wires = Vec::new();
    for _ in 0..20 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/never"))?;
        wires.push(wire);
    }
    w.wait_metric(GAUGE, &[], 20.0, 10.0)
}

fn while_draining(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("healthcheck_interval", "20s").start()?;
    w.signal(Signal::SIGTERM)?;
    w.wait_status("/_/health", 503, 10.0)?;
    check_eq!(
        w.metrics_response()?.status,
        200,
        "status of /metrics while draining"
    );
    Ok(())
}

fn process(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let metrics = w.metrics()?;
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ] {
        check!(metrics.has(name), "no {name}");
    }
    let (told, real) = (metrics.sum("process_resident_memory_bytes", &[]), w.rss());
    check!(
        told > 500_000.0 && told < 1e9,
        "{told} bytes resident, by /proc {real}"
    );
    check!(
        (4.0..1e6).contains(&metrics.sum("process_open_fds", &[])),
        "hardly any descriptors"
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let age = now.as_secs_f64() - metrics.sum("process_start_time_seconds", &[]);
    check!(age > -2.0 && age < 60.0, "started {age} seconds ago");
    Ok(())
}
