//! HTTP/2 connections and streams that stop halfway, at either end of the watchdog.
//! It knows the state that each is in, and that every one has a limit.
//! It refuses windows and memory: `h2c_limits`.

use super::h2c::{ask, client};
use super::h2c_limits::stingy;
use super::h2c_upstream::grpc_server;
use super::server;
use crate::watchdog::cases::proxy::upstream::Port;
use crate::watchdog::prelude::*;
use crate::wire::h2::Stream;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-half-preface",
        "WD-7.16",
        "half a preface is waited for no longer than half a head",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(half_preface),
    Case::must(
        "upgrade/h2c-pings-idle",
        "WD-7.16",
        "a client that sends PINGs, and nothing else, is not served for ever",
    )
    .modes(&[Http])
    .feature("h2c")
    .seconds(60)
    .run(pings),
    Case::must(
        "upgrade/h2c-slow-upload",
        "WD-7.12",
        "an upload that does not come within `read_timeout` is a 408, and its connection goes on",
    )
    .modes(&[Http, Serializing])
    .feature("h2c")
    .run(slow_upload),
    Case::must(
        "upgrade/h2c-open-upload",
        "WD-7.27",
        "a stream that has its answer is reset where its client does not end it",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(open_upload),
    Case::must(
        "upgrade/h2c-no-window-late",
        "WD-7.14",
        "an answer that says that the time is over has its own time, and is then reset",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(late_answer),
    Case::must(
        "upgrade/h2c-upstream-silent",
        "WD-7.24",
        "a child that takes the connection and says nothing of HTTP/2 is given up long before `exec_timeout`",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .seconds(60)
    .run(silent_child),
    Case::must(
        "upgrade/h2c-upstream-idle",
        "WD-7.26",
        "a connection to the child on which nothing happens is closed",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .seconds(90)
    .run(idle_child),
];

fn half_preface(rig: &mut Rig) -> Outcome {
    let w = server(rig).env("read_timeout", "1s").start()?;
    let mut wire = w.connect()?;
    wire.send(b"PRI * HTTP/2.0\r\n\r\nS")?;
    wire.expect_closed(rig.timeout(6.0))
}

fn pings(rig: &mut Rig) -> Outcome {
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingping";
    let w = server(rig)
        .env("read_timeout", "1s")
        .env("write_timeout", "1s")
        .start()?;
    let mut client = client(&w)?;
    ask(&mut client, "GET", "/anything")?;
    rig.poll(25.0, "the end of the connection", || {
        rig.pass_time(Duration::from_millis(50));
        client.raw(PING).is_err().then_some(())
    })
}

fn slow_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("digest", &[]))
        .env("read_timeout", "1s")
        .start()?;
    let mut client = client(&w)?;
    let id = client.request("POST", "/digest", &[], false)?;
    client.data(id, b"the first part", false)?;
    let status = client.until(id, Stream::over)?.field(":status");
    check_eq!(status, Some("408"), "status");
    check_eq!(
        rig.evidence("digest"),
        "",
        "what was taken for a whole upload"
    );
    check!(
        ask(&mut client, "GET", "/_/health")?.ended,
        "no next answer"
    );
    Ok(())
}

fn open_upload(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let mut client = client(&w)?;
    let id = client.request("POST", "/_/health", &[], false)?;
    client.until(id, |stream| stream.ended)?;
    client.until(id, |stream| stream.reset.is_some())?;
    check!(
        ask(&mut client, "GET", "/anything")?.ended,
        "no next answer"
    );
    Ok(())
}

fn late_answer(rig: &mut Rig) -> Outcome {
    let w = server(rig)
        .env("exec_timeout", "1s")
        .env("write_timeout", "2s")
        .start()?;
    let mut client = stingy(&w, 0)?;
    let id = client.request("GET", "/never", &[], true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.field(":status"), Some("504"), "status");
    check!(stream.reset.is_some(), "it ended as if it were complete");
    w.wait_metric("http_requests_in_flight", &[], 0.0, 5.0)
}

fn silent_child(rig: &mut Rig) -> Outcome {
    let port = Port::open(rig)?;
    let w = port
        .watchdog(rig)
        .env("upstream_protocol", "h2c")
        .env("exec_timeout", "40s")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::post("/order").body(""))?;
    // They are held open: a child that closes is something else.
    let mut held = Vec::new();
    wire.set_timeout(Duration::from_millis(20))?;
    let r = rig.poll(14.0, "an answer", || {
        held.extend(port.accept());
        wire.read_response().ok()
    })?;
    check_eq!(r.status, 502, "status");
    Ok(())
}

fn idle_child(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    check_eq!(w.get("/status/201")?.status, 201, "status");
    check_eq!(rig.evidence("h2.end"), "", "connections that have ended");
    // The child itself would wait for a minute.
    rig.wait_evidence("h2.end", 35.0)?;
    check_eq!(w.get("/status/201")?.status, 201, "status afterwards");
    Ok(())
}
