//! Chapter 10: processes, signals and exit codes.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses how a single request fails.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 10,
    name: "lifecycle",
    title: "Start, signals and end",
    intro: "A watchdog starts visibly, drains on SIGTERM and takes its children with it.",
    clauses: CLAUSES,
    cases: &[CASES],
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
];

const CASES: &[Case] = &[
    Case::must(
        "lifecycle/drain",
        "WD-10.1",
        "a request in flight is finished after SIGTERM",
    )
    .modes(FORK)
    .run(drain),
    Case::must(
        "lifecycle/port-taken",
        "WD-10.2",
        "a taken port is an error",
    )
    .bugs(&["BUG-16"])
    .run(port_taken),
    Case::must(
        "lifecycle/child-exits-1",
        "WD-10.3",
        "a child that exits with 1 ends the watchdog",
    )
    .modes(&[Http])
    .run(child_exits_1),
    Case::must(
        "lifecycle/child-exits-0",
        "WD-10.3",
        "a child that exits with 0 ends the watchdog, too",
    )
    .modes(&[Http])
    .bugs(&["BUG-10"])
    .run(child_exits_0),
    Case::must(
        "lifecycle/pid1-reaps",
        "WD-10.4",
        "orphans of functions do not stay as zombies",
    )
    .modes(FORK)
    .bugs(&["BUG-21"])
    .run(pid1_reaps),
    Case::must(
        "lifecycle/child-stopped",
        "WD-10.5",
        "the child of http mode is gone after SIGTERM, even if it ignores it",
    )
    .modes(&[Http])
    .run(child_stopped),
];

fn drain(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("sleep", &["2"]));
    let w = setup
        .env("healthcheck_interval", "500ms")
        .env("write_timeout", "10s")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    rig.wait_evidence("sleep.pid", 5.0)?;
    w.signal(Signal::SIGTERM)?;
    rig.poll(3.0, "the end of the lock file", || {
        (!rig.file("tmp/.lock").exists()).then_some(())
    })?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "slept"),
        "the answer in flight"
    );
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn port_taken(rig: &mut Rig) -> Outcome {
    let holder = std::net::TcpListener::bind(("0.0.0.0", 0))?;
    let port = holder.local_addr()?.port().to_string();
    let exit = rig
        .watchdog()
        .fprocess(&rig.fixture("echo", &[]))
        .env("port", &port)
        .run_to_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn child_exits_1(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("http-server", &[]))
        .start()?;
    let _ = w.get("/crash/1");
    let exit = w.wait_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    Ok(())
}

fn child_exits_0(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("http-server", &[]))
        .start()?;
    let _ = w.get("/crash/0");
    let exit = w.wait_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    Ok(())
}

fn pid1_reaps(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("orphan", &["200ms", "--redirect"]);
    let w = rig.watchdog().fprocess(&fixture).pid1(true).start()?;
    for _ in 0..5 {
        check_eq!(w.get("/")?.text(), "parent\n", "answer");
    }
    rig.poll(5.0, "an end of the function's orphans", || {
        w.children().is_empty().then_some(())
    })?;
    rig.poll(2.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn child_stopped(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--ignore-term"]);
    let setup = rig.watchdog().fprocess(&fixture).env("write_timeout", "3s");
    let w = setup.env("healthcheck_interval", "500ms").start()?;
    let pid = rig.wait_evidence("server.pid", 5.0)?;
    let pid: i32 = pid
        .split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0);
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(20.0)?;
    rig.poll(1.0, "the end of the child", || {
        (!proc::alive(pid)).then_some(())
    })
}
