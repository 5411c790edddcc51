//! Chapter 9: the two probes.
//! It knows the clauses of its chapter and the cases about `/_/health` and the lock file.
//! It refuses the lock file's life at start and stop, which is chapter 10.

mod reach;
mod ready;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 9,
    name: "health",
    title: "Health and readiness",
    intro: "`/_/health` and `/_/ready` tell orchestrators the truth.",
    clauses: CLAUSES,
    cases: &[CASES, ready::CASES, reach::CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-9.1",
        "GET `/_/health` is 200 with the body `OK` while the watchdog is healthy; other methods are 405.",
    ),
    Clause::must(
        "WD-9.2",
        "Removing the lock file makes `/_/health` answer 503.",
    ),
    Clause::must("WD-9.3", "`/_/ready` is 200 when requests can be served."),
    Clause::must(
        "WD-9.4",
        "With `suppress_lock` the health does not depend on a lock file.",
    ),
    Clause::must(
        "WD-9.5",
        "In http mode `/_/ready` is 503 until the child accepts connections.",
    ),
    Clause::must(
        "WD-9.6",
        "An unhealthy watchdog goes on serving requests: taking it out of rotation is the orchestrator's part.",
    ),
    Clause::must(
        "WD-9.7",
        "A lock file that cannot be written is told in the log, and probes over HTTP go on telling the truth.",
    ),
    Clause::must(
        "WD-9.8",
        "The lock file is `.lock` in `TMPDIR`, or in `/tmp` where that is not set.",
    ),
    Clause::must(
        "WD-9.9",
        "Probes are neither logged nor counted, nor subject to `max_inflight`.",
    ),
    Clause::must(
        "WD-9.10",
        "`--run-healthcheck` exits with 0 while the lock file is there and with 1 where it is not.",
    ),
    Clause::must(
        "WD-9.11",
        "With `ready_path` set, `/_/ready` answers with the status of a GET of that path.",
    ),
    Clause::must(
        "WD-9.12",
        "Nothing of a probe reaches the function by `ready_path`: no header, no query, no body; and nothing but the status comes back.",
    ),
    Clause::should(
        "WD-9.13",
        "The function is asked by `ready_path` about once a second at most.",
    ),
    Clause::must(
        "WD-9.14",
        "`/_/ready` is 429 while every slot of `max_inflight` is taken.",
    ),
    Clause::should(
        "WD-9.15",
        "The first connection that is accepted finds a healthy watchdog: no start answers 503.",
    ),
    Clause::should(
        "WD-9.16",
        "Where there can be no lock file, `--run-healthcheck` asks `/_/health`.",
    ),
    Clause::must(
        "WD-9.17",
        "In http mode, why the child cannot be reached is said with its address: in the body of `/_/ready`, and in the log, once when it changes and once at the end of `startup_timeout`.",
    ),
    Clause::must(
        "WD-9.18",
        "In http mode `/_/ready` is 503 while the child's port takes no connections, also after it has taken some.",
    ),
    Clause::must(
        "WD-9.19",
        "Attempts to reach the child at start are limited in time, and come less and less often where they cost something.",
    ),
];

const CASES: &[Case] = &[
    Case::must("health/ok", "WD-9.1", "GET is OK, POST is 405")
        .modes(&Mode::ALL)
        .run(ok),
    Case::must(
        "health/methods",
        "WD-9.1",
        "every other method, HEAD too, is 405 with an empty body",
    )
    .modes(&Mode::ALL)
    .run(methods),
    Case::must(
        "health/answer",
        "WD-9.1",
        "the answer is plain text, two bytes with a length, and a query does not matter",
    )
    .run(answer),
    Case::must(
        "health/keep-alive",
        "WD-9.1",
        "a prober may ask again and again on one connection",
    )
    .run(keep_alive),
    Case::must(
        "health/lock-removed",
        "WD-9.2",
        "without its lock file the watchdog is unhealthy",
    )
    .modes(&Mode::ALL)
    .run(lock_removed),
    Case::must(
        "health/lock-restored",
        "WD-9.2",
        "with the lock file put back it is healthy again",
    )
    .run(lock_restored),
    Case::must(
        "health/unhealthy-serves",
        "WD-9.6",
        "requests go on while the lock file is missing",
    )
    .modes(FUNCTION)
    .run(unhealthy_serves),
    Case::must(
        "health/suppress-lock",
        "WD-9.4",
        "a suppressed lock is no illness",
    )
    .modes(&Mode::ALL)
    .bugs(&["BUG-05"])
    .run(suppress_lock),
    Case::must(
        "health/suppress-lock-told",
        "WD-9.4",
        "that the lock is suppressed is told in the log",
    )
    .run(suppress_told),
    Case::must(
        "health/unwritable-lock",
        "WD-9.7",
        "an unwritable lock directory is a warning, and health over HTTP is 200",
    )
    .bugs(&["BUG-17"])
    .run(unwritable),
    Case::must(
        "health/tmpdir",
        "WD-9.8",
        "the lock file is where TMPDIR says, and empty",
    )
    .run(tmpdir),
    Case::must(
        "health/tmpdir-made",
        "WD-9.8",
        "a missing directory of the lock file is made",
    )
    .only(Flavour::Of)
    .run(tmpdir_made),
    Case::must("health/not-logged", "WD-9.9", "no probe is in the log")
        .modes(&Mode::ALL)
        .run(not_logged),
    Case::must("health/not-counted", "WD-9.9", "no probe is in the metrics")
        .modes(&Mode::ALL)
        .run(not_counted),
    Case::must(
        "health/while-busy",
        "WD-9.9",
        "a watchdog with no slot left is still healthy",
    )
    .modes(FUNCTION)
    .run(while_busy),
    Case::must(
        "health/run-healthcheck",
        "WD-9.10",
        "the flag agrees with the lock file of a running watchdog",
    )
    .run(run_healthcheck),
    Case::should(
        "health/run-healthcheck-no-lock",
        "WD-9.16",
        "the flag agrees with a watchdog whose lock file cannot be written, and with one that suppresses it",
    )
    .feature("healthcheck-http")
    .run(run_healthcheck_no_lock),
    Case::should(
        "health/first-answer",
        "WD-9.15",
        "the first answer after each of ten starts is 200",
    )
    .modes(&Mode::ALL)
    .feature("first-answer")
    .run(first_answer),
];

