//! What processes inherit, what becomes of their numbers, and of those that nobody started directly.
//! It knows the process table and the limits of a process.
//! It refuses what a single orphan does: it is with the reaping.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/descriptors-up-to-hard",
        "WD-10.23",
        "100 requests at a time with a soft limit of 64 descriptors",
    )
    .modes(FORK)
    .run(up_to_hard),
    Case::must(
        "lifecycle/descriptors-of-functions",
        "WD-10.23",
        "a function has the soft limit of old, also beside more connections than that",
    )
    .modes(FORK)
    .run(of_functions),
    Case::must(
        "lifecycle/number-given-again",
        "WD-10.24",
        "a request whose process has the number of one that was told to stop is left alone",
    )
    .modes(FORK)
    .feature("kill-grace")
    .run(given_again),
    Case::must(
        "lifecycle/stubborn-kin",
        "WD-10.26",
        "who does not mind SIGTERM is killed after `kill_grace`, also where the process that started it has ended by SIGTERM",
    )
    .modes(FORK)
    .feature("kill-grace")
    .run(stubborn),
    Case::must(
        "lifecycle/stubborn-orphan",
        "WD-10.26",
        "and where that had ended long before",
    )
    .modes(FORK)
    .feature("kill-grace")
    .run(stubborn_orphan),
    Case::must(
        "lifecycle/daemons-end-too",
        "WD-10.25",
        "daemons started by daemons are gone when the watchdog is",
    )
    .modes(FORK)
    .feature("subreaper")
    .run(daemons_end_too),
    Case::must(
        "lifecycle/daemons-end-with-pid1",
        "WD-10.25",
        "daemons started by daemons are gone when the watchdog is PID 1",
    )
    .modes(FORK)
    .feature("subreaper")
    .run(daemons_end_with_pid1),
];

const SOFT: u32 = 64;

fn up_to_hard(rig: &mut Rig) -> Outcome {
    let function = rig.fixture("script", &["out:started", "until:go", "out:%20and%20done"]);
    let w = rig.watchdog().fprocess(&function);
    let w = w.descriptors(SOFT, 4096).start()?;
    let mut wires = Vec::new();
    for _ in 0..100 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/"))?;
        wires.push(wire);
    }
    rig.poll(20.0, "a hundred processes", || {
        (rig.evidence("started").lines().count() >= wires.len()).then_some(())
    })?;
    rig.write("go", "")?;
    for mut wire in wires {
        let head = wire.read_head()?;
        check_eq!(head.status, 200, "status");
    }
    Ok(())
}

fn of_functions(rig: &mut Rig) -> Outcome {
    let function = rig.fixture("script", &["descriptors"]);
    let w = rig.watchdog().fprocess(&function);
    let w = w.descriptors(SOFT, 4096).start()?;
    check_eq!(w.get("/")?.text(), SOFT.to_string(), "limit");
    let mut wires = Vec::new();
    for _ in 0..100 {
        let mut wire = w.connect()?;
        let answer = wire.exchange(&Request::get("/"))?;
        check_eq!(answer.text(), SOFT.to_string(), "limit");
        wires.push(wire);
    }
    for wire in &mut wires {
        let answer = wire.exchange(&Request::get("/"))?;
        check_eq!(answer.text(), SOFT.to_string(), "limit");
    }
    Ok(())
}

fn given_again(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("reborn", &["3"]));
    let w = setup.env("kill_grace", "2s").pid1(true).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/first"))?;
    rig.wait_evidence("first.pid", 10.0)?;
    drop(wire);
    rig.poll(10.0, "the end of the first process", || {
        w.children().is_empty().then_some(())
    })?;
    // A thread may take the number.
    for _ in 0..5 {
        if w.get("/free")?.status != 200 {
            return Err(Failure::skipped(
                "numbers of processes cannot be chosen here",
            ));
        }
        let answer = w.get("/second")?;
        check_eq!(answer.status, 200, "status");
        if answer.text() == "the same" {
            return Ok(());
        }
    }
    Err(Failure::fault("the number was not given again"))
}

fn is_killed(rig: &Rig, steps: &[&str]) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("script", steps));
    let setup = setup.env("exec_timeout", "500ms");
    let w = setup.env("kill_grace", "500ms").start()?;
    let r = w.get("/")?;
    check!(
        r.status >= 400 || r.end != End::Clean,
        "status {}",
        r.status
    );
    let kin = rig.wait_pid("ignore-term.pid", 5.0)?;
    rig.wait_gone(kin, 5.0)
}

fn stubborn(rig: &mut Rig) -> Outcome {
    is_killed(rig, &["stubborn", "forever"])
}

fn stubborn_orphan(rig: &mut Rig) -> Outcome {
    is_killed(rig, &["stubborn"])
}

fn daemons(rig: &Rig, pid1: bool) -> Outcome {
    let function = rig.fixture("script", &["daemons:4", "until:daemon-1.pid", "out:left"]);
    let setup = rig.watchdog().fprocess(&function).pid1(pid1);
    let w = setup.env("drain_delay", "100ms").start()?;
    check_eq!(w.get("/")?.text(), "left", "answer");
    let left = || proc::marked(w.mark());
    check!(left().len() > 4, "daemons that run: {:?}", left());
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(10.0)?;
    rig.poll(2.0, "the end of all daemons", || {
        left().is_empty().then_some(())
    })
}

fn daemons_end_too(rig: &mut Rig) -> Outcome {
    daemons(rig, false)
}

fn daemons_end_with_pid1(rig: &mut Rig) -> Outcome {
    daemons(rig, true)
}
