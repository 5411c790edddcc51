//! What requests to a child that speaks HTTP/2 owe each other: they share connections.
//! It knows children that hold windows, refuse streams, fall silent and send what they may not.
//! It refuses single well-behaved exchanges: `h2c_upstream` has them.

use super::h2c::client;
use super::h2c_upstream::grpc_server;
use super::server;
use crate::watchdog::prelude::*;
use crate::wire::h2::Stream;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "upgrade/h2c-upstream-unread",
        "WD-7.22",
        "clients that do not read their answers stop nobody else",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(unread),
    Case::must(
        "upgrade/h2c-upstream-untaken",
        "WD-7.22",
        "an upload that the child does not take stops nobody else's",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(untaken),
    Case::must(
        "upgrade/h2c-upstream-concurrency",
        "WD-7.22",
        "a hundred requests at once get their own answers",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .seconds(60)
    .run(concurrency),
    Case::must(
        "upgrade/h2c-upstream-early",
        "WD-7.13",
        "an answer that comes before the upload was read arrives",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(early),
    Case::must(
        "upgrade/h2c-upstream-few-streams",
        "WD-7.22",
        "where the child takes few streams at once, the next go over another connection",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(few_streams),
    Case::must(
        "upgrade/h2c-upstream-refused",
        "WD-7.23",
        "a stream that the child refuses is opened again, whatever the method, body and all",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(refused),
    Case::must(
        "upgrade/h2c-upstream-refused-for-ever",
        "WD-7.23",
        "but not for ever",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(refused_always),
    Case::must(
        "upgrade/h2c-upstream-mute",
        "WD-7.24",
        "a connection that answers nothing is used no more, and closed",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .seconds(40)
    .run(mute),
    Case::must(
        "upgrade/h2c-upstream-bad-trailers",
        "WD-7.25",
        "forbidden fields behind an HTTP/2 body do not cost it",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(bad_trailers),
    Case::must(
        "upgrade/bad-trailers",
        "WD-7.25",
        "nor behind the chunks of HTTP/1.1, to a client of either version",
    )
    .modes(&[Http])
    .feature("h2c")
    .run(no_trailers),
    Case::must(
        "upgrade/h2c-upstream-empty-host",
        "WD-7.13",
        "an empty Host passes as it does over HTTP/1.1",
    )
    .modes(&[Http])
    .feature("h2c-upstream")
    .run(empty_host),
];

fn unread(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let mut clients = Vec::new();
    // As many as share a connection with one that reads.
    for _ in 0..63 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/flood"))?;
        check_eq!(wire.read_head()?.status, 200, "status");
        clients.push(wire);
    }
    // Windows fill while the others are answered.
    for round in 0..30 {
        check_eq!(w.get("/status/201")?.status, 201, "status in round {round}");
        let want = Pattern::new(1, 100_000);
        w.request_pattern(&Request::get("/bytes/100000"), want)?;
        rig.pass_time(Duration::from_millis(50));
    }
    Ok(())
}

fn untaken(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let mut wire = w.connect()?;
    let body = vec![b'x'; 200_000];
    wire.send_request(&Request::post("/hold").body(body))?;
    rig.wait_evidence("held", 10.0)?;
    for round in 0..10 {
        let r = w.post("/echo", "mine")?;
        check_eq!(r.text(), "mine", "echo in round {round}");
    }
    Ok(())
}

fn concurrency(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..100_u64)
            .map(|seed| {
                let w = &w;
                scope.spawn(move || {
                    let body = Pattern::new(seed, 20_000 + seed);
                    w.request_pattern(&Request::post("/echo").pattern(body), body)
                })
            })
            .collect();
        for client in clients {
            let answer = client.join();
            let r = answer.map_err(|_| Failure::fault("a client panicked"))??;
            check_eq!(r.status, 200, "status");
        }
        Ok(())
    })
}

fn early(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    for size in [10, 1_000_000] {
        let body = Pattern::new(3, size);
        for request in [
            Request::post("/early").pattern(body),
            Request::post("/early").pattern_chunked(body),
        ] {
            let r = w.request(&request)?;
            check_eq!(
                (r.status, r.end),
                (413, End::Clean),
                "answer to {size} bytes"
            );
        }
    }
    check_eq!(w.get("/status/201")?.status, 201, "status afterwards");
    Ok(())
}

fn few_streams(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("http-server", &["--h2c", "--streams", "2"]))
        .env("upstream_protocol", "h2c")
        .start()?;
    // From now on it is known how many.
    check_eq!(w.get("/status/201")?.status, 201, "status of the first");
    let mut waiting = Vec::new();
    for _ in 0..5 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/never"))?;
        waiting.push(wire);
        let open = waiting.len();
        rig.poll(5.0, "the request at the child", || {
            let hits = rig.evidence("hits");
            (hits.matches("/never").count() == open).then_some(())
        })?;
    }
    check_eq!(w.get("/status/201")?.status, 201, "status beside them");
    let used = rig.evidence("connections").lines().count();
    check!(used >= 3, "{used} connections for six streams");
    Ok(())
}

fn refused(rig: &mut Rig) -> Outcome {
    for request in [
        Request::post("/refuse/1").body("order"),
        Request::post("/refuse/1").chunks(&[b"or", b"der"]),
        Request::post("/refuse/2").body("order"),
        Request::new("DELETE", "/refuse/1").body("order"),
        Request::post("/go-away").body("order"),
    ] {
        let w = grpc_server(rig).start()?;
        let r = w.request(&request)?;
        check_eq!(r.status, 200, "status of {request:?}");
        check_eq!(r.text(), "order", "echo");
    }
    check!(!rig.evidence("refused").is_empty(), "nothing was refused");
    Ok(())
}

fn refused_always(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let r = w.post("/refuse/1000", "order")?;
    check_eq!(r.status, 502, "status");
    let tries = rig.evidence("refused").lines().count();
    check!(tries <= 5, "{tries} tries");
    check_eq!(w.get("/status/201")?.status, 201, "status afterwards");
    Ok(())
}

fn mute(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).env("exec_timeout", "2s").start()?;
    check_eq!(w.get("/mute")?.status, 504, "status without an answer");
    for _ in 0..3 {
        check_eq!(w.get("/status/201")?.status, 201, "status of the next");
    }
    // Longer than the answer to a PING may take.
    rig.pass_time(rig.timeout(8.0));
    rig.write("go", "")?;
    rig.wait_evidence("h2.end", 5.0)?;
    check_eq!(w.get("/status/201")?.status, 201, "status afterwards");
    Ok(())
}

