//! Metrics.
//! It knows counters and their labels.
//! It refuses to ask for a scrape interval.

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 19,
    name: "metrics",
    title: "Metrics",
    intro: "What happened can be counted from outside.",
    clauses: CLAUSES,
    cases: &[CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::should(
        "PR-19.1",
        "A provider has metrics in the text format of Prometheus at `/metrics`.",
    ),
    Clause::should(
        "PR-19.2",
        "`provider_http_requests_total` counts requests by code, method and path; no path has the name of a function.",
    ),
    Clause::should(
        "PR-19.3",
        "`gateway_function_invocation_total` counts the calls of each function by their code.",
    ),
    Clause::should(
        "PR-19.4",
        "`gateway_service_count` is the number of replicas of each function.",
    ),
    Clause::may(
        "PR-19.5",
        "`/system/telemetry` is not there, or asks for credentials.",
    ),
];

const CASES: &[Case] = &[
    Case::should(
        "metrics/text",
        "PR-19.1",
        "the metrics of a provider are text that Prometheus reads",
    )
    .rows(&["MET-01"])
    .profiles(PROVIDER)
    .why("A line that cannot be read costs Prometheus the whole answer.")
    .source("SDK serve.go")
    .run(text),
    Case::should(
        "metrics/requests",
        "PR-19.2",
        "requests are counted by code, method and path",
    )
    .rows(&["MET-02"])
    .profiles(PROVIDER)
    .why("Who runs a provider sees by it that calls fail.")
    .source("SDK metrics.go")
    .run(requests),
    Case::should(
        "metrics/paths",
        "PR-19.2",
        "no path has the name of a function",
    )
    .rows(&["MET-03"])
    .profiles(PROVIDER)
    .why("A series for each name that anybody ever asked for fills the memory of Prometheus.")
    .source("SDK metrics.go")
    .run(paths),
    Case::should(
        "metrics/invocations",
        "PR-19.3",
        "each call of a function is counted, once",
    )
    .rows(&["MET-04"])
    .profiles(GATEWAY)
    .why("Scaling and bills go by this number.")
    .source("gateway metrics")
    .run(invocations),
    Case::should(
        "metrics/failures",
        "PR-19.3",
        "a call that fails is counted under its code",
    )
    .rows(&["MET-05"])
    .profiles(GATEWAY)
    .why("A failing function that counts as a success alarms nobody.")
    .source("gateway metrics")
    .run(failures),
    Case::should(
        "metrics/replicas",
        "PR-19.4",
        "the number of replicas follows the scaling",
    )
    .rows(&["MET-06"])
    .profiles(GATEWAY)
    .why("Graphs of the load are divided by it.")
    .source("gateway metrics")
    .run(replicas),
    Case::may(
        "metrics/telemetry",
        "PR-19.5",
        "telemetry is not there, or asks for credentials",
    )
    .rows(&["MET-07"])
    .why("What a provider tells of its functions is not for everybody.")
    .source("SDK serve.go")
    .run(telemetry),
];

const PROVIDER: &[Profile] = &[Profile::Metrics, Profile::Provider];
const GATEWAY: &[Profile] = &[Profile::Metrics, Profile::Gateway];

fn scrape(rig: &Rig) -> Result<Metrics, Failure> {
    Metrics::parse(&rig.metrics()?.is(200)?.text())
}

fn text(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().anonymous().get("/metrics")?.is(200)?;
    let kind = answer.header("content-type").unwrap_or_default();
    let known = kind.starts_with("text/plain") || kind.starts_with("application/openmetrics-text");
    check!(known, "Content-Type is {kind:?}, expected text/plain");
    let metrics = Metrics::parse(&answer.text())?;
    check!(!metrics.samples.is_empty(), "there are no samples");
    check!(!metrics.types.is_empty(), "no metric tells its type");
    Ok(())
}

/// Requests of that kind so far; methods are told in either case of letters.
fn requests_so_far(rig: &Rig, code: &str, method: &str, path: &str) -> Result<f64, Failure> {
    let metrics = scrape(rig)?;
    let counts = metrics.samples.iter().filter(|sample| {
        let label = |name: &str| {
            sample
                .labels
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
        };
        sample.name == "provider_http_requests_total"
            && label("code") == code
            && label("method").eq_ignore_ascii_case(method)
            && label("path") == path
    });
    Ok(counts.map(|sample| sample.value).sum())
}

