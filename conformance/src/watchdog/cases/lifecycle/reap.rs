//! Orphans and zombies, as PID 1 and not.
//! It knows the process table.
//! It refuses to care who reaps, where nobody can tell.

use super::wait_unlocked;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/pid1-reaps",
        "WD-10.4",
        "orphans of functions do not stay as zombies",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-21"])
    .run(pid1_reaps),
    Case::must(
        "lifecycle/pid1-drains",
        "WD-10.1",
        "as PID 1, where signals have no default, SIGTERM still ends the watchdog",
    )
    .modes(&Mode::ALL)
    .run(pid1_drains),
    Case::must(
        "lifecycle/pid1-sigint",
        "WD-10.12",
        "as PID 1 SIGINT ends the watchdog with 0",
    )
    .bugs(&["BUG-46"])
    .run(pid1_sigint),
    Case::must(
        "lifecycle/no-zombies",
        "WD-10.4",
        "a hundred requests leave no zombie and no child",
    )
    .modes(FORK)
    .run(no_zombies),
    Case::should(
        "lifecycle/subreaper",
        "WD-10.20",
        "an orphan becomes the watchdog's child and is reaped when it ends",
    )
    .modes(FUNCTION)
    .feature("subreaper")
    .run(subreaper),
    Case::must(
        "lifecycle/orphans-end-too",
        "WD-10.5",
        "what a function left running is gone when the watchdog is",
    )
    .modes(FUNCTION)
    .run(orphans_end_too),
    Case::must(
        "lifecycle/no-descriptors-leak",
        "WD-10.5",
        "a hundred requests leave no descriptor open",
    )
    .modes(FUNCTION)
    .run(no_descriptors_leak),
];

/// A function that leaves an orphan behind for that many milliseconds, and where to ask for it.
fn orphaning(rig: &Rig, ms: u32) -> (Setup, String) {
    let pause = format!("{ms}ms");
    let setup = rig.function(&rig.fixture("orphan", &[&pause, "--redirect"]));
    (setup, format!("/orphan?ms={ms}"))
}

fn pid1_reaps(rig: &mut Rig) -> Outcome {
    let (setup, target) = orphaning(rig, 200);
    let w = setup.pid1(true).start()?;
    let own = w.children().len();
    for _ in 0..5 {
        check_eq!(w.get(&target)?.text(), "parent\n", "answer");
    }
    rig.poll(5.0, "an end of the function's orphans", || {
        (w.children().len() <= own).then_some(())
    })?;
    rig.poll(2.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn pid1(rig: &Rig, signal: Signal) -> Outcome {
    let setup = rig.function(&rig.fixture("echo", &[])).pid1(true);
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    w.signal(signal)?;
    wait_unlocked(rig)?;
    let exit = w.wait_exit(10.0)?;
    check!(exit.signal.is_none(), "ended by signal {:?}", exit.signal);
    if rig.mode() != Http {
        check_eq!(exit.code, Some(0), "exit code");
    }
    Ok(())
}

fn pid1_drains(rig: &mut Rig) -> Outcome {
    pid1(rig, Signal::SIGTERM)
}

fn pid1_sigint(rig: &mut Rig) -> Outcome {
    pid1(rig, Signal::SIGINT)
}

fn no_zombies(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("stdin-ignore", &[]))
        .start()?;
    for _ in 0..50 {
        w.get("/")?;
        w.post("/", vec![b'x'; 10_000])?;
    }
    rig.poll(5.0, "an end of all children", || {
        (w.children().is_empty() && w.zombies().is_empty()).then_some(())
    })
}

fn subreaper(rig: &mut Rig) -> Outcome {
    let (setup, target) = orphaning(rig, 1500);
    let w = setup.start()?;
    check_eq!(w.get(&target)?.text(), "parent\n", "answer");
    let orphan = rig.wait_pid("orphan.pid", 5.0)?;
    rig.poll(5.0, "the orphan's adoption, or its end", || {
        proc::stat(orphan)
            .is_none_or(|stat| stat.parent == w.pid())
            .then_some(())
    })?;
    rig.poll(10.0, "an end without a zombie", || {
        proc::stat(orphan).is_none().then_some(())
    })
}

fn orphans_end_too(rig: &mut Rig) -> Outcome {
    let (setup, target) = orphaning(rig, 60_000);
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    check_eq!(w.get(&target)?.text(), "parent\n", "answer");
    let orphan = rig.wait_pid("orphan.pid", 5.0)?;
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(10.0)?;
    rig.wait_gone(orphan, 2.0)
}

fn no_descriptors_leak(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let target = if rig.mode() == Http { "/echo" } else { "/" };
    for _ in 0..5 {
        w.post(target, "x")?;
    }
    // Some slack for connections kept to the function's server.
    let before = w.open_fds();
    for _ in 0..100 {
        w.post(target, "x")?;
    }
    let fewer = || (w.open_fds() <= before + 30).then_some(());
    if rig
        .poll(12.0, "as few descriptors as before", fewer)
        .is_err()
    {
        let after = w.open_fds();
        let message = format!("{after} descriptors, before a hundred requests {before}");
        return Err(Failure::failed(message));
    }
    Ok(())
}
