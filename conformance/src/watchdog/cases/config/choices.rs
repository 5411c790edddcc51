//! Modes, aliases, ports and switches.
//! It knows which choice is seen by which mark from outside.
//! It refuses the modes themselves: each has its chapter.

use std::net::TcpListener;

use super::{Told, echo, refused};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "config/mode-unknown",
        "WD-1.11",
        "an unknown mode is named in plain words and ends the start",
    )
    .only(Flavour::Of)
    .bugs(&["BUG-40"])
    .run(mode_unknown),
    Case::must(
        "config/mode-without-binary",
        "WD-1.11",
        "modes that cannot be served are refused in plain words",
    )
    .only(Flavour::Of)
    .bugs(&["BUG-40"])
    .run(mode_refused),
    Case::must(
        "config/mode-of-the-function",
        "WD-1.11",
        "the classic flavour leaves an unknown mode to the function",
    )
    .only(Flavour::Classic)
    .run(mode_of_the_function),
    Case::must(
        "config/mode-default",
        "WD-1.11",
        "an unset mode is the one of the flavour",
    )
    .run(mode_default),
    Case::must(
        "config/mode-buffered",
        "WD-1.11",
        "`buffered` is another name of `classic`",
    )
    .modes(&[Classic])
    .run(mode_buffered),
    Case::must(
        "config/upstream-alias",
        "WD-1.12",
        "http_upstream_url wins over upstream_url",
    )
    .modes(&[Http])
    .run(upstream_alias),
    Case::must(
        "config/buffer-alias",
        "WD-1.12",
        "http_buffer_req_body is buffer_http",
    )
    .modes(&[Http])
    .bugs(&["BUG-02"])
    .run(buffer_alias),
    Case::must(
        "config/drain-alias",
        "WD-1.12",
        "healthcheck_interval sets the delay of the drain",
    )
    .run(drain_alias),
    Case::must(
        "config/call-id-alias",
        "WD-1.12",
        "log_call_id, the documented name, works",
    )
    .modes(&[Http])
    .run(call_id_alias),
    Case::must("config/port-default", "WD-1.13", "8080 where port is unset")
        .exclusive()
        .run(port_default),
    Case::must(
        "config/port-all-addresses",
        "WD-1.13",
        "it listens on IPv6 as well",
    )
    .run(all_addresses),
    Case::must(
        "config/port-busy",
        "WD-1.14",
        "a busy port: a message, a failure, no lock file",
    )
    .bugs(&["BUG-16"])
    .run(port_busy),
    Case::should(
        "config/port-busy-69",
        "WD-1.23",
        "a busy port is exit code 69, and starts no function",
    )
    .modes(&[Http])
    .feature("exit-codes")
    .run(port_busy_69),
    Case::should("config/booleans", "WD-1.26", "every spelling of yes and no")
        .feature("bool-words")
        .run(booleans),
    Case::must(
        "config/boolean-true",
        "WD-1.8",
        "suppress_lock: true writes no lock file, false does",
    )
    .run(boolean_true),
    Case::should(
        "config/bind-address",
        "WD-1.27",
        "bind_address keeps it to one address",
    )
    .feature("bind-address")
    .run(bind_address),
];

fn mode_unknown(rig: &mut Rig) -> Outcome {
    for mode in ["turbo", "HTTP", "http "] {
        refused(&echo(rig).env("mode", mode).run_to_exit(10.0)?, &["mode"])?;
    }
    Ok(())
}

fn mode_refused(rig: &mut Rig) -> Outcome {
    for mode in ["afterburn", "inproc"] {
        let exit = echo(rig).env("mode", mode).run_to_exit(3.0);
        let exit = exit.map_err(|_| Failure::failed(format!("it starts with mode={mode}")))?;
        refused(&exit, &["mode"])?;
    }
    Ok(())
}

fn mode_of_the_function(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("env", &[]))
        .env("mode", "grayscale")
        .start()?;
    let text = w.get("/")?.text();
    check!(
        text.lines().any(|line| line == "mode=grayscale"),
        "the function's variable is lost: {text}"
    );
    Ok(())
}

fn mode_default(rig: &mut Rig) -> Outcome {
    let w = echo(rig).unset("mode").start()?;
    let r = w.request(
        Request::post("/")
            .header("Content-Type", "text/x-mine")
            .body("x"),
    )?;
    let want = match rig.flavour() {
        Flavour::Classic => "text/x-mine",
        Flavour::Of => "application/octet-stream",
    };
    check_eq!(
        r.header("content-type"),
        Some(want),
        "the mode's own Content-Type"
    );
    check_eq!(
        r.headers.has("x-duration-seconds"),
        rig.flavour() == Flavour::Classic,
        "X-Duration-Seconds"
    );
    Ok(())
}

fn mode_buffered(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("mode", "buffered").start()?;
    let r = w.request(
        Request::post("/")
            .header("Content-Type", "text/x-mine")
            .body("x"),
    )?;
    check_eq!(
        (r.status, r.header("content-type")),
        (200, Some("text/x-mine")),
        "answer of mode classic"
    );
    Ok(())
}

