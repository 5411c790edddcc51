//! Upgraded connections, `WebSocket` and any other.
//! It knows the opening, the traffic, the limits and the end of an upgraded connection.
//! It refuses frames of its own: real ones are tungstenite's.

use tungstenite::Message;

use super::server;
use crate::watchdog::cases::proxy::Seen;
use crate::watchdog::prelude::*;
use crate::wire::websocket::opening;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/websocket-echo",
        "WD-7.1",
        "texts come back through a WebSocket",
    )
    .modes(&[Http])
    .run(websocket),
    Case::must(
        "upgrade/websocket-large",
        "WD-7.1",
        "binary messages of a megabyte come back",
    )
    .modes(&[Http])
    .run(large),
    Case::must(
        "upgrade/websocket-greeting",
        "WD-7.1",
        "what the child says at once after the upgrade arrives",
    )
    .modes(&[Http])
    .run(greeting),
    Case::must(
        "upgrade/websocket-close",
        "WD-7.1",
        "the closing handshake passes, and both ends close",
    )
    .modes(&[Http])
    .run(close),
    Case::must(
        "upgrade/websocket-ping",
        "WD-7.1",
        "control frames reach the child and are answered by it",
    )
    .modes(&[Http])
    .run(ping),
    Case::must(
        "upgrade/websocket-fields",
        "WD-7.1",
        "the child sees the opening as sent",
    )
    .modes(&[Http])
    .run(fields),
    Case::must(
        "upgrade/many-websockets",
        "WD-7.1",
        "twenty WebSockets at once keep apart",
    )
    .modes(&[Http])
    .run(many),
    Case::must(
        "upgrade/token-case",
        "WD-7.2",
        "the token and Connection count in any case of letters, and among others",
    )
    .modes(&[Http])
    .bugs(&["BUG-43"])
    .run(token_case),
    Case::must(
        "upgrade/any-token",
        "WD-7.2",
        "a raw protocol passes after its upgrade",
    )
    .modes(&[Http])
    .run(any_token),
    Case::must(
        "upgrade/bytes-before-the-answer",
        "WD-7.2",
        "what the client sends right behind its request is not lost",
    )
    .modes(&[Http])
    .run(bytes_before_the_answer),
    Case::must(
        "upgrade/raw-bulk",
        "WD-7.2",
        "megabytes pass both ways through a raw protocol",
    )
    .modes(&[Http])
    .seconds(60)
    .run(raw_bulk),
    Case::must(
        "upgrade/half-close",
        "WD-7.2",
        "a half-closed raw connection still brings the rest back",
    )
    .modes(&[Http])
    .run(half_close),
    Case::must(
        "upgrade/refused",
        "WD-7.5",
        "a refused upgrade is an ordinary answer, and the connection serves the next request",
    )
    .modes(&[Http])
    .run(refused),
    Case::must(
        "upgrade/token-without-connection",
        "WD-7.5",
        "Upgrade without Connection is an ordinary request",
    )
    .modes(&[Http])
    .run(token_without_connection),
    Case::must(
        "upgrade/h2c-token",
        "WD-7.5",
        "an upgrade to h2c is an ordinary request",
    )
    .modes(&[Http])
    .run(h2c_token),
    Case::must(
        "upgrade/head-timeout",
        "WD-7.6",
        "an upgrade without an answer is a 504",
    )
    .modes(&[Http])
    .bugs(&["BUG-35"])
    .run(head_timeout),
    Case::must(
        "upgrade/websocket-outlives-exec-timeout",
        "WD-7.1",
        "a WebSocket in use outlives exec_timeout",
    )
    .modes(&[Http])
    .run(outlives_exec_timeout),
    Case::must(
        "upgrade/websocket-outlives-server-timeouts",
        "WD-7.1",
        "a WebSocket in use outlives read_timeout and write_timeout",
    )
    .modes(&[Http])
    .run(outlives_server_timeouts),
    Case::must(
        "upgrade/websocket-silence",
        "WD-7.8",
        "a silent WebSocket is closed on both sides",
    )
    .modes(&[Http])
    .feature("stream-idle-timeout")
    .run(silence),
    Case::must(
        "upgrade/websocket-silence-unlimited",
        "WD-7.8",
        "with stream_idle_timeout=0 a silent WebSocket stays",
    )
    .modes(&[Http])
    .feature("stream-idle-timeout")
    .run(silence_unlimited),
    Case::must(
        "upgrade/websocket-holds-its-slot",
        "WD-7.10",
        "an open WebSocket counts against max_inflight until it is closed",
    )
    .modes(&[Http])
    .run(holds_its_slot),
    Case::must(
        "upgrade/websocket-left",
        "WD-7.4",
        "a client that vanishes from a WebSocket is gone for the child as well",
    )
    .modes(&[Http])
    .run(left),
    Case::must(
        "upgrade/websocket-drain",
        "WD-7.11",
        "an open WebSocket works while the watchdog drains, and does not keep it from ending",
    )
    .modes(&[Http])
    .run(drain),
];

