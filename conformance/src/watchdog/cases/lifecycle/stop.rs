//! The end: stragglers, the second signal, and the child's own SIGTERM.
//! It knows evidence of what the child was told, and when.
//! It refuses what an unasked end of the child means, which is next door.

use super::{finish, in_flight, server_pid, wait_unlocked, waiting};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/stragglers-cut",
        "WD-10.11",
        "`shutdown_timeout` cuts off what is not over, and its process is killed",
    )
    .modes(FUNCTION)
    .feature("shutdown-timeout")
    .run(stragglers_cut),
    Case::must(
        "lifecycle/stragglers-killed",
        "WD-10.5",
        "a function that never ends is gone when the watchdog is",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(stragglers_killed),
    Case::must(
        "lifecycle/second-signal",
        "WD-10.13",
        "a second signal does not wait for the request in flight and kills its process",
    )
    .modes(FUNCTION)
    .run(second_signal),
    Case::must(
        "lifecycle/child-term-after-drain",
        "WD-10.14",
        "the child sees SIGTERM only after the request in flight",
    )
    .modes(&[Http])
    .bugs(&["BUG-26"])
    .run(term_after_drain),
    Case::must(
        "lifecycle/child-gets-term",
        "WD-10.14",
        "a child that handles SIGTERM can end in its own way",
    )
    .modes(&[Http])
    .run(child_gets_term),
    Case::must(
        "lifecycle/child-term-immediate",
        "WD-10.14",
        "`term_signal_timing=immediate` tells the child at once and drains all the same",
    )
    .modes(&[Http])
    .feature("term-signal-timing")
    .run(term_immediate),
    Case::must(
        "lifecycle/child-stopped",
        "WD-10.5",
        "the child of http mode is gone after SIGTERM, even if it ignores it",
    )
    .modes(&[Http])
    .bugs(&["BUG-26"])
    .run(child_stopped),
    Case::must(
        "lifecycle/child-group",
        "WD-10.15",
        "what the child started goes with it",
    )
    .modes(&[Http])
    .bugs(&["BUG-26"])
    .run(child_group),
    Case::must(
        "lifecycle/kill-grace",
        "WD-10.15",
        "`kill_grace` gives the child time to end by itself",
    )
    .modes(&[Http])
    .feature("kill-grace")
    .run(kill_grace),
];

/// The process that answers the request in flight.
fn worker(rig: &Rig) -> Result<i32, Failure> {
    rig.wait_pid("inflight", 10.0)
}

fn stragglers_cut(rig: &mut Rig) -> Outcome {
    let (setup, target) = waiting(rig);
    let setup = setup
        .env("shutdown_timeout", "500ms")
        .env("drain_delay", "100ms");
    let w = setup.env("kill_grace", "300ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get(target))?;
    let pid = worker(rig)?;
    w.signal(Signal::SIGTERM)?;
    let answer = wire.read_response();
    check!(
        answer
            .as_ref()
            .map_or(true, |r| r.status >= 500 || !r.end.is_clean()),
        "a whole answer: {answer:?}"
    );
    w.wait_exit(8.0)?;
    rig.wait_gone(pid, 2.0)
}

fn stragglers_killed(rig: &mut Rig) -> Outcome {
    let (setup, target) = waiting(rig);
    // Long enough for a function to begin on a busy machine.
    let setup = setup.env("write_timeout", "5s").env("exec_timeout", "60s");
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get(target))?;
    let pid = worker(rig)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(20.0)?;
    rig.wait_gone(pid, 2.0)
}

fn second_signal(rig: &mut Rig) -> Outcome {
    let (w, _wire) = in_flight(rig, "100ms")?;
    let pid = worker(rig)?;
    w.signal(Signal::SIGTERM)?;
    wait_unlocked(rig)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(8.0)?;
    rig.wait_gone(pid, 2.0)
}

/// Looks at both pieces of evidence until the request is over: first whether SIGTERM came, then whether it is over.
fn term_after_drain(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--on-term", "exit:0"]);
    let setup = rig.watchdog().fprocess(&fixture);
    let w = setup.env("healthcheck_interval", "200ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/slow?ms=1500"))?;
    rig.wait_evidence("slow", 10.0)?;
    w.signal(Signal::SIGTERM)?;
    rig.poll(10.0, "an end of the request", || {
        let told = !rig.evidence("signals").is_empty();
        let over = rig.evidence("slow").contains("finished");
        match (told, over) {
            (true, false) => Some(Err(Failure::failed(
                "SIGTERM came before the request was over",
            ))),
            (_, true) => Some(Ok(())),
            (false, false) => None,
        }
    })??;
    check_eq!(wire.read_response()?.text(), "slow", "the answer");
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    check_eq!(rig.evidence("signals"), "TERM\n", "signals the child got");
    Ok(())
}

fn child_gets_term(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--on-term", "exit:0"]);
    let setup = rig.watchdog().fprocess(&fixture);
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let pid = server_pid(rig)?;
    w.signal(Signal::SIGTERM)?;
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    check_eq!(rig.evidence("server.exit"), "0", "how the child ended");
    rig.wait_gone(pid, 2.0)
}

fn term_immediate(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--on-term", "drain"]);
    let setup = rig.watchdog().fprocess(&fixture);
    let setup = setup.env("term_signal_timing", "immediate");
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/until/go"))?;
    rig.wait_evidence("inflight", 10.0)?;
    w.signal(Signal::SIGTERM)?;
    rig.wait_evidence_of("signals", "TERM", 10.0)?;
    finish(rig, &mut wire)?;
    check_eq!(w.wait_exit(10.0)?.code, Some(0), "exit code");
    Ok(())
}

fn child_stopped(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--ignore-term"]);
    let setup = rig.watchdog().fprocess(&fixture).env("write_timeout", "3s");
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let pid = server_pid(rig)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(15.0)?;
    rig.wait_gone(pid, 2.0)
}

fn child_group(rig: &mut Rig) -> Outcome {
    let helper = rig.fixture("ignore-term", &[]);
    let server = rig.fixture("http-server", &["--ignore-term"]);
    let script = rig.write("run.sh", format!("{helper} &\nexec {server}\n"))?;
    let setup = rig.watchdog().fprocess(&format!("sh {}", script.display()));
    let setup = setup.env("kill_grace", "300ms");
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    let helper = rig.wait_pid("ignore-term.pid", 10.0)?;
    let pid = server_pid(rig)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(15.0)?;
    rig.wait_gone(pid, 2.0)?;
    rig.wait_gone(helper, 2.0)
}

fn kill_grace(rig: &mut Rig) -> Outcome {
    let server = rig.fixture("http-server", &["--on-term", "drain"]);
    let setup = rig.watchdog().fprocess(&server).env("kill_grace", "10s");
    let setup = setup.env("shutdown_timeout", "100ms");
    let w = setup.env("drain_delay", "100ms").start()?;
    // The child is asked directly: the watchdog does not wait for this one, the child does.
    let mut wire = rig.connect(w.fixture_port())?;
    wire.send_request(&Request::get("/until/go"))?;
    rig.wait_evidence("inflight", 10.0)?;
    w.signal(Signal::SIGTERM)?;
    rig.wait_evidence_of("signals", "TERM", 10.0)?;
    rig.pass_time(Duration::from_millis(2500));
    check!(w.is_running(), "it did not wait for the child");
    finish(rig, &mut wire)?;
    check_eq!(w.wait_exit(5.0)?.code, Some(0), "exit code");
    check_eq!(rig.evidence("server.exit"), "0", "how the child ended");
    Ok(())
}
