//! The end of the watchdog, and of whoever waits in it.
//! It knows signals and the process table.
//! It refuses to care how a drain goes on otherwise.

use super::{left, pool, served_by, wait_full};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "prefork/stops-with-the-watchdog",
        "WD-16.9",
        "SIGTERM ends the watchdog soon, and no process is left",
    )
    .modes(FORK)
    .feature("prefork")
    .run(stops),
    Case::must(
        "prefork/kill-after-grace",
        "WD-16.9",
        "a waiting process that ignores SIGTERM is killed after kill_grace",
    )
    .modes(FORK)
    .feature("prefork")
    .run(kill_after_grace),
    Case::must(
        "prefork/stop-while-filling",
        "WD-16.9",
        "SIGTERM while processes are being started leaves none",
    )
    .modes(FORK)
    .feature("prefork")
    .run(stop_while_filling),
    Case::must(
        "prefork/second-signal",
        "WD-16.9",
        "a second signal in a long drain leaves none, either",
    )
    .modes(FORK)
    .feature("prefork")
    .run(second_signal),
    Case::must(
        "prefork/serves-until-closed",
        "WD-16.9",
        "while draining, requests are served by processes that wait, and one in flight finishes",
    )
    .modes(FORK)
    .feature("prefork")
    .run(serves_until_closed),
    Case::must(
        "prefork/pid1",
        "WD-16.9",
        "as PID 1 the same, and nothing stays a zombie",
    )
    .modes(FORK)
    .feature("prefork")
    .run(pid1),
];

fn none_left(rig: &Rig) -> Outcome {
    check_eq!(left(rig), Vec::<i32>::new(), "processes that are left");
    Ok(())
}

fn stops(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 5, &["read", "pid"])
        .env("healthcheck_interval", "100ms")
        .env("kill_grace", "10s")
        .start()?;
    wait_full(rig, &w, 5)?;
    served_by(&w.get("/")?)?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(8.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    check!(
        !exit.stderr.contains("ended before its request"),
        "their end is told as trouble: {}",
        exit.stderr
    );
    none_left(rig)
}

fn kill_after_grace(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("ignore-term", &[]))
        .env("prefork", "3")
        .env("cgi_headers", "false")
        .env("healthcheck_interval", "50ms")
        .env("kill_grace", "600ms")
        .start()?;
    wait_full(rig, &w, 3)?;
    rig.wait_evidence("ignore-term.pid", 10.0)?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(8.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    check!(!rig.evidence("signals").is_empty(), "no SIGTERM came");
    none_left(rig)
}

fn stop_while_filling(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 200, &["read", "pid"])
        .env("healthcheck_interval", "1ms")
        .start()?;
    rig.poll(10.0, "the first processes", || {
        (w.children().len() >= 2).then_some(())
    })?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(15.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    none_left(rig)
}

fn second_signal(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 4, &["read", "pid"])
        .env("healthcheck_interval", "60s")
        .start()?;
    wait_full(rig, &w, 4)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_log("no new connections in", 5.0)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(8.0)?;
    none_left(rig)
}

fn serves_until_closed(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 2, &["read", "mark:inflight", "until:go", "pid"])
        .env("healthcheck_interval", "700ms")
        .start()?;
    let waiting = wait_full(rig, &w, 2)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_status("/_/health", 503, 5.0)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("inflight", 10.0)?;
    w.wait_log("draining: 1 request", 10.0)?;
    rig.poll(5.0, "an end of those that wait", || {
        (w.children().len() == 1).then_some(())
    })?;
    rig.write("go", "")?;
    let pid = served_by(&wire.read_response()?)?;
    check!(waiting.contains(&pid), "{pid} is not of {waiting:?}");
    check_eq!(w.wait_exit(8.0)?.code, Some(0), "exit code");
    none_left(rig)
}

fn pid1(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 3, &["read", "pid"])
        .pid1(true)
        .env("healthcheck_interval", "50ms")
        .start()?;
    let full = |what: &str| {
        rig.poll(10.0, what, || {
            (w.children().len() == 3 && w.zombies().is_empty()).then_some(())
        })
    };
    full("three processes that wait")?;
    for _ in 0..10 {
        check_eq!(w.post("/", "x")?.status, 200, "status");
    }
    full("three processes again, and no zombie")?;
    w.signal(Signal::SIGTERM)?;
    check_eq!(w.wait_exit(8.0)?.code, Some(0), "exit code");
    none_left(rig)
}
