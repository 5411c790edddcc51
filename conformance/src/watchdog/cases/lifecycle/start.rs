//! Starting: ports, commands and the lock file.
//! It knows every way a start can fail before the first request.
//! It refuses bad configuration, which is chapter 1.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::{failed, finish, in_flight, server_pid};
use crate::watchdog::prelude::*;
use crate::watchdog::profile::MetricsPort;

pub const CASES: &[Case] = &[
    Case::must(
        "lifecycle/port-taken",
        "WD-10.2",
        "a taken port is an error",
    )
    .modes(&Mode::ALL)
    .bugs(&["BUG-16"])
    .run(port_taken),
    Case::must(
        "lifecycle/port-taken-message",
        "WD-10.2",
        "the message names the port and the cause",
    )
    .run(port_taken_message),
    Case::must(
        "lifecycle/port-taken-no-child",
        "WD-10.5",
        "a start that fails leaves no child behind",
    )
    .modes(&[Http])
    .bugs(&["BUG-16"])
    .run(port_taken_no_child),
    Case::must(
        "lifecycle/metrics-port-taken",
        "WD-10.2",
        "a taken metrics port is an error in one line, and leaves no lock file",
    )
    .exclusive()
    .bugs(&["BUG-28"])
    .run(metrics_port_taken),
    Case::must(
        "lifecycle/same-ports",
        "WD-10.2",
        "`port` and `metrics_port` cannot be the same",
    )
    .feature("metrics-port")
    .run(same_ports),
    Case::must(
        "lifecycle/no-such-command",
        "WD-10.6",
        "a missing program is named",
    )
    .modes(&[Http])
    .run(no_such_command),
    Case::must(
        "lifecycle/not-executable",
        "WD-10.6",
        "a program that is not executable is named",
    )
    .modes(&[Http])
    .run(not_executable),
    Case::must(
        "lifecycle/lock-means-listening",
        "WD-10.7",
        "a connection made the moment the lock file appears is accepted",
    )
    .modes(&[Classic, Streaming, Http])
    .run(lock_means_listening),
    Case::must(
        "lifecycle/stale-lock",
        "WD-10.7",
        "the lock file of an earlier life does not matter",
    )
    .run(stale_lock),
    Case::should(
        "lifecycle/start-log",
        "WD-10.21",
        "the log tells what was started",
    )
    .modes(&Mode::ALL)
    .run(start_log),
    Case::must(
        "lifecycle/early-exit",
        "WD-10.3",
        "a child that exits before it listens ends the watchdog, and no request waits for it",
    )
    .modes(&[Http])
    .run(early_exit),
    Case::must(
        "lifecycle/stop-while-starting",
        "WD-10.1",
        "SIGTERM while the child is not listening yet ends both",
    )
    .modes(&[Http])
    .bugs(&["BUG-26"])
    .run(stop_while_starting),
    Case::must(
        "lifecycle/no-blocked-signals",
        "WD-10.22",
        "a process of the function gets every signal that it is sent",
    )
    .modes(FUNCTION)
    .run(no_blocked_signals),
];

fn no_blocked_signals(rig: &mut Rig) -> Outcome {
    let (_w, mut wire) = in_flight(rig, "100ms")?;
    let pid = rig.wait_pid("inflight", 10.0)?;
    check_eq!(
        proc::blocked_signals(pid).as_deref(),
        Some("0000000000000000"),
        "the signals that the process blocks"
    );
    finish(rig, &mut wire)
}

fn plain(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
}

/// A port that somebody else listens on.
fn held() -> Result<(TcpListener, String), Failure> {
    let holder = TcpListener::bind(("0.0.0.0", 0))?;
    let port = holder.local_addr()?.port().to_string();
    Ok((holder, port))
}