/// An echo function, or files.
pub(super) fn plain(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

/// Where the plain function echoes.
pub(super) fn target(rig: &Rig) -> &'static str {
    if rig.mode() == Http { "/echo" } else { "/" }
}

fn ok(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    let r = w.get("/_/health")?;
    check_eq!((r.status, r.text().as_str()), (200, "OK"), "answer");
    check_eq!(w.post("/_/health", "")?.status, 405, "status of a POST");
    check_eq!(
        rig.evidence("hits"),
        "",
        "requests that reached the function"
    );
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    for method in ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let r = w.request(Request::new(method, "/_/health"))?;
        check_eq!((r.status, r.body.len()), (405, 0), "answer to {method}");
    }
    Ok(())
}

fn answer(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    for target in ["/_/health", "/_/health?verbose=1"] {
        let r = w.get(target)?;
        check_eq!((r.status, r.text().as_str()), (200, "OK"), "{target}");
        check_eq!(r.framing, Framing::Length(2), "framing");
        let kind = r.header("content-type");
        check_eq!(kind, Some("text/plain; charset=utf-8"), "content type");
    }
    Ok(())
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    let mut wire = w.connect()?;
    for _ in 0..5 {
        let r = wire.exchange(&Request::get("/_/health"))?;
        check_eq!((r.status, r.text().as_str()), (200, "OK"), "answer");
    }
    Ok(())
}

fn lock_removed(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    let lock = rig.file("tmp/.lock");
    check!(lock.exists(), "no lock file at {}", lock.display());
    std::fs::remove_file(&lock)?;
    w.wait_status("/_/health", 503, 3.0)?;
    check_eq!(w.get("/_/health")?.text(), "", "body of the 503");
    Ok(())
}

fn lock_restored(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    std::fs::remove_file(rig.file("tmp/.lock"))?;
    w.wait_status("/_/health", 503, 3.0)?;
    rig.write("tmp/.lock", "")?;
    w.wait_status("/_/health", 200, 3.0)
}

fn unhealthy_serves(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    std::fs::remove_file(rig.file("tmp/.lock"))?;
    w.wait_status("/_/health", 503, 3.0)?;
    for _ in 0..2 {
        let r = w.post(target(rig), "still here")?;
        check_eq!((r.status, r.text().as_str()), (200, "still here"), "answer");
    }
    Ok(())
}

fn suppressed(rig: &Rig) -> Result<Watchdog, Failure> {
    let w = plain(rig).env("suppress_lock", "true").spawn()?;
    w.wait_listening(10.0)?;
    w.wait_upstream(10.0)?;
    Ok(w)
}

fn suppress_lock(rig: &mut Rig) -> Outcome {
    let w = suppressed(rig)?;
    if rig.mode() != Static {
        let r = w.post(target(rig), "x")?;
        check_eq!(r.text(), "x", "the function's answer");
    }
    check_eq!(w.get("/_/health")?.status, 200, "health");
    check!(!rig.file("tmp/.lock").exists(), "there is a lock file");
    if rig.profile().claims("ready") {
        check_eq!(w.get("/_/ready")?.status, 200, "ready");
    }
    Ok(())
}

fn suppress_told(rig: &mut Rig) -> Outcome {
    let w = suppressed(rig)?;
    w.wait_log("suppress_lock", 5.0)
}

fn unwritable(rig: &mut Rig) -> Outcome {
    // A file where a directory would have to be: not even root can write there.
    let blocked = rig.write("blocked", "")?.join("tmp");
    let blocked = blocked.display().to_string();
    let w = plain(rig).env("TMPDIR", &blocked).spawn()?;
    w.wait_healthy(10.0)?;
    w.wait_log(&format!("{blocked}/.lock"), 5.0)?;
    check_eq!(w.post(target(rig), "x")?.text(), "x", "answer");
    Ok(())
}