fn bad_trailers(rig: &mut Rig) -> Outcome {
    let w = grpc_server(rig).start()?;
    let r = w.post("/bad-trailers", "")?;
    check_eq!(
        (r.text(), r.end),
        ("message".to_owned(), End::Clean),
        "answer"
    );
    let mut client = client(&w)?;
    let id = client.request("POST", "/bad-trailers", &[("te", "trailers")], true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.data, b"message", "message");
    check_eq!(stream.reset, None, "reset");
    Ok(())
}

fn no_trailers(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let r = w.request(Request::get("/no-trailers").header("TE", "trailers"))?;
    check_eq!(
        (r.text(), r.end),
        ("with trailers".to_owned(), End::Clean),
        "answer"
    );
    let left: Vec<_> = r.trailers.iter().collect();
    check_eq!(left, [("X-Checksum", "abc123")], "trailers");
    let mut client = client(&w)?;
    let id = client.request("GET", "/no-trailers", &[("te", "trailers")], true)?;
    let stream = client.until(id, Stream::over)?;
    check_eq!(stream.data, b"with trailers", "body");
    check_eq!(stream.reset, None, "reset");
    let left: Vec<_> = stream
        .blocks
        .get(1)
        .into_iter()
        .flat_map(Headers::iter)
        .collect();
    check_eq!(left, [("x-checksum", "abc123")], "trailers");
    Ok(())
}

fn empty_host(rig: &mut Rig) -> Outcome {
    for w in [server(rig).start()?, grpc_server(rig).start()?] {
        let r = w.request(Request::get("/dump").header("Host", ""))?;
        check_eq!(r.status, 200, "status");
        let seen: serde_json::Value = serde_json::from_str(&r.text())
            .map_err(|e| Failure::failed(format!("no dump: {e}")))?;
        let fields = seen.get("headers").and_then(|all| all.as_array());
        let host = |pair: &&serde_json::Value| {
            let name = pair
                .get(0)
                .and_then(|name| name.as_str())
                .unwrap_or_default();
            name.eq_ignore_ascii_case("host") || name == ":authority"
        };
        let hosts: Vec<_> = fields.into_iter().flatten().filter(host).collect();
        let empty = hosts
            .iter()
            .all(|pair| pair.get(1).and_then(|v| v.as_str()) == Some(""));
        check!(empty && hosts.len() == 1, "the child saw {hosts:?}");
    }
    Ok(())
}