fn port_taken(rig: &mut Rig) -> Outcome {
    let (_holder, port) = held()?;
    let exit = plain(rig).env("port", &port).run_to_exit(10.0)?;
    failed(&exit)?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn port_taken_message(rig: &mut Rig) -> Outcome {
    let (_holder, port) = held()?;
    let exit = plain(rig).env("port", &port).run_to_exit(10.0)?;
    let told = exit
        .stderr
        .lines()
        .any(|line| line.contains(&port) && line.to_lowercase().contains("address already in use"));
    check!(told, "no line tells the port and the cause");
    Ok(())
}

fn port_taken_no_child(rig: &mut Rig) -> Outcome {
    let (_holder, port) = held()?;
    plain(rig).env("port", &port).run_to_exit(10.0)?;
    // The child may not have been started at all, which is best.
    rig.poll(3.0, "an end of the child", || {
        let pid = rig.evidence("started");
        let pid = pid.split(' ').next().and_then(|word| word.parse().ok());
        pid.is_none_or(|pid| !proc::alive(pid)).then_some(())
    })
}

fn metrics_port_taken(rig: &mut Rig) -> Outcome {
    let wanted = match rig.profile().metrics {
        MetricsPort::Fixed(port) => port,
        MetricsPort::Chosen => 0,
    };
    let holder = TcpListener::bind(("0.0.0.0", wanted))?;
    let port = holder.local_addr()?.port().to_string();
    let exit = plain(rig).env("metrics_port", &port).run_to_exit(10.0)?;
    failed(&exit)?;
    check!(
        exit.stderr
            .to_lowercase()
            .contains("address already in use")
            && exit.stderr.contains(&port),
        "the message names neither port nor cause"
    );
    check!(
        !exit.stderr.contains("goroutine"),
        "a stack trace is no message"
    );
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn same_ports(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?.to_string();
    let setup = plain(rig).env("port", &port).env("metrics_port", &port);
    let exit = setup.run_to_exit(10.0)?;
    failed(&exit)?;
    check!(
        exit.stderr.contains("metrics_port"),
        "the message does not name it"
    );
    Ok(())
}

fn no_such_command(rig: &mut Rig) -> Outcome {
    let missing = rig.file("bin/no-such-program").display().to_string();
    let exit = rig.watchdog().fprocess(&missing).run_to_exit(10.0)?;
    failed(&exit)?;
    let told = exit
        .stderr
        .lines()
        .any(|line| line.contains(&missing) && line.contains("no such file or directory"));
    check!(told, "no line names the path and the cause");
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn not_executable(rig: &mut Rig) -> Outcome {
    let path = rig.write("bin/plain-file", "no program\n")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
    let path = path.display().to_string();
    let exit = rig.watchdog().fprocess(&path).run_to_exit(10.0)?;
    failed(&exit)?;
    let told = exit
        .stderr
        .lines()
        .any(|line| line.contains(&path) && line.contains("permission denied"));
    check!(told, "no line names the path and the cause");
    Ok(())
}

fn lock_means_listening(rig: &mut Rig) -> Outcome {
    let lock = rig.file("tmp/.lock");
    for round in 1..=5 {
        let w = plain(rig).spawn()?;
        let limit = Instant::now() + rig.timeout(10.0);
        while !lock.exists() && Instant::now() < limit {
            std::hint::spin_loop();
        }
        let connected = std::net::TcpStream::connect(w.addr());
        check!(lock.exists(), "no lock file");
        check!(connected.is_ok(), "refused in round {round}: {connected:?}");
        drop(w);
        // It may have gone with the child.
        let _ = std::fs::remove_file(&lock);
    }
    Ok(())
}

fn stale_lock(rig: &mut Rig) -> Outcome {
    rig.write("tmp/.lock", "left by somebody")?;
    let w = plain(rig).start()?;
    check_eq!(w.get("/_/health")?.status, 200, "health");
    let size = std::fs::metadata(rig.file("tmp/.lock"))?.len();
    check_eq!(size, 0, "size of the lock file");
    Ok(())
}

fn start_log(rig: &mut Rig) -> Outcome {
    let setup = plain(rig)
        .env("read_timeout", "7s")
        .env("write_timeout", "90s");
    let w = setup.env("exec_timeout", "1500ms").start()?;
    let lock = rig.file("tmp/.lock").display().to_string();
    for text in [
        "Version: ",
        "SHA: ",
        "Timeouts: read: 7s write: 1m30s hard: 1.5s health: ",
        &format!("Listening on port: {}", w.port()),
        &format!("Metrics listening on port: {}", w.metrics_port()),
        &format!("Writing lock-file to: {lock}"),
    ] {
        w.wait_log(text, 5.0)?;
    }
    if rig.flavour() == Flavour::Of {
        w.wait_log(
            &format!("Watchdog mode: {}\tfprocess: ", rig.mode().name()),
            5.0,
        )?;
    }
    Ok(())
}

fn early_exit(rig: &mut Rig) -> Outcome {
    let args = ["--listen-after", "60", "--exit-after", "700ms:3"];
    let fixture = rig.fixture("http-server", &args);
    let w = rig.watchdog().fprocess(&fixture).spawn()?;
    w.wait_listening(10.0)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    if let Ok(r) = wire.read_response() {
        check!(r.status >= 500, "answered {} without a child", r.status);
    }
    failed(&w.wait_exit(10.0)?)?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file is left");
    Ok(())
}

fn stop_while_starting(rig: &mut Rig) -> Outcome {
    let fixture = rig.fixture("http-server", &["--listen-after", "60"]);
    let setup = rig.watchdog().fprocess(&fixture);
    let w = setup.env("healthcheck_interval", "100ms").spawn()?;
    w.wait_healthy(10.0)?;
    let pid = server_pid(rig)?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    rig.wait_gone(pid, 2.0)
}
