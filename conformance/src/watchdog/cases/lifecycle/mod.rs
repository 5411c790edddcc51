//! Chapter 10: processes, signals and exit codes.
//! It knows the clauses of its chapter and what its parts share.
//! It refuses how a single request fails.

mod child;
mod drain;
mod inflight;
mod kin;
mod reap;
mod start;
mod stop;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 10,
    name: "lifecycle",
    title: "Start, signals and end",
    intro: "A watchdog starts visibly, drains on SIGTERM and takes its children with it.",
    clauses: CLAUSES,
    cases: &[
        start::CASES,
        drain::CASES,
        inflight::CASES,
        stop::CASES,
        child::CASES,
        reap::CASES,
        kin::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-10.1",
        "On SIGTERM a watchdog is unhealthy at once, finishes what is in flight and exits with 0.",
    ),
    Clause::must(
        "WD-10.2",
        "A port that is taken is an exit code other than 0 and leaves no lock file.",
    ),
    Clause::must(
        "WD-10.3",
        "When the child of http mode ends, for whatever reason, the watchdog ends with a code other than 0.",
    ),
    Clause::must("WD-10.4", "As PID 1 a watchdog reaps orphans."),
    Clause::must("WD-10.5", "Nothing that a watchdog started outlives it."),
    Clause::must(
        "WD-10.6",
        "A command of http mode that cannot be started is an error at start that names the path and the cause.",
    ),
    Clause::must("WD-10.7", "Where the lock file is, requests are accepted."),
    Clause::must(
        "WD-10.8",
        "For `healthcheck_interval` after SIGTERM new requests are still served while health and readiness are 503.",
    ),
    Clause::must(
        "WD-10.9",
        "After that no connection is accepted, and those that are idle are closed.",
    ),
    Clause::must(
        "WD-10.10",
        "An idle watchdog exits soon after SIGTERM, whatever its other timeouts.",
    ),
    Clause::must(
        "WD-10.11",
        "What is not over within the time for draining is cut off, and its children are killed.",
    ),
    Clause::must("WD-10.12", "SIGINT drains as SIGTERM does."),
    Clause::must("WD-10.13", "A second signal ends the watchdog at once."),
    Clause::must(
        "WD-10.14",
        "The child of http mode is sent SIGTERM when the requests in flight are over, not before.",
    ),
    Clause::must(
        "WD-10.15",
        "A child that does not end after SIGTERM is killed with its whole group.",
    ),
    Clause::must(
        "WD-10.16",
        "The watchdog exits with the child's code, with 128 and the signal's number, and with 1 where the child exits with 0.",
    ),
    Clause::must(
        "WD-10.17",
        "Requests in flight when the child ends are answered with an error or cut off, at once.",
    ),
    Clause::must(
        "WD-10.18",
        "The last lines that a child wrote before it ended are in the log.",
    ),
    Clause::must(
        "WD-10.19",
        "The lock file is gone when the watchdog drains or has ended.",
    ),
    Clause::should(
        "WD-10.20",
        "A process that a function leaves behind is adopted and reaped by the watchdog, PID 1 or not.",
    ),
    Clause::should(
        "WD-10.21",
        "Version, timeouts, port and lock file are told in the log at start.",
    ),
    Clause::must(
        "WD-10.22",
        "A process of a function starts with no signal blocked.",
    ),
    Clause::must(
        "WD-10.23",
        "A watchdog uses as many descriptors as the hard limit grants, and a function has the soft limit that the watchdog was started with.",
    ),
    Clause::must(
        "WD-10.24",
        "No signal of a watchdog reaches a process that has the number of one that has ended.",
    ),
    Clause::must(
        "WD-10.25",
        "What functions left running ends with the watchdog: daemons, and what daemons have started.",
    ),
    Clause::must(
        "WD-10.26",
        "Whoever is left of a group that was told to stop is killed after `kill_grace`, whether or not the function itself is still there.",
    ),
];

/// A function that answers `done` when the case writes the file `go`, and where to ask for it.
fn waiting(rig: &Rig) -> (Setup, &'static str) {
    let script = rig.fixture("script", &["mark:inflight", "until:go", "out:done"]);
    let target = if rig.mode() == Http { "/until/go" } else { "/" };
    (rig.function(&script), target)
}

/// A watchdog with such a request in flight.
fn in_flight(rig: &Rig, interval: &str) -> Result<(Watchdog, Wire), Failure> {
    let (setup, target) = waiting(rig);
    let w = setup.env("healthcheck_interval", interval).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get(target))?;
    rig.wait_evidence("inflight", 10.0)?;
    Ok((w, wire))
}

/// Lets the request in flight go and expects its answer.
fn finish(rig: &Rig, wire: &mut Wire) -> Outcome {
    rig.write("go", "")?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "done"),
        "the answer in flight"
    );
    check!(r.end.is_clean(), "the answer ended {:?}", r.end);
    Ok(())
}

fn wait_unlocked(rig: &Rig) -> Outcome {
    rig.poll(5.0, "an end of the lock file", || {
        (!rig.file("tmp/.lock").exists()).then_some(())
    })
}

/// Waits until no new connection is accepted.
fn wait_refused(rig: &Rig, w: &Watchdog) -> Outcome {
    rig.poll(10.0, "an end of accepting", || {
        std::net::TcpStream::connect(w.addr())
            .is_err()
            .then_some(())
    })
}

/// The process id of the fixture server.
fn server_pid(rig: &Rig) -> Result<i32, Failure> {
    let text = rig.wait_evidence("server.pid", 10.0)?;
    let pid = text.split(' ').next().and_then(|word| word.parse().ok());
    pid.ok_or_else(|| Failure::fault(format!("no process id in {text:?}")))
}

fn kill(pid: i32, signal: Signal) -> Outcome {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal)
        .map_err(|e| Failure::fault(format!("cannot signal {pid}: {e}")))
}

fn failed(exit: &Exit) -> Outcome {
    let code = exit.code;
    check!(code.is_some_and(|code| code != 0), "exit code {code:?}");
    Ok(())
}
