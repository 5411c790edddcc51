//! Chapter 16: processes started ahead of their requests.
//! It knows the clauses of `prefork` and what its parts share.
//! It refuses what holds without a pool as well: that stands in the chapters of the modes.

mod answers;
mod refusals;
mod stop;
mod trouble;

use std::collections::BTreeSet;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 16,
    name: "prefork",
    title: "Processes started ahead",
    intro: "With `prefork=N` the modes that start a process for each request keep `N` of them waiting on their stdin.",
    clauses: CLAUSES,
    cases: &[answers::CASES, refusals::CASES, trouble::CASES, stop::CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-16.1",
        "`N` processes wait before the first request, and each one that is used is replaced.",
    ),
    Clause::must(
        "WD-16.2",
        "A process serves one request and no other; its answer is the one it would give without a pool.",
    ),
    Clause::must(
        "WD-16.3",
        "A request that finds no process waiting starts its own.",
    ),
    Clause::must(
        "WD-16.4",
        "`prefork` needs `cgi_headers=false`, or `marshal_request=true` in mode classic; without, it is a configuration error that names both.",
    ),
    Clause::must(
        "WD-16.5",
        "A process that ends before its request is replaced after a pause of 10 ms, doubled up to a second while they keep ending, and the log tells how it ended once for each pause.",
    ),
    Clause::must("WD-16.6", "No request is given a process that has ended."),
    Clause::must(
        "WD-16.7",
        "A request that is cut short stops its own process and no waiting one.",
    ),
    Clause::must(
        "WD-16.8",
        "What a waiting process writes to stderr is logged as it comes, or answered where stderr is part of the answer.",
    ),
    Clause::must(
        "WD-16.9",
        "When the watchdog ends, waiting processes are sent SIGTERM, and SIGKILL after `kill_grace`; they are no requests in flight.",
    ),
    Clause::should(
        "WD-16.10",
        "How many wait, how many were started and how many requests found none are exported under `fwatchdog_pool_`.",
    ),
];

/// A subject with that many processes ahead of requests, which run a script.
fn pool(rig: &Rig, size: usize, steps: &[&str]) -> Setup {
    rig.watchdog()
        .fprocess(&rig.fixture("script", steps))
        .env("prefork", &size.to_string())
        .env("cgi_headers", "false")
}

/// Every process that was started so far.
fn started(rig: &Rig) -> Vec<i32> {
    let text = rig.evidence("started");
    let first = |line: &str| line.split(' ').next()?.parse().ok();
    text.lines().filter_map(first).collect()
}

/// Waits until `size` processes wait, and names them.
fn wait_full(rig: &Rig, w: &Watchdog, size: usize) -> Result<BTreeSet<i32>, Failure> {
    rig.poll(15.0, &format!("{size} processes that wait"), || {
        let running: BTreeSet<i32> = w.children().into_iter().collect();
        let ready = started(rig).into_iter().collect();
        let waiting = running.intersection(&ready).copied();
        let waiting: BTreeSet<i32> = waiting.collect();
        (waiting.len() == size && running.len() == size).then_some(waiting)
    })
}

/// The process id in an answer.
fn served_by(r: &Response) -> Result<i32, Failure> {
    check_eq!(r.status, 200, "status of {:?}", r.text());
    let text = r.text();
    text.parse()
        .map_err(|_| Failure::failed(format!("no process id: {text:?}")))
}

/// Every process of this run, by its environment.
fn left(rig: &Rig) -> Vec<i32> {
    let mark = format!("FIXTURE_DIR={}", rig.dir().display());
    let ours = |pid: &i32| {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ
            .split(|&byte| byte == 0)
            .any(|entry| entry == mark.as_bytes())
    };
    let all = proc::all().into_iter().filter(|stat| stat.state != 'Z');
    all.map(|stat| stat.pid).filter(ours).collect()
}
