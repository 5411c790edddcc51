//! Chapter 9: probes and the lock file.
//! It knows what orchestrators are told wrongly.
//! It refuses to know what requests are about.

use std::fs;
use std::net::TcpStream;
use std::time::Duration;

use super::prelude::*;
use super::tools::{aside, full, lock, variable};

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
];
