//! Draining: from the signal to the end of the last request.
//! It knows what a client and an orchestrator see of it.
//! It refuses single requests in odd states, which are next door.

use super::{finish, in_flight, wait_refused, wait_unlocked};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/drain",
        "WD-10.1",
        "a request in flight is finished after SIGTERM",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-26"])
    .run(drain),
    Case::must(
        "lifecycle/drain-sigint",
        "WD-10.12",
        "a request in flight is finished after SIGINT, too",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-46"])
    .run(drain_sigint),
    Case::must(
        "lifecycle/sigint-idle",
        "WD-10.12",
        "SIGINT to an idle watchdog removes the lock file, takes the child along and exits with 0",
    )
    .modes(&Mode::ALL)
    .bugs(&["BUG-46"])
    .run(sigint_idle),
    Case::must(
        "lifecycle/unready-at-once",
        "WD-10.8",
        "health and readiness are 503, the lock file is gone, and requests are served",
    )
    .modes(&Mode::ALL)
    .run(unready_at_once),
    Case::must(
        "lifecycle/drain-delay",
        "WD-10.8",
        "`drain_delay` is how long that lasts",
    )
    .feature("drain-delay")
    .run(drain_delay),
    Case::must(
        "lifecycle/refused-after",
        "WD-10.9",
        "new connections are refused while the last request is finished",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-26"])
    .run(refused_after),
    Case::must(
        "lifecycle/last-answer-closes",
        "WD-10.9",
        "the last answer on a connection says so and the connection is closed",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-26"])
    .run(last_answer_closes),
    Case::must(
        "lifecycle/idle-connections",
        "WD-10.9",
        "idle keep-alive connections are closed and do not delay the end",
    )
    .modes(&[Classic, Streaming, Static])
    .run(idle_connections),
    Case::must(
        "lifecycle/half-head-at-end",
        "WD-10.9",
        "a client that has sent half a head does not delay the end for long",
    )
    .modes(&[Classic, Streaming, Static])
    .run(half_head),
    Case::must(
        "lifecycle/idle-exit",
        "WD-10.10",
        "without any setting an idle watchdog is gone within ten seconds",
    )
    .modes(&[Classic, Streaming, Static])
    .bugs(&["BUG-48"])
    .run(idle_exit),
    Case::must(
        "lifecycle/no-interval",
        "WD-10.10",
        "`healthcheck_interval=0` ends at once, not never",
    )
    .modes(&[Classic, Streaming, Http])
    .bugs(&["BUG-08"])
    .run(no_interval),
    Case::must(
        "lifecycle/no-interval-drains",
        "WD-10.1",
        "`healthcheck_interval=0` still finishes what is in flight",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-08"])
    .run(no_interval_drains),
    Case::must(
        "lifecycle/no-write-timeout",
        "WD-10.10",
        "`write_timeout=0` does not keep an idle watchdog from ending",
    )
    .only(Flavour::Classic)
    .bugs(&["BUG-08"])
    .run(no_write_timeout),
    Case::must(
        "lifecycle/no-signal-to-functions",
        "WD-10.1",
        "a process that answers a request gets no signal while it is drained",
    )
    .modes(FORK)
    .run(no_signal_to_functions),
    Case::must(
        "lifecycle/exit-clean",
        "WD-10.19",
        "after an idle end the exit code is 0 and there is no lock file",
    )
    .modes(&Mode::ALL)
    .bugs(&["BUG-26"])
    .run(exit_clean),
];

fn drained_by(rig: &Rig, signal: Signal) -> Outcome {
    let (w, mut wire) = in_flight(rig, "200ms")?;
    w.signal(signal)?;
    wait_unlocked(rig)?;
    finish(rig, &mut wire)?;
    let exit = w.wait_exit(15.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn drain(rig: &mut Rig) -> Outcome {
    drained_by(rig, Signal::SIGTERM)
}

fn drain_sigint(rig: &mut Rig) -> Outcome {
    drained_by(rig, Signal::SIGINT)
}

fn plain(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

fn ends_clean(rig: &Rig, w: &Watchdog) -> Outcome {
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    let started = rig.evidence("started");
    for pid in started.lines().filter_map(|line| line.split(' ').next()) {
        rig.wait_gone(pid.parse().unwrap_or(0), 2.0)?;
    }
    Ok(())
}

fn sigint_idle(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("healthcheck_interval", "100ms").start()?;
    w.signal(Signal::SIGINT)?;
    ends_clean(rig, &w)
}

fn exit_clean(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("healthcheck_interval", "100ms").start()?;
    w.signal(Signal::SIGTERM)?;
    ends_clean(rig, &w)
}

/// A child that outlives SIGTERM, so that what is judged is the watchdog.
fn steadfast(rig: &Rig) -> Setup {
    if rig.mode() == Http {
        return rig
            .function("")
            .fprocess(&rig.fixture("http-server", &["--ignore-term"]));
    }
    plain(rig)
}

fn unready_at_once(rig: &mut Rig) -> Outcome {
    let w = steadfast(rig).env("healthcheck_interval", "20s").start()?;
    w.signal(Signal::SIGTERM)?;
    w.wait_status("/_/health", 503, 5.0)?;
    wait_unlocked(rig)?;
    if rig.profile().claims("ready") {
        check_eq!(w.get("/_/ready")?.status, 503, "ready");
    }
    if rig.mode() == Static {
        rig.write("public/file", "still")?;
        check_eq!(w.get("/file")?.text(), "still", "an answer while draining");
        return Ok(());
    }
    for _ in 0..3 {
        let target = if rig.mode() == Http { "/echo" } else { "/" };
        let r = w.post(target, "still")?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "still"),
            "an answer while draining"
        );
    }
    check!(w.is_running(), "it ended early");
    Ok(())
}

fn drain_delay(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("drain_delay", "1500ms").start()?;
    let start = Instant::now();
    w.signal(Signal::SIGTERM)?;
    check_eq!(
        w.post("/", "still")?.text(),
        "still",
        "an answer while draining"
    );
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    let took = start.elapsed();
    check!(took >= Duration::from_millis(1500), "over after {took:?}");
    Ok(())
}

fn refused_after(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = in_flight(rig, "100ms")?;
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    check!(w.is_running(), "it ended with a request in flight");
    finish(rig, &mut wire)?;
    w.wait_exit(10.0)?;
    Ok(())
}

fn last_answer_closes(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = in_flight(rig, "100ms")?;
    w.signal(Signal::SIGTERM)?;
    wait_refused(rig, &w)?;
    rig.write("go", "")?;
    let r = wire.read_response()?;
    check_eq!(r.text(), "done", "the answer");
    check!(
        r.headers.lists("connection", "close"),
        "no Connection: close"
    );
    wire.expect_closed(rig.timeout(5.0))
}

fn idle_connections(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("healthcheck_interval", "100ms").start()?;
    rig.write("public/file", "x")?;
    let mut wires = Vec::new();
    for _ in 0..5 {
        let mut wire = w.connect()?;
        check_eq!(wire.exchange(&Request::get("/file"))?.status, 200, "status");
        wires.push(wire);
    }
    w.signal(Signal::SIGTERM)?;
    for wire in &mut wires {
        wire.expect_closed(rig.timeout(5.0))?;
    }
    let exit = w.wait_exit(5.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn half_head(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .stops_at_once()
        .start()?;
    let mut wire = w.connect()?;
    wire.send(b"GET / HTTP/1.1\r\nHos")?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(8.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn idle_exit(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn no_interval(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("healthcheck_interval", "0").start()?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(5.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn no_interval_drains(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = in_flight(rig, "0")?;
    w.signal(Signal::SIGTERM)?;
    wait_unlocked(rig)?;
    finish(rig, &mut wire)?;
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn no_write_timeout(rig: &mut Rig) -> Outcome {
    let w = plain(rig).env("write_timeout", "0").start()?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn no_signal_to_functions(rig: &mut Rig) -> Outcome {
    let setup = rig
        .watchdog()
        .fprocess(&rig.fixture("ignore-term", &["1500ms"]));
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("ignore-term.pid", 10.0)?;
    w.signal(Signal::SIGTERM)?;
    wait_unlocked(rig)?;
    check_eq!(wire.read_response()?.text(), "outlived", "the answer");
    check_eq!(rig.evidence("signals"), "", "signals the function got");
    Ok(())
}