fn upstream_alias(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("http-server", &[]))
        .env("FIXTURE_PORT", &port.to_string())
        .env("http_upstream_url", &format!("http://127.0.0.1:{port}"))
        .await_upstream(false)
        .start()?;
    rig.wait_evidence("server.listening", 10.0)?;
    check_eq!(
        w.post("/echo", "x")?.text(),
        "x",
        "answer of the upstream named by http_upstream_url"
    );
    Ok(())
}

fn buffer_alias(rig: &mut Rig) -> Outcome {
    for name in ["buffer_http", "http_buffer_req_body"] {
        let server = rig.fixture("http-server", &[]);
        let w = rig.watchdog().fprocess(&server).env(name, "true").start()?;
        let r = w.request(Request::post("/dump").chunks(&[b"ab", b"c"]))?;
        let text = r.text();
        check!(
            text.contains(r#""framing":{"length":3}"#),
            "{name}: the upstream saw {text}"
        );
    }
    Ok(())
}

fn drain_alias(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("healthcheck_interval", "100ms").start()?;
    check_eq!(Told::by(rig, &w)?.get("health"), "100ms", "delay told");
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    check!(
        exit.took < rig.timeout(2.5),
        "the drain took {:?}",
        exit.took
    );
    Ok(())
}

fn call_id_alias(rig: &mut Rig) -> Outcome {
    let server = rig.fixture("http-server", &[]);
    let w = rig
        .watchdog()
        .fprocess(&server)
        .env("log_call_id", "true")
        .start()?;
    w.request(Request::get("/x").header("X-Call-Id", "call-4711"))?;
    w.wait_log("[call-4711]", 5.0)
}

fn port_default(rig: &mut Rig) -> Outcome {
    let _turn = rig.turn(8080)?;
    if TcpListener::bind(("0.0.0.0", 8080)).is_err() {
        return rig.not_applicable("8080 is taken on this machine");
    }
    let w = echo(rig).unset("port").spawn()?;
    w.wait_log("Listening on port: 8080", 10.0)?;
    let mut wire = rig.poll(10.0, "something on 8080", || rig.connect(8080).ok())?;
    check_eq!(
        wire.exchange(&Request::post("/").body("x"))?.text(),
        "x",
        "answer on 8080"
    );
    Ok(())
}

fn all_addresses(rig: &mut Rig) -> Outcome {
    if TcpListener::bind("[::1]:0").is_err() {
        return rig.not_applicable("no IPv6 here");
    }
    let w = echo(rig).start()?;
    let connected = std::net::TcpStream::connect(("::1", w.port()));
    check!(connected.is_ok(), "no answer on ::1: {connected:?}");
    Ok(())
}

fn port_busy(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let _taken = TcpListener::bind(("0.0.0.0", port))?;
    let exit = echo(rig).env("port", &port.to_string()).run_to_exit(10.0)?;
    refused(&exit, &[&port.to_string()])?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file claims health");
    Ok(())
}

fn port_busy_69(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let _taken = TcpListener::bind(("0.0.0.0", port))?;
    for name in ["port", "metrics_port"] {
        let setup = rig.watchdog().fprocess(&rig.fixture("http-server", &[]));
        let exit = setup.env(name, &port.to_string()).run_to_exit(10.0)?;
        check_eq!(exit.code, Some(69), "exit code for a busy {name}");
        check!(
            exit.stderr.contains(name),
            "{name} is not named in {:?}",
            exit.stderr
        );
    }
    check_eq!(rig.evidence("started"), "", "processes started for nothing");
    Ok(())
}

fn booleans(rig: &mut Rig) -> Outcome {
    for (word, lock) in [
        ("1", false),
        ("t", false),
        ("TRUE", false),
        ("True", false),
        ("0", true),
        ("F", true),
        ("FALSE", true),
    ] {
        let w = echo(rig).env("suppress_lock", word).start()?;
        check_eq!(
            rig.file("tmp/.lock").exists(),
            lock,
            "a lock file with suppress_lock={word}"
        );
        w.signal(Signal::SIGKILL)?;
        w.wait_exit(5.0)?;
        let _ = std::fs::remove_file(rig.file("tmp/.lock"));
    }
    Ok(())
}

fn boolean_true(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("suppress_lock", "false").start()?;
    check!(rig.file("tmp/.lock").exists(), "no lock file with false");
    w.signal(Signal::SIGKILL)?;
    w.wait_exit(5.0)?;
    std::fs::remove_file(rig.file("tmp/.lock"))?;
    let w = echo(rig).env("suppress_lock", "true").spawn()?;
    w.wait_log("Listening on port", 10.0)?;
    w.wait_listening(10.0)?;
    w.get("/")?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file with true");
    Ok(())
}

fn bind_address(rig: &mut Rig) -> Outcome {
    if TcpListener::bind("127.0.0.2:0").is_err() {
        return rig.not_applicable("only one loopback address here");
    }
    let w = echo(rig).env("bind_address", "127.0.0.1").start()?;
    let elsewhere = std::net::TcpStream::connect(("127.0.0.2", w.port()));
    check!(elsewhere.is_err(), "it answers on another address");
    let metrics = std::net::TcpStream::connect(("127.0.0.2", w.metrics_port()));
    check!(metrics.is_err(), "metrics answer on another address");
    w.metrics_text().map(drop)
}
