//! Requests that find a process waiting, and those that do not.
//! It knows process ids, bodies and the environment of a process.
//! It refuses functions that die early: those are trouble.

use super::{pool, served_by, started, wait_full};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "prefork/there-before",
        "WD-16.1",
        "the processes are there before the first request, each leading its group",
    )
    .modes(FORK)
    .feature("prefork")
    .run(there_before),
    Case::must(
        "prefork/one-request-each",
        "WD-16.2",
        "the first request is served by a process that was there before it, and no process serves two",
    )
    .modes(FORK)
    .feature("prefork")
    .run(one_request_each),
    Case::must(
        "prefork/refill",
        "WD-16.1",
        "the pool is full again after requests, and nothing of them is left",
    )
    .modes(FORK)
    .feature("prefork")
    .run(refill),
    Case::must(
        "prefork/same-answers",
        "WD-16.2",
        "bodies of any size and failures are answered as without a pool",
    )
    .modes(FORK)
    .feature("prefork")
    .run(same_answers),
    Case::must(
        "prefork/large-bodies",
        "WD-16.2",
        "20 MB come back whole",
    )
    .modes(FORK)
    .feature("prefork")
    .run(large_bodies),
    Case::must(
        "prefork/empty-pool",
        "WD-16.3",
        "six requests at a time run at a time with one process waiting",
    )
    .modes(FORK)
    .feature("prefork")
    .run(empty_pool),
    Case::must(
        "prefork/one-environment",
        "WD-16.2",
        "a process that waited and one that did not have the same environment",
    )
    .modes(FORK)
    .feature("prefork")
    .run(one_environment),
    Case::must(
        "prefork/envelope",
        "WD-16.4",
        "with marshal_request a process that waited reads the envelope",
    )
    .modes(&[Classic])
    .feature("prefork")
    .run(envelope),
    Case::should(
        "prefork/metrics",
        "WD-16.10",
        "the pool is exported; who waits is not in flight",
    )
    .modes(FORK)
    .feature("prefork")
    .run(metrics),
];

fn there_before(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 3, &["read", "pid"]).start()?;
    for pid in wait_full(rig, &w, 3)? {
        let stat = proc::stat(pid).ok_or_else(|| Failure::failed("a process is gone"))?;
        check_eq!(stat.group, pid, "its group");
    }
    Ok(())
}

fn one_request_each(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 2, &["read", "pid"]).start()?;
    let mut waiting = wait_full(rig, &w, 2)?;
    let mut served = Vec::new();
    for body in ["", "x"].repeat(4) {
        let pid = served_by(&w.post("/", body)?)?;
        check!(waiting.contains(&pid), "{pid} is not of {waiting:?}");
        check!(!served.contains(&pid), "{pid} served twice");
        served.push(pid);
        rig.wait_gone(pid, 5.0)?;
        waiting = wait_full(rig, &w, 2)?;
    }
    Ok(())
}

fn refill(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 4, &["read", "pid"]).start()?;
    for _ in 0..5 {
        let waiting = wait_full(rig, &w, 4)?;
        let mut wires = Vec::new();
        for _ in 0..4 {
            let mut wire = w.connect()?;
            wire.send_request(&Request::get("/"))?;
            wires.push(wire);
        }
        for mut wire in wires {
            served_by(&wire.read_response()?)?;
        }
        let after = wait_full(rig, &w, 4)?;
        check!(waiting.is_disjoint(&after), "{waiting:?} and {after:?}");
    }
    check_eq!(w.zombies(), Vec::<i32>::new(), "zombies");
    Ok(())
}

/// What a caller sees of an answer, but for what differs each time.
fn seen(r: &Response) -> (u16, Vec<(String, String)>, String, bool) {
    // An answer that is faster than its upload closes the connection.
    let varying = ["connection", "date", "x-call-id", "x-duration-seconds"];
    let headers = r
        .headers
        .iter()
        .filter(|(name, _)| !varying.iter().any(|other| name.eq_ignore_ascii_case(other)));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    headers.sort();
    (r.status, headers, r.text(), r.end.is_clean())
}

