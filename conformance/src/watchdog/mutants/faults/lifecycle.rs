//! Chapter 10: start, signals and the end.
//! It knows how ends go wrong, of watchdogs and of what they started.
//! It refuses to know what requests are about.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::prelude::*;
use super::tools::lock;

/// Something that the watchdog started, by all that can be seen, and does not know.
fn stray() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 &"]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let _ = command.status();
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "no-drain",
        &["WD-10.1", "WD-10.5"],
        "SIGTERM is the end at once",
        Over(Over::new().signal(|_, _| Some(Signal::SIGKILL))),
    ),
    mutant(
        "healthy-while-draining",
        &["WD-10.8"],
        "it is healthy until it is closed",
        Front(Relay::new().answer(|head, talk| {
            if talk.probe() && talk.status() == 503 {
                head.set_status("200 OK");
            }
        })),
    ),
    mutant(
        "lock-file-left",
        &["WD-10.2", "WD-10.19"],
        "the lock file is there after the end (BUG-16)",
        Over(Over::new().exit(|code| {
            let _ = fs::write(lock(), "");
            code
        })),
    ),
    mutant(
        "child-end-unnoticed",
        &["WD-10.3"],
        "the end of the child of http mode goes unnoticed (BUG-10)",
        Below(|launch| {
            launch.exit = Some(|_| {
                std::thread::sleep(Duration::from_mins(1));
                0
            });
        }),
    ),
    mutant(
        "child-end-is-fine",
        &["WD-10.3", "WD-10.16"],
        "the exit code does not tell that the child has ended",
        Over(Over::new().exit(|_| 0)),
    ),
    mutant(
        "stray-process",
        &["WD-10.25"],
        "a process outlives the watchdog (BUG-46)",
        Around(|_| stray()),
    ),
    mutant(
        "start-failure-untold",
        &["WD-10.6"],
        "why a command cannot be started is not told",
        Stderr(|line| {
            line.replace("No such file or directory", "failed");
            line.replace("no such file or directory", "failed");
            line.replace("ermission denied", "failed");
        }),
    ),
    mutant(
        "lock-file-too-early",
        &["WD-10.7"],
        "the lock file is there before anything listens (BUG-16)",
        Around(|start| {
            let dir = start.get("TMPDIR").unwrap_or("/tmp").to_owned();
            let _ = fs::write(format!("{dir}/.lock"), "");
            start.through = ["sh", "-c", "sleep 0.3; exec \"$0\" \"$@\""]
                .map(str::to_owned)
                .to_vec();
        }),
    ),
    mutant(
        "no-delay-of-the-drain",
        &["WD-10.8"],
        "`healthcheck_interval` is not kept",
        Around(|start| {
            start.unset("healthcheck_interval");
            start.set("drain_delay", "0");
        }),
    ),
    mutant(
        "port-stays-open",
        &["WD-10.9"],
        "connections are accepted until the end",
        Front(Relay::new().lingers()),
    ),
    mutant(
        "end-takes-long",
        &["WD-10.10", "WD-7.17"],
        "the whole time for draining is waited, whoever is there (BUG-48)",
        Over(Over::new().linger(12_000)),
    ),
    mutant(
        "drain-without-limit",
        &["WD-10.11"],
        "what is not over in time is waited for",
        Around(|start| start.set("shutdown_timeout", "60s")),
    ),
    mutant(
        "sigint-kills",
        &["WD-10.12"],
        "SIGINT is the end at once (BUG-46)",
        Over(Over::new().signal(|signal, _| {
            Some(if signal == Signal::SIGINT {
                Signal::SIGKILL
            } else {
                signal
            })
        })),
    ),
    mutant(
        "second-signal-ignored",
        &["WD-10.13"],
        "a second signal is ignored",
        Over(Over::new().signal(|signal, n| (n == 1).then_some(signal))),
    ),
    mutant(
        "child-told-at-once",
        &["WD-10.14"],
        "the child is sent SIGTERM at once (BUG-26)",
        Around(|start| start.set("term_signal_timing", "immediate")),
    ),
    mutant(
        "child-told-late",
        &["WD-10.14"],
        "`term_signal_timing=immediate` is not read",
        Around(|start| start.unset("term_signal_timing")),
    ),
    mutant(
        "every-failure-is-1",
        &["WD-10.16"],
        "the exit code is 1, however the child ended",
        Over(Over::new().exit(|code| code.min(1))),
    ),
    mutant(
        "clients-of-the-dead-wait",
        &["WD-10.17"],
        "clients are not told that the child has ended",
        Front(Relay::new().holds_open().mends_answers()),
    ),
    mutant(
        "last-words-lost",
        &["WD-10.18"],
        "the last line of a child is lost (BUG-20)",
        Stderr(|line| {
            if line.has("stderr: ") {
                std::mem::swap(&mut line.bytes, &mut line.held);
            }
        }),
    ),
    mutant(
        "signals-blocked",
        &["WD-10.22"],
        "a function starts with signals blocked",
        Below(|launch| {
            launch
                .words
                .splice(..0, ["env", "--block-signal=USR2"].map(str::to_owned));
        }),
    ),
    mutant(
        "soft-limit-raised-for-all",
        &["WD-10.23"],
        "functions inherit the raised limit on descriptors",
        Below(|launch| {
            launch.first = Some(|| {
                if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
                    let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
                }
            });
        }),
    ),
    mutant(
        "soft-limit-not-raised",
        &["WD-10.23"],
        "no more descriptors are used than the soft limit grants",
        Around(|start| {
            let script = "ulimit -H -n \"$(ulimit -S -n)\"; exec \"$0\" \"$@\"";
            start.through = ["sh", "-c", script].map(str::to_owned).to_vec();
        }),
    ),
    mutant(
        "number-of-the-dead-killed",
        &["WD-10.24"],
        "a signal for a process that has ended reaches the one that has its number now",
        Beside(|scene| {
            let dir = scene.env.get("FIXTURE_DIR").cloned().unwrap_or_default();
            let first = || {
                fs::read_to_string(format!("{dir}/first.pid"))
                    .ok()?
                    .trim()
                    .parse::<i32>()
                    .ok()
            };
            if !scene.until(|| first().is_some()) {
                return;
            }
            let Some(pid) = first() else { return };
            let there = || fs::exists(format!("/proc/{pid}")).unwrap_or(false);
            scene.until(|| !there());
            scene.each_moment(|| {
                if there() {
                    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                }
            });
        }),
    ),
];