fn requests(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let missing = rig.name();
    let path = "/system/functions";
    let good = requests_so_far(rig, "200", "GET", path)?;
    let bad = requests_so_far(rig, "404", "GET", "/system/function")?;
    for _ in 0..3 {
        provider.list()?.is(200)?;
        provider.describe(&missing)?.is(404)?;
    }
    rig.settles("three more requests of two kinds", || {
        let now = requests_so_far(rig, "200", "GET", path)?;
        check!(
            now >= good + 3.0,
            "lists: {now} after {good}, expected 3 more"
        );
        let now = requests_so_far(rig, "404", "GET", "/system/function")?;
        check!(
            now >= bad + 3.0,
            "missing functions: {now} after {bad}, expected 3 more"
        );
        Ok(())
    })
}

fn paths(rig: &mut Rig) -> Outcome {
    let (f, missing) = (rig.probe()?, rig.name());
    let provider = rig.provider();
    provider.describe(&f)?.is(200)?;
    provider.describe(&missing)?.is(404)?;
    provider.scale(&f, 1)?.is_accepted()?;
    f.get("/below/it")?.is(200)?;
    let metrics = scrape(rig)?;
    check!(
        metrics.has("provider_http_requests_total"),
        "provider_http_requests_total is not there"
    );
    for sample in &metrics.samples {
        let path = sample.labels.get("path").map(String::as_str);
        let path = path.unwrap_or_default();
        let named = path.contains(&f.name) || path.contains(&missing);
        check!(!named, "{} has the path {path}", sample.name);
    }
    Ok(())
}

/// Calls of the function with that code so far.
fn calls_so_far(rig: &Rig, f: &Function, code: &str) -> Result<f64, Failure> {
    let full = format!("{}.{DEFAULT_NAMESPACE}", f.name);
    let labels = [("function_name", full.as_str()), ("code", code)];
    Ok(scrape(rig)?.sum("gateway_function_invocation_total", &labels))
}

/// So many calls more are counted, and no others.
fn counts(rig: &Rig, f: &Function, code: &str, before: f64, more: f64) -> Outcome {
    let as_many = || {
        let now = calls_so_far(rig, f, code)?;
        let right = (now - before - more).abs() < 0.5;
        check!(
            right,
            "calls with {code}: {now} after {before}, expected {more} more"
        );
        Ok(())
    };
    rig.settles("the calls in the metrics", as_many)?;
    rig.stays(0.3, as_many)
}

fn invocations(rig: &mut Rig) -> Outcome {
    let (f, other) = (rig.probe()?, rig.probe()?);
    let before = calls_so_far(rig, &f, "200")?;
    let others = calls_so_far(rig, &other, "200")?;
    for _ in 0..5 {
        f.get("/instance")?.is(200)?;
    }
    counts(rig, &f, "200", before, 5.0)?;
    counts(rig, &other, "200", others, 0.0)
}

fn failures(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let before = calls_so_far(rig, &f, "200")?;
    for (code, times) in [(500, 2.0), (404, 1.0)] {
        let so_far = calls_so_far(rig, &f, &code.to_string())?;
        let target = format!("/status/{code}");
        f.get(&target)?.is(code)?;
        if times > 1.0 {
            f.get(&target)?.is(code)?;
        }
        counts(rig, &f, &code.to_string(), so_far, times)?;
    }
    counts(rig, &f, "200", before, 0.0)
}

fn replicas(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    is_counted(rig, &f, 1.0)?;
    if rig.claims(Profile::Scale) {
        rig.provider().scale(&f, 2)?.is_accepted()?;
        rig.replicas(&f, 2)?;
        is_counted(rig, &f, 2.0)?;
        rig.provider().scale(&f, 1)?.is_accepted()?;
        is_counted(rig, &f, 1.0)?;
    }
    Ok(())
}

fn is_counted(rig: &Rig, f: &Function, want: f64) -> Outcome {
    let full = format!("{}.{DEFAULT_NAMESPACE}", f.name);
    rig.settles("the replicas in the metrics", || {
        let labels = [("function_name", full.as_str())];
        let count = scrape(rig)?.sum("gateway_service_count", &labels);
        let right = (count - want).abs() < 0.5;
        check!(right, "gateway_service_count is {count}, expected {want}");
        Ok(())
    })
}

fn telemetry(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let answer = provider.get("/system/telemetry")?.is_one_of(&[200, 404])?;
    rig.note(&format!("/system/telemetry is {}", answer.status));
    if answer.status == 200 && rig.claims(Profile::Auth) {
        provider.anonymous().get("/system/telemetry")?.is(401)?;
    }
    Ok(())
}
