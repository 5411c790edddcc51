//! HTTP/2 clients that do not keep up, or say nothing, from the client's side.
//! It knows windows, streams and what one connection may hold.
//! It refuses ordinary exchanges: `h2c`.

use super::h2c::{Client, ask, client};
use super::server;
use crate::watchdog::prelude::*;
use crate::wire::h2::{Connection, Stream};

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-no-window",
        "WD-7.14",
        "an answer without a window holds its slot until `write_timeout`, and is then reset alone",
    )
    .modes(&Mode::ALL)
    .feature("h2c")
    .run(no_window),
    Case::must(
        "upgrade/h2c-unread",
        "WD-7.14",
        "answers that wait in front of a socket are in flight, and not for ever",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(unread),
    Case::must(
        "upgrade/h2c-unread-memory",
        "WD-7.14",
        "what one connection does not take holds no more than 40 MB",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(unread_memory),
    Case::must(
        "upgrade/h2c-unread-uploads",
        "WD-7.15",
        "uploads that nobody reads leave the others of their connection their room",
    )
    .modes(&[Http, Streaming])
    .feature("h2c")
    .run(unread_uploads),
    Case::must(
        "upgrade/h2c-idle",
        "WD-7.16",
        "a connection with nothing in flight is closed after `read_timeout`, with a GOAWAY",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(idle),
    Case::must(
        "upgrade/h2c-half-frame",
        "WD-7.16",
        "so is one that stops within the head of a frame, or within a block of fields",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(half_frame),
    Case::must(
        "upgrade/h2c-silent-at-end",
        "WD-7.17",
        "a client with nothing in flight that answers no PING does not hold the end of the watchdog",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(silent_at_end),
    Case::must(
        "upgrade/h2c-bodyless",
        "WD-7.12",
        "an answer to HEAD, and a 204, sends no DATA, whoever gives it",
    )
    .modes(&[Http, Serializing, Streaming])
    .feature("h2c")
    .run(bodyless),
    Case::must(
        "upgrade/h2c-trailers-counted",
        "WD-7.18",
        "an answer that ends in trailers is recorded as what it is",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(trailers_counted),
    Case::must(
        "upgrade/h2c-cut-upload",
        "WD-7.12",
        "an upload that its client resets is no whole one, whatever the code, and no defect",
    )
    .modes(&[Http, Serializing, Streaming])
    .feature("h2c")
    .run(cut_upload),
    Case::must(
        "upgrade/h2c-access-path",
        "WD-7.18",
        "the access line shows the path, as over HTTP/1.1",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(access_path),
];

/// A client that grants nothing by itself: `window` for each stream, and as much as there can be for all of them. Next to nothing fits into the buffers
/// on the way.
pub(super) fn stingy(w: &Watchdog, window: u32) -> Result<Client, Failure> {
    let (stream, _) = w.connect_narrowly()?.into_parts()?;
    let mut client = Connection::client(stream, Some(window))?;
    client.grant(0, 1 << 30)?;
    Ok(client)
}

fn no_window(rig: &mut Rig) -> Outcome {
    rig.write("public/bytes/10", "0123456789")?;
    let w = rig
        .function(&rig.fixture("print-bytes", &["10"]))
        .env("write_timeout", "3s")
        .env("exec_timeout", "10s")
        .env("max_inflight", "1")
        .start()?;
    let mut client = stingy(&w, 0)?;
    let stuck = client.request("GET", "/bytes/10", &[], true)?;
    w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
    w.wait_status("/bytes/10", 429, 5.0)?;
    w.wait_status("/bytes/10", 200, 15.0)?;
    client.until(stuck, Stream::over)?;
    check!(
        client.stream(stuck).reset.is_some(),
        "the stream ended as if it were complete"
    );
    let next = client.request("GET", "/bytes/10", &[], true)?;
    client.grant(next, 10)?;
    let stream = client.until(next, Stream::over)?;
    check_eq!(stream.data.len(), 10, "bytes on the next stream");
    Ok(())
}

fn unread(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("write_timeout", "4s")
        .env("max_inflight", "40")
        .start()?;
    let mut client = stingy(&w, 1 << 24)?;
    for _ in 0..40 {
        client.request("GET", "/bytes/380000", &[], true)?;
    }
    w.wait_metric("http_requests_in_flight", &[], 40.0, 5.0)?;
    w.wait_status("/anything", 429, 5.0)?;
    w.wait_status("/anything", 200, 15.0)?;
    w.wait_metric("http_requests_in_flight", &[], 0.0, 10.0)
}

fn unread_memory(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("write_timeout", "30s").start()?;
    check_eq!(w.get("/bytes/380000")?.status, 200, "status");
    let mut client = stingy(&w, 1 << 30)?;
    for _ in 0..128 {
        client.request("GET", "/bytes/380000", &[], true)?;
    }
    w.wait_metric("http_requests_in_flight", &[], 128.0, 10.0)?;
    // Whatever goes on without being read has its time.
    rig.pass_time(Duration::from_secs(1));
    let rss = w.rss();
    check!(rss <= 40 << 20, "{rss} bytes of memory");
    drop(client);
    Ok(())
}

fn unread_uploads(rig: &mut Rig) -> Outcome {
    let sleeper = rig.fixture("hang", &[]);
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let hung = if rig.mode() == Http {
        None
    } else {
        Some(rig.function(&sleeper).start()?)
    };
    let w = hung.as_ref().unwrap_or(&w);
    let mut client = client(w)?;
    ask(&mut client, "GET", "/_/health")?;
    for _ in 0..2 {
        let id = client.request("POST", "/never", &[], false)?;
        client.fill(id, 16 << 20)?;
    }
    let id = client.request("POST", "/echo", &[], false)?;
    let sent = client.fill(id, 1000)?;
    check_eq!(sent, 1000, "bytes that a third upload may send");
    Ok(())
}

fn idle(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("read_timeout", "1s").start()?;
    let mut client = client(&w)?;
    ask(&mut client, "GET", "/anything")?;
    while client.turn().is_ok() {}
    check!(client.going_away, "closed without a GOAWAY");
    Ok(())
}

fn half_frame(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("read_timeout", "1s").start()?;
    // The beginning of a frame's head; and HEADERS that announce more of the block.
    for bytes in [&[0, 0, 5, 1][..], &[0, 0, 1, 1, 1, 0, 0, 0, 3, 0x82]] {
        let mut client = client(&w)?;
        ask(&mut client, "GET", "/anything")?;
        client.raw(bytes)?;
        while client.turn().is_ok() {}
    }
    Ok(())
}

fn silent_at_end(rig: &mut Rig) -> Outcome {
    let w = server(rig).stops_at_once().start()?;
    let mut client = client(&w)?;
    ask(&mut client, "GET", "/anything")?;
    let mut half = w.connect()?;
    half.send(b"PRI * HTTP/2.0\r\n\r\nS")?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(8.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    drop(client);
    Ok(())
}

fn bodyless(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("print-bytes", &["10"]))
        .env("max_inflight", "1000")
        .start()?;
    let mut client = client(&w)?;
    for (method, path) in [
        ("HEAD", "/bytes/10"),
        ("HEAD", "/_/health"),
        ("HEAD", "/status/500"),
        ("HEAD", "/die-before-head"),
        ("GET", "/status/204"),
        ("GET", "/status/304"),
    ] {
        let stream = ask(&mut client, method, path)?;
        check!(stream.ended, "{method} {path} was reset");
        if method == "HEAD" || rig.mode() == Http {
            check_eq!(stream.data.len(), 0, "bytes of {method} {path}");
        }
    }
    Ok(())
}

fn trailers_counted(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("GET", "/trailers", &[("te", "trailers")], true)?;
    client.until(id, Stream::over)?;
    w.wait_log("GET /trailers - 200", 5.0)?;
    let request = Request::get("/trailers").header("TE", "trailers");
    check_eq!(w.request(request)?.status, 200, "status over HTTP/1.1");
    w.wait_metric("http_requests_total", &[("code", "200")], 2.0, 5.0)
}

fn cut_upload(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("digest", &[])).start()?;
    let mut client = client(&w)?;
    // NO_ERROR and CANCEL.
    for code in [0, 8] {
        let id = client.request("POST", "/digest", &[], false)?;
        client.data(id, b"the first part", false)?;
        w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
        client.reset(id, code)?;
        w.wait_metric("http_requests_in_flight", &[], 0.0, 5.0)?;
    }
    check_eq!(
        rig.evidence("digest"),
        "",
        "what the function took for a whole upload"
    );
    let metrics = w.metrics()?;
    let total = |code| metrics.sum("http_requests_total", &[("code", code)]);
    let wrong = total("200") + total("500");
    check!(wrong < 0.5, "{wrong} requests are recorded as 200 or 500");
    Ok(())
}

fn access_path(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    ask(&mut client, "GET", "/anything?a=b")?;
    w.wait_log("GET /anything?a=b - 200", 5.0)
}