fn websocket(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("hello")?;
    socket.echo(&"long ".repeat(20_000))?;
    socket.close()
}

fn large(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    for size in [1_000_000, 0, 1, 125, 126, 65_535, 65_536, 1_048_577] {
        let data = Pattern::new(size, size).bytes();
        socket.send(Message::binary(data.clone()))?;
        let back = socket.read()?;
        check!(
            back == Message::binary(data),
            "{size} bytes came back changed"
        );
    }
    socket.close()
}

fn greeting(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for _ in 0..5 {
        let mut socket = w.websocket("/ws?greet=1", &[])?;
        check_eq!(socket.read()?, Message::text("hello"), "first message");
    }
    Ok(())
}

fn close(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("last")?;
    socket.close()?;
    let end = rig.wait_evidence("ws.end", 5.0)?;
    check!(
        end.to_lowercase().contains("closed normally"),
        "the child saw: {end}"
    );
    Ok(())
}

fn ping(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.send(Message::Ping("beat".into()))?;
    check_eq!(
        socket.read()?,
        Message::Pong("beat".into()),
        "answer to a ping"
    );
    socket.close()
}

fn fields(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = opening("/dump?room=%20a")
        .header("Sec-WebSocket-Protocol", "chat, superchat")
        .header("Origin", "http://app.example")
        .header("Cookie", "s=1");
    let seen = Seen::by(&w, &request)?;
    check_eq!(seen.target(), "/dump?room=%20a", "target");
    for (name, value) in [
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "chat, superchat"),
        ("origin", "http://app.example"),
        ("cookie", "s=1"),
        ("upgrade", "websocket"),
    ] {
        check_eq!(seen.all(name), [value], "values of {name}");
    }
    let connection = seen.all("connection").join(",").to_lowercase();
    check!(
        connection.contains("upgrade"),
        "Connection at the child: {connection}"
    );
    Ok(())
}

fn many(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(w.websocket("/ws", &[])?);
    }
    for round in 0..3 {
        for (index, socket) in sockets.iter_mut().enumerate() {
            socket.echo(&format!("socket {index} round {round}"))?;
        }
    }
    Ok(())
}

fn token_case(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for (connection, token) in [
        ("Upgrade", "WebSocket"),
        ("upgrade", "websocket"),
        ("keep-alive, Upgrade", "websocket"),
        ("UPGRADE", "WEBSOCKET"),
    ] {
        let mut request = Request::get("/ws")
            .header("Connection", connection)
            .header("Upgrade", token);
        for (name, value) in opening("/ws").headers.iter() {
            if name.starts_with("Sec-") {
                request = request.header(name, value);
            }
        }
        let mut wire = w.connect()?;
        wire.send_request(&request)?;
        let head = wire.read_head()?;
        check_eq!(
            head.status,
            101,
            "status with Connection: {connection}, Upgrade: {token}"
        );
        check!(
            head.headers.lists("connection", "upgrade"),
            "no Connection: Upgrade in the answer"
        );
    }
    Ok(())
}

/// A raw connection after its upgrade.
fn raw(w: &Watchdog) -> Result<Wire, Failure> {
    let mut wire = w.connect()?;
    wire.send_request(&raw_request())?;
    let head = wire.read_head()?;
    check_eq!(head.status, 101, "status");
    check_eq!(head.headers.get("upgrade"), Some("raw"), "Upgrade");
    Ok(wire)
}

fn raw_request() -> Request {
    Request::get("/upgrade")
        .header("Connection", "Upgrade")
        .header("Upgrade", "raw")
}

fn any_token(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = raw(&w)?;
    wire.send(b"ping")?;
    check_eq!(wire.read_exact(4)?, b"ping", "echo of raw bytes");
    Ok(())
}

fn bytes_before_the_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    let mut bytes = raw_request().head_bytes("fn.example");
    bytes.extend(b"early bytes");
    wire.send(&bytes)?;
    check_eq!(wire.read_head()?.status, 101, "status");
    check_eq!(wire.read_exact(11)?, b"early bytes", "echo");
    Ok(())
}

