//! Values that are well-formed and can never work, and those at the end of what can.
//! It knows upstreams, as most of them are there.
//! It refuses grammar: the values have it.

use super::{echo, refused};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "config/upstream-that-cannot-be",
        "WD-1.29",
        "a socket path that is too long, names that DNS has no room for, addresses that are none, the watchdog's own ports",
    )
    .modes(&[Http])
    .feature("strict-config")
    .run(upstream),
    Case::must(
        "config/longest-socket-path",
        "WD-1.30",
        "a socket path of 107 bytes is taken",
    )
    .modes(&[Http])
    .feature("unix-upstream")
    .run(longest_socket_path),
    Case::must(
        "config/largest-numbers",
        "WD-1.30",
        "the largest counts and durations",
    )
    .modes(&Mode::ALL)
    .feature("strict-config")
    .run(largest_numbers),
    Case::must(
        "config/no-effect",
        "WD-1.8",
        "a queue in front of no limit is told to have no effect",
    )
    .feature("queue")
    .run(no_effect),
];

fn upstream(rig: &mut Rig) -> Outcome {
    let long = |length: usize| "a".repeat(length);
    for (url, why) in [
        (format!("unix:/{}", long(107)), "107 bytes"),
        (format!("http://{}/", long(64)), "no host"),
        (format!("http://{}b/", "a.".repeat(127)), "no host"),
        ("http://a..b/".to_owned(), "no host"),
        ("http://127.0.0.256/".to_owned(), "no host"),
        ("http://127.0.0.1:18080/".to_owned(), "port=18080"),
        ("http://localhost:18080/".to_owned(), "port=18080"),
        ("http://[::1]:18081/".to_owned(), "metrics_port=18081"),
    ] {
        let setup = echo(rig).env("upstream_url", &url).env("port", "18080");
        let exit = setup.env("metrics_port", "18081").run_to_exit(10.0)?;
        check_eq!(exit.code, Some(64), "exit code for {url}");
        refused(&exit, &["upstream_url", why])?;
    }
    Ok(())
}

fn longest_socket_path(rig: &mut Rig) -> Outcome {
    let directory = rig.dir().display().to_string();
    let name = "a".repeat(107 - directory.len() - 1);
    let url = format!("unix:{directory}/{name}");
    let setup = echo(rig).env("upstream_url", &url).await_upstream(false);
    setup.start().map(drop)
}

fn largest_numbers(rig: &mut Rig) -> Outcome {
    let largest = i64::MAX.to_string();
    let mut setup = rig.function(&rig.fixture("echo", &[]));
    for name in ["max_inflight", "max_queue"] {
        setup = setup.env(name, &largest);
    }
    for name in [
        "read_timeout",
        "write_timeout",
        "exec_timeout",
        "stream_idle_timeout",
        "queue_timeout",
        "startup_timeout",
        "shutdown_timeout",
        "kill_grace",
    ] {
        // What Go's durations hold.
        setup = setup.env(name, "2562047h");
    }
    rig.write("public/echo", "x")?;
    let w = setup.env("drain_delay", "0s").start()?;
    let request = match rig.mode() {
        Static => Request::get("/echo"),
        _ => Request::post("/echo").body("x"),
    };
    let r = w.request(request)?;
    check_eq!((r.status, r.text().as_str()), (200, "x"), "answer");
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    check!(exit.code.is_some(), "ended by signal {:?}", exit.signal);
    Ok(())
}

fn no_effect(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("max_queue", "3").start()?;
    w.wait_log("max_queue has no effect", 5.0)
}
