//! Chapters 9 and 10: probes, the lock file, signals and the end.
//! It knows what orchestrators see go wrong.
//! It refuses to know what requests are about.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::prelude::*;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn lock() -> std::path::PathBuf {
    std::path::PathBuf::from(variable("TMPDIR").unwrap_or_else(|| "/tmp".to_owned())).join(".lock")
}

/// A request to the watchdog that its client did not make.
pub(super) fn aside(target: &str) {
    let port = variable("port")
        .and_then(|text| text.parse::<u16>().ok())
        .unwrap_or(8080);
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.2", port)) {
        let _ = write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        );
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
}

/// Something that the watchdog started, by all that can be seen, and does not know.
fn stray() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 &"]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let _ = command.status();
}

fn ready_or_not(head: &mut Head, talk: &mut Talk) {
    if talk.target().starts_with("/_/ready") {
        head.set_status("200 OK");
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "probes-by-head",
        &["WD-9.1"],
        "any method probes",
        Front(Relay::new().request(|head, talk| {
            if talk.probe() {
                head.set_method("GET");
            }
        })),
    ),
    mutant(
        "health-says-nothing",
        &["WD-9.1"],
        "the body of a healthy answer is not OK",
        Front(Relay::new().body(|data, talk| {
            if talk.target().starts_with("/_/health") {
                data.make_ascii_lowercase();
            }
        })),
    ),
    mutant(
        "lock-file-comes-back",
        &["WD-9.2"],
        "health does not look at the lock file",
        Front(Relay::new().answer(|head, talk| {
            if talk.target().starts_with("/_/health") {
                head.set_status("200 OK");
            }
        })),
    ),
    mutant(
        "no-readiness",
        &["WD-9.3"],
        "there is no readiness",
        Front(Relay::new().answer(|head, talk| {
            if talk.target().starts_with("/_/ready") {
                head.set_status("404 Not Found");
            }
        })),
    ),
    mutant(
        "no-lock-no-health",
        &["WD-9.4"],
        "with `suppress_lock` it is never healthy (BUG-05)",
        Front(Relay::new().answer(|head, talk| {
            if talk.probe() && variable("suppress_lock").as_deref() == Some("true") {
                head.set_status("503 Service Unavailable");
            }
        })),
    ),
    mutant(
        "suppress-lock-untold",
        &["WD-9.4"],
        "`suppress_lock` is not told in the log",
        Stderr(|line| {
            if line.has("suppress_lock") {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "ready-before-the-child",
        &["WD-9.5", "WD-9.18"],
        "readiness does not look at the child (BUG-42)",
        Front(Relay::new().answer(ready_or_not)),
    ),
    mutant(
        "unhealthy-refuses",
        &["WD-9.6"],
        "without its lock file it refuses requests",
        Front(Relay::new().request(|_, talk| {
            if !talk.probe() && !lock().exists() {
                talk.reply("503 Service Unavailable", "");
            }
        })),
    ),
    mutant(
        "no-lock-no-start",
        &["WD-9.7"],
        "a lock file that cannot be written ends the start without a word (BUG-17)",
        Around(|start| {
            let dir = start.get("TMPDIR").unwrap_or("/tmp").to_owned();
            let usable = fs::create_dir_all(&dir).is_ok()
                && fs::metadata(&dir).is_ok_and(|meta| meta.is_dir());
            let draft = format!("{dir}/.draft");
            if !usable || fs::write(&draft, "").is_err() {
                start.through = vec!["true".to_owned()];
            }
            let _ = fs::remove_file(draft);
        }),
    ),
    mutant(
        "lock-file-elsewhere",
        &["WD-9.8"],
        "the lock file has another name",
        Around(|start| {
            let dir = format!("{}/lock", start.get("TMPDIR").unwrap_or("/tmp"));
            let _ = fs::create_dir_all(&dir);
            start.set("TMPDIR", &dir);
        }),
    ),
    mutant(
        "probes-are-requests",
        &["WD-9.9", "WD-12.4"],
        "probes are logged and counted",
        Front(Relay::new().request(|_, talk| {
            if talk.probe() {
                aside("/_/healthy");
            }
        })),
    ),
    mutant(
        "probes-wait-for-slots",
        &["WD-9.9", "WD-13.7"],
        "a probe is refused where no slot is free",
        Front(Relay::new().request(|_, talk| {
            if talk.target().starts_with("/_/health") && full() {
                talk.reply("429 Too Many Requests", "");
            }
        })),
    ),
    mutant(
        "ready-path-unread",
        &["WD-9.11"],
        "`ready_path` is not read",
        Around(|start| start.unset("ready_path")),
    ),
    mutant(
        "ready-path-always-well",
        &["WD-9.11"],
        "readiness is 200, whatever the function says (BUG-18)",
        Front(Relay::new().answer(ready_or_not)),
    ),
    mutant(
        "ready-path-is-a-door",
        &["WD-9.12"],
        "a probe is passed on to the function, and its answer comes back (BUG-25)",
        Front(Relay::new().request(|head, talk| {
            if talk.target().starts_with("/_/ready")
                && let Some(path) = variable("ready_path")
            {
                head.set_target(&path);
            }
        })),
    ),
    mutant(
        "ready-while-full",
        &["WD-9.14", "WD-13.7"],
        "readiness does not look at the slots",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 429 && talk.probe() {
                head.set_status("200 OK");
            }
        })),
    ),
    mutant(
        "unreached-unsaid",
        &["WD-9.17"],
        "why the child cannot be reached is not in the answer of readiness",
        Front(Relay::new().body(|data, talk| {
            if talk.target().starts_with("/_/ready") {
                data.fill(b'-');
            }
        })),
    ),
    mutant(
        "unreached-unlogged",
        &["WD-9.17"],
        "why the child cannot be reached is not in the log",
        Stderr(|line| {
            if line.has("reachable") {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "child-dialled-without-pause",
        &["WD-9.19"],
        "the child is dialled again and again without a pause",
        Beside(|scene| {
            let url = scene.env.get("upstream_url").cloned().unwrap_or_default();
            let to = url.split("//").nth(1).and_then(|to| to.parse().ok());
            let Some(to) = to else { return };
            scene.each_moment(|| {
                let _ = TcpStream::connect_timeout(&to, Duration::from_millis(20));
            });
        }),
    ),
    mutant(
        "no-drain",
        &["WD-10.1", "WD-10.5"],
        "SIGTERM is the end at once",
        Over(Over::new().signal(|_, _| Some(Signal::SIGKILL))),
    ),
    mutant(
        "sigterm-ignored",
        &["WD-7.11", "WD-7.17", "WD-10.1", "WD-10.10"],
        "SIGTERM is ignored",
        Over(Over::new().signal(|_, _| None)),
    ),
    mutant(
        "healthy-while-draining",
        &["WD-10.1", "WD-10.8"],
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
        "zombies-left",
        &["WD-3.11", "WD-4.3", "WD-10.4"],
        "an end of a process is not waited for (BUG-04, BUG-21)",
        Over(Over::new().relay(Relay::new().request(|_, talk| {
            if !talk.probe() {
                let _ = Command::new("true").spawn();
            }
        }))),
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

/// Whether as many requests wait for the function as may run: by the metrics.
pub(super) fn full() -> bool {
    let number = |name: &str| variable(name).and_then(|text| text.parse::<u32>().ok());
    let (Some(max), Some(port)) = (number("max_inflight"), number("metrics_port")) else {
        return false;
    };
    let Ok(mut stream) = TcpStream::connect(format!("127.0.0.2:{port}")) else {
        return false;
    };
    let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut text);
    max > 0 && text.contains(&format!("\nhttp_requests_in_flight {max}\n"))
}