fn raw_bulk(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let (stream, rest) = raw(&w)?.into_parts()?;
    check_eq!(rest, b"", "bytes nobody sent");
    let body = Pattern::new(4, 5_000_000);
    let mut out = stream.try_clone()?;
    let sender = std::thread::spawn(move || body.write_to(&mut out, false));
    let (mut offset, mut part) = (0, vec![0; 65_536]);
    while offset < body.len {
        let n = std::io::Read::read(&mut &stream, &mut part)?;
        check!(n > 0, "closed after {offset} bytes");
        let got = part.get(..n).unwrap_or_default();
        check!(
            body.mismatch(offset, got).is_none(),
            "wrong bytes after {offset}"
        );
        offset += n as u64;
    }
    sender
        .join()
        .map_err(|_| Failure::fault("the sender panicked"))??;
    Ok(())
}

fn half_close(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = raw(&w)?;
    wire.send(b"the rest")?;
    wire.half_close()?;
    check_eq!(wire.read_to_end()?, b"the rest", "echo after a half-close");
    rig.wait_evidence("upgrade.end", 5.0)?;
    Ok(())
}

fn refused(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    for status in [403, 404, 503] {
        let r = wire.exchange(&opening(&format!("/status/{status}")))?;
        check_eq!(r.status, status, "status");
        check_eq!(r.text(), format!("status {status}"), "body");
    }
    check_eq!(
        wire.exchange(&Request::get("/anything"))?.text(),
        "hello",
        "next answer"
    );
    Ok(())
}

fn token_without_connection(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/upgrade").header("Upgrade", "raw"))?;
    check_eq!(r.status, 426, "status");
    Ok(())
}

fn h2c_token(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let request = Request::get("/anything")
        .header("Connection", "Upgrade, HTTP2-Settings")
        .header("Upgrade", "h2c")
        .header("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA");
    let r = w.request(request)?;
    check_eq!((r.status, r.text().as_str()), (200, "hello"), "answer");
    Ok(())
}

fn head_timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "500ms").start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(6.0))?;
    let r = wire.exchange(&opening("/never"))?;
    check_eq!(r.status, 504, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    Ok(())
}

/// Talks for longer than a second.
fn talk(rig: &Rig, w: &Watchdog) -> Outcome {
    let mut socket = w.websocket("/ws", &[])?;
    for round in 0..14 {
        socket.echo(&format!("round {round}"))?;
        rig.pass_time(Duration::from_millis(100));
    }
    socket.close()
}

fn outlives_exec_timeout(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("exec_timeout", "1s").start()?;
    talk(rig, &w)
}

fn outlives_server_timeouts(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("read_timeout", "700ms")
        .env("write_timeout", "700ms")
        .start()?;
    talk(rig, &w)
}

fn silence(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("stream_idle_timeout", "500ms").start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("hello")?;
    socket.set_timeout(rig.timeout(8.0))?;
    let stream = socket.into_stream();
    let mut byte = [0];
    let closed = std::io::Read::read(&mut &stream, &mut byte);
    check!(
        matches!(closed, Ok(0))
            || closed.is_err_and(|e| e.kind() != std::io::ErrorKind::WouldBlock),
        "a silent WebSocket stayed open"
    );
    rig.wait_evidence("ws.end", 5.0)?;
    Ok(())
}

fn silence_unlimited(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("exec_timeout", "300ms")
        .env("stream_idle_timeout", "0")
        .start()?;
    let mut socket = w.websocket("/ws", &[])?;
    rig.pass_time(Duration::from_millis(900));
    socket.echo("still here")
}

fn holds_its_slot(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("max_inflight", "1").start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("hello")?;
    check_eq!(w.get("/anything")?.status, 429, "status beside a WebSocket");
    socket.echo("still here")?;
    socket.close()?;
    w.wait_status("/anything", 200, 5.0)?;
    let gone = w.websocket("/ws", &[])?;
    drop(gone);
    w.wait_status("/anything", 200, 5.0)
}

fn left(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut wire = w.connect()?;
    wire.send_request(&opening("/ws"))?;
    check_eq!(wire.read_head()?.status, 101, "status");
    wire.reset()?;
    rig.wait_evidence("ws.end", 5.0)?;
    Ok(())
}

fn drain(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("write_timeout", "1s")
        .env("healthcheck_interval", "500ms")
        .start()?;
    let mut socket = w.websocket("/ws", &[])?;
    socket.echo("before")?;
    w.signal(Signal::SIGTERM)?;
    if rig.profile().claims("drain-delay") {
        socket.echo("while draining")?;
    }
    w.wait_exit(15.0)?;
    Ok(())
}