fn tmpdir(rig: &mut Rig) -> Outcome {
    let own = rig.write("elsewhere/keep", "")?;
    let own = own.parent().map(|dir| dir.display().to_string());
    let _w = plain(rig).env("TMPDIR", &own.unwrap_or_default()).start()?;
    let lock = std::fs::metadata(rig.file("elsewhere/.lock"))?;
    check!(lock.is_file(), "the lock is no file");
    check_eq!(lock.len(), 0, "size of the lock file");
    check!(
        !rig.file("tmp/.lock").exists(),
        "there is another lock file"
    );
    Ok(())
}

fn tmpdir_made(rig: &mut Rig) -> Outcome {
    let made = rig.file("made/on/start");
    let _w = plain(rig)
        .env("TMPDIR", &made.display().to_string())
        .start()?;
    check!(
        made.join(".lock").exists(),
        "no lock file in a new directory"
    );
    Ok(())
}

fn not_logged(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    for probe in ["/_/health", "/_/ready"] {
        if probe == "/_/health" || rig.profile().claims("ready") {
            w.get(probe)?;
            w.post(probe, "")?;
        }
    }
    // Something that comes after them in the log.
    w.signal(Signal::SIGTERM)?;
    w.wait_log("SIGTERM", 5.0)?;
    let log = w.log();
    check!(!log.contains("/_/health"), "a health probe is in the log");
    check!(!log.contains("/_/ready"), "a ready probe is in the log");
    Ok(())
}

fn not_counted(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    for probe in ["/_/health", "/_/ready"] {
        if probe == "/_/health" || rig.profile().claims("ready") {
            w.get(probe)?;
            w.post(probe, "")?;
        }
    }
    let metrics = w.metrics()?;
    let total = metrics.sum("http_requests_total", &[]);
    check!(total < 0.5, "{total} requests counted");
    let timed = metrics.sum("http_request_duration_seconds_count", &[]);
    check!(timed < 0.5, "{timed} requests timed");
    Ok(())
}

/// A watchdog whose only slot is taken until the case writes the file `go`, and the wire that takes it.
pub(super) fn busy(rig: &Rig) -> Result<(Watchdog, Wire), Failure> {
    let script = rig.fixture("script", &["mark:inflight", "until:go", "out:done"]);
    let w = rig.function(&script).env("max_inflight", "1").start()?;
    let mut wire = w.connect()?;
    let target = if rig.mode() == Http { "/until/go" } else { "/" };
    wire.send_request(&Request::get(target))?;
    rig.wait_evidence("inflight", 10.0)?;
    Ok((w, wire))
}

fn while_busy(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = busy(rig)?;
    for _ in 0..3 {
        check_eq!(w.get("/_/health")?.status, 200, "health");
    }
    rig.write("go", "")?;
    check_eq!(wire.read_response()?.text(), "done", "the answer in flight");
    Ok(())
}

fn run_healthcheck(rig: &mut Rig) -> Outcome {
    let w = plain(rig).start()?;
    let ask = || plain(rig).args(&["--run-healthcheck"]).run_to_exit(10.0);
    check_eq!(ask()?.code, Some(0), "exit code beside a healthy watchdog");
    std::fs::remove_file(rig.file("tmp/.lock"))?;
    let exit = ask()?;
    check_eq!(exit.code, Some(1), "exit code without a lock file");
    check!(
        exit.stderr.contains("unable to find lock file."),
        "the message is {:?}",
        exit.stderr
    );
    check!(w.is_running(), "the health check ended the watchdog");
    Ok(())
}

fn run_healthcheck_no_lock(rig: &mut Rig) -> Outcome {
    let blocked = rig.write("blocked", "")?.join("tmp");
    let blocked = blocked.display().to_string();
    for (name, value) in [("TMPDIR", blocked.as_str()), ("suppress_lock", "true")] {
        let port = rig.free_port()?.to_string();
        let setup = || plain(rig).env(name, value).env("port", &port);
        let ask = || setup().args(&["--run-healthcheck"]).run_to_exit(10.0);
        check_eq!(ask()?.code, Some(1), "exit code with nobody there, {name}");
        let w = setup().start()?;
        check_eq!(
            ask()?.code,
            Some(0),
            "exit code beside a healthy watchdog, {name}"
        );
        w.signal(Signal::SIGTERM)?;
        w.wait_status("/_/health", 503, 3.0)?;
        check_eq!(
            ask()?.code,
            Some(1),
            "exit code beside one that drains, {name}"
        );
    }
    Ok(())
}

fn first_answer(rig: &mut Rig) -> Outcome {
    for start in 1..=10 {
        let w = plain(rig).spawn()?;
        let status = rig.poll(10.0, "the first answer", || w.probe("/_/health"))?;
        check_eq!(status, 200, "first answer after start {start}");
    }
    Ok(())
}
