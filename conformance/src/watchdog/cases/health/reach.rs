//! The cases about an upstream that cannot be reached, and about who is told.
//! It knows ports where nobody listens, where nobody speaks, and where something else is spoken.
//! It refuses upstreams that answer, whatever they answer.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};

use crate::watchdog::cases::proxy::upstream::Port;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "health/unreached-says-why",
        "WD-9.17",
        "a wrong port, no such name and a missing socket are named in the log and in the body of /_/ready",
    )
    .modes(&[Http])
    .feature("ready")
    .seconds(60)
    .run(says_why),
    Case::must(
        "health/unreached-once",
        "WD-9.17",
        "one line when the cause is known, and one at the end of `startup_timeout`",
    )
    .modes(&[Http])
    .feature("ready")
    .run(said_once),
    Case::must(
        "health/unreached-not-early",
        "WD-9.17",
        "an ordinary start is no trouble",
    )
    .modes(&[Http])
    .feature("ready")
    .run(not_early),
    Case::must(
        "health/ready-lost",
        "WD-9.18",
        "not ready once nobody listens at the upstream's port any more, and ready again with the next",
    )
    .modes(&[Http])
    .feature("ready")
    .run(lost),
    Case::must(
        "health/unreached-unanswered",
        "WD-9.19",
        "so is a connection that nobody answers",
    )
    .modes(&[Http])
    .feature("ready")
    .seconds(60)
    .run(unanswered),
    Case::must(
        "health/unreached-silent-tls",
        "WD-9.19",
        "a TLS handshake that hangs is given up and tried again",
    )
    .modes(&[Http])
    .feature("ready")
    .seconds(60)
    .run(silent_tls),
    Case::must(
        "health/unreached-refused-tls",
        "WD-9.19",
        "one that fails is tried less and less often",
    )
    .modes(&[Http])
    .feature("ready")
    .run(refused_tls),
];

/// A child that serves nothing, in front of which `url` is expected.
fn expecting(rig: &Rig, url: &str) -> Setup {
    rig.watchdog()
        .fprocess(&rig.fixture("script", &["until:go"]))
        .env("upstream_url", url)
        .await_upstream(false)
}

fn listen(port: u16) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.map_err(|e| Failure::fault(format!("cannot listen on {port}: {e}")))
}

/// How many connections have come, all of which are closed.
fn callers(listener: &TcpListener) -> Result<usize, Failure> {
    listener.set_nonblocking(true)?;
    let mut count = 0;
    while let Ok((mut stream, _)) = listener.accept() {
        // Whoever asks for TLS has something to say about this.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        count += 1;
    }
    Ok(count)
}

fn says_why(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let socket = rig.file("no.sock").display().to_string();
    for (url, place, cause) in [
        (
            format!("http://127.0.0.1:{port}"),
            format!("127.0.0.1:{port}"),
            "efused",
        ),
        (
            "http://no-such-name.invalid:80".into(),
            "no-such-name.invalid:80".into(),
            "dial",
        ),
        (format!("unix:{socket}"), socket, "o such file"),
    ] {
        let w = expecting(rig, &url).start()?;
        let r = rig.poll(10.0, "a cause in the body of /_/ready", || {
            let r = w.get("/_/ready").ok()?;
            r.text().contains(&place).then_some(r)
        })?;
        check_eq!(r.status, 503, "status for {url}");
        check!(r.text().contains(cause), "the body is {:?}", r.text());
        w.wait_log(&place, 10.0)?;
        let log = w.log();
        let line = log
            .lines()
            .find(|line| line.contains("reachable"))
            .unwrap_or_default();
        check!(
            line.contains(&place) && line.contains(cause),
            "the log says {line:?}"
        );
    }
    Ok(())
}

fn said_once(rig: &mut Rig) -> Outcome {
    let place = format!("127.0.0.1:{}", rig.free_port()?);
    let w = expecting(rig, &format!("http://{place}"))
        .env("startup_timeout", "3s")
        .start()?;
    w.wait_log("startup_timeout", 15.0)?;
    rig.pass_time(Duration::from_secs(2));
    let log = w.log();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("reachable"))
        .collect();
    check_eq!(lines.len(), 2, "lines about it: {lines:#?}");
    check!(
        lines.iter().all(|line| line.contains(&place)),
        "no address in {lines:#?}"
    );
    Ok(())
}

fn not_early(rig: &mut Rig) -> Outcome {
    let server = rig.fixture("http-server", &["--listen-after", "300ms"]);
    let w = rig.watchdog().fprocess(&server).start()?;
    check_eq!(w.get("/")?.status, 200, "status");
    check!(!w.log().contains("reachable"), "the log is {}", w.log());
    Ok(())
}

fn lost(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let listener = listen(port)?;
    let w = expecting(rig, &format!("http://127.0.0.1:{port}")).start()?;
    w.wait_status("/_/ready", 200, 10.0)?;
    drop(listener);
    w.wait_status("/_/ready", 503, 5.0)?;
    let told = w.get("/_/ready")?.text();
    check!(
        told.contains(&format!("127.0.0.1:{port}")),
        "the body is {told:?}"
    );
    let _listener = listen(port)?;
    w.wait_status("/_/ready", 200, 5.0)
}

fn silent_tls(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let listener = listen(port)?;
    let w = expecting(rig, &format!("https://127.0.0.1:{port}")).start()?;
    w.wait_log("TLS handshake", 15.0)?;
    // It is held open without a word, and another comes all the same.
    let (_held, _) = listener.accept()?;
    listener.set_nonblocking(true)?;
    rig.poll(15.0, "another attempt", || listener.accept().ok())?;
    Ok(())
}

fn unanswered(rig: &mut Rig) -> Outcome {
    let port = Port::open(rig)?;
    let full = port.fill();
    let w = port.watchdog(rig).start()?;
    w.wait_log("no connection within", 15.0)?;
    check_eq!(w.get("/_/ready")?.status, 503, "ready");
    drop(full);
    rig.poll(20.0, "another attempt", || {
        drop(port.accept());
        (w.probe("/_/ready") == Some(200)).then_some(())
    })
}

fn refused_tls(rig: &mut Rig) -> Outcome {
    let port = rig.free_port()?;
    let listener = listen(port)?;
    let w = expecting(rig, &format!("https://127.0.0.1:{port}")).start()?;
    let mut attempts = 0;
    for _ in 0..60 {
        rig.pass_time(Duration::from_millis(100));
        attempts += callers(&listener)?;
    }
    check!(attempts >= 2, "{attempts} attempts in 6 s");
    check!(attempts <= 15, "{attempts} attempts in 6 s");
    w.wait_log(&format!("127.0.0.1:{port}"), 5.0)
}
