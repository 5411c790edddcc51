//! Waiting processes that die, requests that are cut short, words to stderr.
//! It knows how often a process was started, and the log.
//! It refuses to end the watchdog itself.

use super::{pool, served_by, started, wait_full};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "prefork/back-off",
        "WD-16.5",
        "a function that cannot wait is started a bounded number of times, and the log says why",
    )
    .modes(FORK)
    .feature("prefork")
    .run(back_off),
    Case::must(
        "prefork/cannot-start",
        "WD-16.5",
        "a command that is not there yet is tried with the same pauses, and found when it is",
    )
    .modes(FORK)
    .feature("prefork")
    .run(cannot_start),
    Case::must(
        "prefork/dead-is-replaced",
        "WD-16.5",
        "processes that are killed while they wait are replaced",
    )
    .modes(FORK)
    .feature("prefork")
    .run(dead_is_replaced),
    Case::must(
        "prefork/dead-is-not-used",
        "WD-16.6",
        "a request that comes at the same time as the end of the waiting processes is answered",
    )
    .modes(FORK)
    .feature("prefork")
    .run(dead_is_not_used),
    Case::must(
        "prefork/timeout-stops-its-own",
        "WD-16.7",
        "a request that takes too long ends with its process and grandchild, and the waiting ones stay",
    )
    .modes(FORK)
    .feature("prefork")
    .run(timeout_stops_its_own),
    Case::must(
        "prefork/disconnect-stops-its-own",
        "WD-16.7",
        "a client that leaves stops its own process, and the waiting ones stay",
    )
    .modes(FORK)
    .feature("prefork")
    .run(disconnect_stops_its_own),
    Case::must(
        "prefork/stderr-is-logged",
        "WD-16.8",
        "what a process says while it waits is in the log before any request",
    )
    .modes(FORK)
    .feature("prefork")
    .run(stderr_is_logged),
    Case::must(
        "prefork/stderr-is-answered",
        "WD-16.8",
        "with combine_output it is the beginning of the answer",
    )
    .modes(&[Classic])
    .feature("prefork")
    .run(stderr_is_answered),
];

const WARNING: &str = "started ahead";

fn back_off(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 4, &["exit:3"]).start()?;
    let begun = Instant::now();
    // The pauses up to then: 10, 20, 40, 80, 160, 320 and 640 ms.
    rig.pass_time(Duration::from_millis(1500));
    let (starts, secs) = (started(rig).len(), begun.elapsed().as_secs());
    let pauses = 10 + usize::try_from(secs).unwrap_or(usize::MAX);
    check!(starts >= 4, "{starts} starts: it was given up");
    check!(starts <= 4 * pauses, "{starts} starts in {secs} s");
    let warnings = w.log().matches(WARNING).count();
    check!(warnings >= 3, "{warnings} warnings: {}", w.log());
    check!(warnings <= pauses, "{warnings} warnings in {secs} s");
    w.wait_log("exit status 3", 2.0)?;
    // Requests are answered all the same.
    let r = w.get("/")?;
    check_eq!(r.status, 500, "status");
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn cannot_start(rig: &mut Rig) -> Outcome {
    let path = rig.file("late").display().to_string();
    let w = rig
        .watchdog()
        .fprocess(&path)
        .env("prefork", "1")
        .env("cgi_headers", "false")
        .start()?;
    w.wait_log(&path, 5.0)?;
    check_eq!(w.get("/")?.status, 500, "status");
    let words = rig.fixture_words("echo", &[]).join(" ");
    let script = rig.write("late.draft", format!("#!/bin/sh\nexec {words}\n"))?;
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, executable)?;
    std::fs::rename(script, path)?;
    wait_full(rig, &w, 1)?;
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

fn kill(pid: i32) {
    // Whoever has gone already is as dead as is wanted.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
}

fn dead_is_replaced(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 3, &["read", "pid"]).start()?;
    let first = wait_full(rig, &w, 3)?;
    first.iter().copied().for_each(kill);
    rig.poll(5.0, "an end of those", || {
        first.iter().all(|pid| !proc::alive(*pid)).then_some(())
    })?;
    let second = wait_full(rig, &w, 3)?;
    check!(first.is_disjoint(&second), "{first:?} and {second:?}");
    w.wait_log("signal: killed", 2.0)?;
    served_by(&w.get("/")?)?;
    rig.poll(5.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

fn dead_is_not_used(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 2, &["read", "pid"]).start()?;
    let mut wire = w.connect()?;
    served_by(&wire.exchange(&Request::get("/"))?)?;
    for _ in 0..10 {
        let waiting = wait_full(rig, &w, 2)?;
        // Held, so that it hears of the request and of the deaths at once.
        w.signal(Signal::SIGSTOP)?;
        waiting.iter().copied().for_each(kill);
        for pid in &waiting {
            rig.wait_gone(*pid, 5.0)?;
        }
        wire.send_request(&Request::get("/"))?;
        w.signal(Signal::SIGCONT)?;
        let pid = served_by(&wire.read_response()?)?;
        check!(!waiting.contains(&pid), "served by the dead");
    }
    Ok(())
}

fn timeout_stops_its_own(rig: &mut Rig) -> Outcome {
    let steps = &["read:1", "grandchild:25", "mark:function", "wait:25"];
    let w = pool(rig, 3, steps).env("exec_timeout", "700ms").start()?;
    let waiting = wait_full(rig, &w, 3)?;
    let r = w.post("/", "x")?;
    check!(r.status == 504 || r.status == 408, "status {}", r.status);
    let own = rig.wait_pid("function", 2.0)?;
    check!(waiting.contains(&own), "{own} did not wait");
    rig.wait_gone(own, 5.0)?;
    rig.wait_gone(rig.wait_pid("grandchild.pid", 2.0)?, 5.0)?;
    for pid in waiting.into_iter().filter(|pid| *pid != own) {
        check!(proc::alive(pid), "a waiting process was stopped, too");
    }
    wait_full(rig, &w, 3).map(drop)
}

fn disconnect_stops_its_own(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 3, &["read", "mark:function", "wait:25"]).start()?;
    let waiting = wait_full(rig, &w, 3)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    let own = rig.wait_pid("function", 10.0)?;
    wire.close();
    rig.wait_gone(own, 8.0)?;
    for pid in waiting.into_iter().filter(|pid| *pid != own) {
        check!(proc::alive(pid), "a waiting process was stopped, too");
    }
    wait_full(rig, &w, 3).map(drop)
}

fn stderr_is_logged(rig: &mut Rig) -> Outcome {
    let steps = &["err:said%20ahead%0A", "read", "err:said%20later%0A", "pid"];
    let w = pool(rig, 2, steps).env("combine_output", "false").start()?;
    rig.poll(10.0, "both lines in the log", || {
        (w.log().matches("said ahead").count() == 2).then_some(())
    })?;
    served_by(&w.get("/")?)?;
    w.wait_log("said later", 5.0)
}

fn stderr_is_answered(rig: &mut Rig) -> Outcome {
    let w = pool(rig, 2, &["err:ahead%20", "read", "out:later"]).start()?;
    wait_full(rig, &w, 2)?;
    check_eq!(w.get("/")?.text(), "ahead later", "answer");
    check!(!w.log().contains("ahead later"), "it was logged");
    Ok(())
}
