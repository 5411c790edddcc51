//! The cases about `/_/ready`, and about asking the function with `ready_path`.
//! It knows how readiness differs from health.
//! It refuses how long the first requests wait for a slow child, which is chapter 6.

use super::{busy, plain};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must("health/ready", "WD-9.3", "a started watchdog is ready")
        .modes(&Mode::ALL)
        .feature("ready")
        .run(ready),
    Case::must(
        "health/ready-methods",
        "WD-9.3",
        "every other method, HEAD too, is 405 with an empty body",
    )
    .modes(&[Streaming, Http])
    .feature("ready")
    .run(methods),
    Case::must(
        "health/ready-lock-removed",
        "WD-9.3",
        "an unhealthy watchdog is not ready",
    )
    .modes(&Mode::ALL)
    .feature("ready")
    .run(lock_removed),
    Case::must(
        "health/ready-waits-for-upstream",
        "WD-9.5",
        "ready is 503 before the child listens and 200 after",
    )
    .modes(&[Http])
    .feature("ready")
    .bugs(&["BUG-42"])
    .run(waits_for_upstream),
    Case::must(
        "health/ready-busy",
        "WD-9.14",
        "429 while no slot is free, 200 after",
    )
    .modes(FUNCTION)
    .feature("ready")
    .run(ready_busy),
    Case::must(
        "health/ready-path-200",
        "WD-9.11",
        "a function that says yes makes the watchdog ready",
    )
    .modes(FUNCTION)
    .feature("ready")
    .run(path_200),
    Case::must(
        "health/ready-path-fails",
        "WD-9.11",
        "a function that says no makes the watchdog unready",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-18"])
    .run(path_fails),
    Case::must(
        "health/ready-path-status",
        "WD-9.11",
        "the status of the function's own server is passed on",
    )
    .modes(&[Http])
    .feature("ready")
    .run(path_status),
    Case::must(
        "health/ready-path-files",
        "WD-9.11",
        "in static mode the file decides",
    )
    .modes(&[Static])
    .feature("ready")
    .run(path_files),
    Case::must(
        "health/ready-path-query",
        "WD-9.11",
        "a query in `ready_path` is part of it",
    )
    .modes(&[Http])
    .feature("ready")
    .run(path_query),
    Case::must(
        "health/ready-path-buffered",
        "WD-9.11",
        "`buffer_http` does not break the question",
    )
    .modes(&[Http])
    .feature("ready")
    .bugs(&["BUG-19"])
    .run(path_buffered),
    Case::must(
        "health/ready-path-private",
        "WD-9.12",
        "no header, query or body of the prober reaches the function",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-25"])
    .run(path_private),
    Case::must(
        "health/ready-path-silent",
        "WD-9.12",
        "neither body nor headers of the function come back",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-25"])
    .run(path_silent),
    Case::should(
        "health/ready-path-pace",
        "WD-9.13",
        "thirty quick probes lead to a handful of questions",
    )
    .modes(FUNCTION)
    .feature("ready")
    .bugs(&["BUG-25"])
    .run(path_pace),
    Case::must(
        "health/ready-path-recovers",
        "WD-9.11",
        "a function that recovers is soon ready again",
    )
    .modes(&[Serializing, Http])
    .feature("ready")
    .run(path_recovers),
    Case::must(
        "health/ready-path-uncounted",
        "WD-9.9",
        "the questions are neither counted nor logged as requests",
    )
    .modes(FUNCTION)
    .feature("ready")
    .run(path_uncounted),
];

fn ready(rig: &mut Rig) -> Outcome {
    let w = up(rig, plain(rig))?;
    let r = w.get("/_/ready")?;
    check_eq!((r.status, r.body.len()), (200, 0), "answer");
    check_eq!(w.post("/_/ready", "")?.status, 405, "status of a POST");
    if rig.mode() != Http {
        check_eq!(rig.evidence("started"), "", "functions started by a probe");
    }
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    for method in ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let r = w.request(Request::new(method, "/_/ready"))?;
        check_eq!((r.status, r.body.len()), (405, 0), "answer to {method}");
    }
    Ok(())
}

fn lock_removed(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    std::fs::remove_file(rig.file("tmp/.lock"))?;
    w.wait_status("/_/ready", 503, 3.0)
}

fn waits_for_upstream(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--listen-after", "1500ms"]);
    let w = rig.watchdog().fprocess(&fixture).spawn()?;
    w.wait_listening(10.0)?;
    let early = w.get("/_/ready")?.status;
    check!(
        rig.evidence("server.listening").is_empty(),
        "the machine is too slow to judge this"
    );
    check_eq!(early, 503, "ready before the child listens");
    w.wait_status("/_/ready", 200, 10.0)?;
    check_eq!(w.get("/")?.text(), "hello", "the first answer");
    Ok(())
}

fn ready_busy(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = busy(rig)?;
    let r = w.get("/_/ready")?;
    check_eq!((r.status, r.body.len()), (429, 0), "answer while busy");
    rig.write("go", "")?;
    check_eq!(wire.read_response()?.text(), "done", "the answer in flight");
    w.wait_status("/_/ready", 200, 5.0)
}

/// Starts it and, in http mode, has a request answered: from then on it is known to be up.
fn up(rig: &Rig, setup: Setup) -> Result<Watchdog, Failure> {
    let w = setup.start()?;
    if rig.mode() == Http {
        check_eq!(w.get("/first")?.status, 200, "the first request");
    }
    Ok(w)
}

/// A function that leaves evidence of each question, with `ready_path` set to it.
fn asked(rig: &Rig) -> Setup {
    let setup = rig.function(&rig.fixture("witness", &[]));
    setup.env("ready_path", "/witness")
}

fn path_200(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig))?;
    check_eq!(w.get("/_/ready")?.status, 200, "status");
    let seen = rig.evidence("witness");
    check!(!seen.is_empty(), "the function was not asked");
    check!(seen.contains("GET"), "the question was no GET: {seen}");
    check!(seen.contains("/witness"), "another path was asked: {seen}");
    Ok(())
}