fn same_answers(rig: &mut Rig) -> Outcome {
    let bodies = [
        String::new(),
        "hello".to_owned(),
        "y".repeat(70_000),
        "z".repeat(300_000),
    ];
    let failing: &[&str] = &["--read", "--stdout", "some"];
    for line in [
        rig.fixture("echo", &[]),
        rig.fixture("reverse-upper", &[]),
        rig.fixture("exit", &[&["3"], failing].concat()),
        rig.fixture("exit", &["4", "--read"]),
        rig.fixture("script", &["read:1", "out:early"]),
        rig.fixture("script", &["read", "kill:9"]),
    ] {
        let without = rig.watchdog().fprocess(&line).start()?;
        let with = rig
            .watchdog()
            .fprocess(&line)
            .env("prefork", "2")
            .env("cgi_headers", "false")
            .start()?;
        for body in &bodies {
            let want = seen(&without.post("/", body.as_str())?);
            let got = seen(&with.post("/", body.as_str())?);
            check_eq!(got, want, "answer to {} bytes by {line}", body.len());
        }
    }
    Ok(())
}

fn large_bodies(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("prefork", "1")
        .env("cgi_headers", "false")
        .start()?;
    let pattern = Pattern::new(7, 20_000_000);
    for request in [
        Request::post("/").pattern(pattern),
        Request::post("/").pattern_chunked(pattern),
    ] {
        let r = w.request_pattern(&request, pattern)?;
        check_eq!(r.status, 200, "status");
    }
    Ok(())
}

fn empty_pool(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 1, &["read", "until:go", "pid"]).start()?;
    wait_full(rig, &w, 1)?;
    let mut wires = Vec::new();
    for _ in 0..6 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/"))?;
        wires.push(wire);
    }
    // Six that serve and one that waits.
    wait_full(rig, &w, 7)?;
    rig.write("go", "")?;
    let mut served = Vec::new();
    for mut wire in wires {
        served.push(served_by(&wire.read_response()?)?);
    }
    served.sort_unstable();
    served.dedup();
    check_eq!(served.len(), 6, "processes");
    wait_full(rig, &w, 1)?;
    Ok(())
}

fn environment(pid: i32) -> Result<Vec<String>, Failure> {
    let environ = std::fs::read(format!("/proc/{pid}/environ"))
        .map_err(|e| Failure::failed(format!("no environment of {pid}: {e}")))?;
    let entries = environ.split(|&byte| byte == 0);
    let mut names: Vec<String> = entries
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect();
    names.sort();
    Ok(names)
}

fn one_environment(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 1, &["read", "until:go", "pid"]).start()?;
    let first = wait_full(rig, &w, 1)?;
    let mut wires = Vec::new();
    for _ in 0..4 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/a?b=c").header("X-Some", "1"))?;
        wires.push(wire);
    }
    let all = wait_full(rig, &w, 5)?;
    let mut environments = Vec::new();
    for pid in first.iter().chain(all.difference(&first)) {
        environments.push(environment(*pid)?);
    }
    let told = environments
        .iter()
        .flatten()
        .find(|e| e.starts_with("Http_"));
    check_eq!(told, None, "a variable of the request");
    environments.dedup();
    check_eq!(environments.len(), 1, "environments");
    rig.write("go", "")?;
    for mut wire in wires {
        served_by(&wire.read_response()?)?;
    }
    Ok(())
}

fn envelope(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("prefork", "2")
        .env("marshal_request", "true")
        .start()?;
    wait_full(rig, &w, 2)?;
    let r = w.request(Request::post("/").header("X-Some", "thing").body("hello"))?;
    let text = r.text();
    check!(
        text.contains("\"raw\":\"aGVsbG8=\"") && text.contains("\"X-Some\":[\"thing\"]"),
        "no envelope: {text:?}"
    );
    check!(started(rig).len() >= 2, "no process waited");
    Ok(())
}

fn metrics(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 3, &["read", "until:go", "pid"]).start()?;
    wait_full(rig, &w, 3)?;
    w.wait_metric("fwatchdog_pool_idle", &[], 3.0, 5.0)?;
    w.wait_metric("fwatchdog_pool_started_total", &[], 3.0, 5.0)?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 5.0)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    w.wait_metric("fwatchdog_pool_started_total", &[], 4.0, 5.0)?;
    w.wait_metric("fwatchdog_pool_idle", &[], 3.0, 5.0)?;
    w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
    w.wait_metric("fwatchdog_pool_missed_total", &[], 0.0, 5.0)?;
    rig.write("go", "")?;
    served_by(&wire.read_response()?)?;
    Ok(())
}