fn path_fails(rig: &mut Rig) -> Outcome {
    rig.write("unready", "")?;
    let w = up(rig, asked(rig))?;
    let status = w.get("/_/ready")?.status;
    let want = if rig.mode() == Http { 503 } else { 500 };
    check_eq!(status, want, "status");
    Ok(())
}

fn path_status(rig: &mut Rig) -> Outcome {
    let setup = rig.function("").env("ready_path", "/status/418");
    let w = up(rig, setup)?;
    check_eq!(w.get("/_/ready")?.status, 418, "status");
    check_eq!(w.get("/_/health")?.status, 200, "health all the same");
    Ok(())
}

fn path_files(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("ready_path", "/up.txt").start()?;
    check_eq!(w.get("/_/ready")?.status, 404, "without the file");
    rig.write("public/up.txt", "up")?;
    w.wait_status("/_/ready", 200, 10.0)
}

fn path_query(rig: &mut Rig) -> Outcome {
    let setup = rig.function("").env("ready_path", "/witness?deep=1&x=%20y");
    let w = up(rig, setup)?;
    check_eq!(w.get("/_/ready")?.status, 200, "status");
    let hits = rig.evidence("hits");
    check!(
        hits.lines()
            .any(|line| line == "GET /witness?deep=1&x=%20y"),
        "the function was asked: {hits}"
    );
    Ok(())
}

fn path_buffered(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig).env("buffer_http", "true"))?;
    check_eq!(w.get("/_/ready")?.status, 200, "status");
    Ok(())
}

fn path_private(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig))?;
    let probe = Request::get("/_/ready?admin=true")
        .header("X-Probe-Header", "leak")
        .header("Authorization", "Bearer leak")
        .header("Cookie", "session=leak")
        .header("X-Timeout", "1ms")
        .body("leaked body");
    check_eq!(w.request(&probe)?.status, 200, "status");
    let seen = rig.evidence("witness");
    check!(!seen.is_empty(), "the function was not asked");
    check!(!seen.contains("leak"), "the probe reached it: {seen}");
    check!(!seen.contains("admin"), "the query reached it: {seen}");
    check!(seen.contains("\"body\":0"), "a body reached it: {seen}");
    Ok(())
}

fn path_silent(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig))?;
    let r = w.get("/_/ready")?;
    check_eq!(r.status, 200, "status");
    check_eq!(r.text(), "", "body");
    check!(
        !r.headers.has("x-witness"),
        "a header of the function came back"
    );
    Ok(())
}

fn path_pace(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig))?;
    let start = Instant::now();
    for _ in 0..30 {
        check_eq!(w.get("/_/ready")?.status, 200, "status");
    }
    let asked = rig.evidence("witness").lines().count();
    let secs = usize::try_from(start.elapsed().as_secs()).unwrap_or(30);
    check!(asked <= secs + 2, "{asked} questions within {secs} seconds");
    Ok(())
}

fn path_recovers(rig: &mut Rig) -> Outcome {
    let unready = rig.write("unready", "")?;
    let w = up(rig, asked(rig))?;
    let status = w.get("/_/ready")?.status;
    check!(status >= 500, "status {status} of a function that says no");
    std::fs::remove_file(unready)?;
    w.wait_status("/_/ready", 200, 5.0)
}

fn path_uncounted(rig: &mut Rig) -> Outcome {
    let w = up(rig, asked(rig))?;
    let before = w.metrics()?.sum("http_requests_total", &[]);
    check_eq!(w.get("/_/ready")?.status, 200, "status");
    rig.wait_evidence("witness", 5.0)?;
    let counted = w.metrics()?.sum("http_requests_total", &[]) - before;
    check!(counted < 0.5, "{counted} requests counted");
    Ok(())
}
