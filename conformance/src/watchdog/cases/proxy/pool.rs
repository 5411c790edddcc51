//! The connections between the watchdog and the child.
//! It knows how often they are used and when they go stale.
//! It refuses single requests: the other parts have them.

use super::{server, server_with};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "proxy/pool-reuse",
        "WD-6.16",
        "many requests in a row need few connections",
    )
    .modes(&[Http])
    .run(pool_reuse),
    Case::should(
        "proxy/pool-reuse-chunked",
        "WD-6.16",
        "a connection is used again after chunks, HEAD, empty answers and uploads",
    )
    .modes(&[Http])
    .run(pool_reuse_chunked),
    Case::must(
        "proxy/no-double-post",
        "WD-6.15",
        "a POST that dies on a kept connection is an error, not repeated",
    )
    .modes(&[Http])
    .bugs(&["BUG-47"])
    .run(no_double_post),
    Case::must(
        "proxy/no-double-get-with-body",
        "WD-6.15",
        "a request with a body is not repeated, whatever its method",
    )
    .modes(&[Http])
    .run(no_double_body),
    Case::must(
        "proxy/no-double-on-fresh-connection",
        "WD-6.15",
        "nothing that dies on a fresh connection is repeated",
    )
    .modes(&[Http])
    .bugs(&["BUG-47"])
    .run(no_double_on_fresh),
    Case::should(
        "proxy/stale-connection",
        "WD-6.15",
        "a GET that meets a dead kept connection is answered over another",
    )
    .modes(&[Http])
    .run(stale_connection),
    Case::must(
        "proxy/idle-close",
        "WD-6.15",
        "that the child closes idle connections is not noticed by clients",
    )
    .modes(&[Http])
    .run(idle_close),
    Case::must(
        "proxy/concurrency",
        "WD-6.1",
        "fifty requests at once get their own answers",
    )
    .modes(&[Http])
    .seconds(60)
    .run(concurrency),
    Case::must(
        "proxy/left-connection-is-not-reused",
        "WD-6.2",
        "what is left of an abandoned answer never shows up in another",
    )
    .modes(&[Http])
    .run(left_connection),
];

fn connections(rig: &Rig) -> usize {
    rig.evidence("connections").lines().count()
}

fn hits(rig: &Rig, line: &str) -> usize {
    rig.evidence("hits")
        .lines()
        .filter(|hit| *hit == line)
        .count()
}

fn pool_reuse(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for _ in 0..100 {
        check_eq!(w.get("/anything")?.text(), "hello", "body");
    }
    let used = connections(rig);
    check!(used <= 5, "{used} connections for 100 requests in a row");
    Ok(())
}

fn pool_reuse_chunked(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for request in [
        Request::get("/chunked/5000"),
        Request::get("/status/204"),
        Request::get("/status/304"),
        Request::new("HEAD", "/bytes/10"),
        Request::post("/echo-buffered").body(vec![b'x'; 5000]),
        Request::post("/echo").chunks(&[b"a", b"b"]),
    ] {
        let before = connections(rig);
        for _ in 0..30 {
            w.request(&request)?;
        }
        let used = connections(rig) - before;
        let (method, target) = (&request.method, &request.target);
        check!(
            used <= 15,
            "{used} connections for 30 times {method} {target} in a row"
        );
    }
    Ok(())
}

fn no_double_post(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--die-on-reuse"]).start()?;
    check_eq!(w.get("/first")?.status, 200, "status of the first request");
    let r = w.post("/order", "one")?;
    // It may have had a connection of its own.
    if r.status != 200 {
        check!(r.status >= 500, "a lost POST is a {}", r.status);
        super::own_answer(&r, r.status, "a lost POST")?;
    }
    check_eq!(hits(rig, "POST /order"), 1, "times the child saw the POST");
    Ok(())
}

fn no_double_body(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--die-on-reuse"]).start()?;
    for method in ["PUT", "DELETE", "PATCH"] {
        w.get("/first")?;
        let r = w.request(Request::new(method, "/order").body("one"))?;
        check!(
            r.status >= 500 || r.status == 200,
            "{method} is a {}",
            r.status
        );
        let seen = hits(rig, &format!("{method} /order"));
        check!(seen <= 1, "the child saw a {method} {seen} times");
    }
    Ok(())
}

fn no_double_on_fresh(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--keepalive-then-drop"]).start()?;
    for accept in ["*/*", "text/event-stream"] {
        let _ = w.request(Request::get("/die-before-head").header("Accept", accept))?;
    }
    check_eq!(
        hits(rig, "GET /die-before-head"),
        2,
        "times the child saw two requests"
    );
    Ok(())
}

fn stale_connection(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--die-on-reuse"]).start()?;
    for _ in 0..5 {
        check_eq!(w.get("/anything")?.text(), "hello", "body");
    }
    Ok(())
}

fn idle_close(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--idle-ms", "50"]).start()?;
    for _ in 0..4 {
        check_eq!(w.post("/echo-buffered", "x")?.text(), "x", "echo");
        check_eq!(w.get("/anything")?.text(), "hello", "body");
        rig.pass_time(Duration::from_millis(300));
    }
    Ok(())
}

fn concurrency(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let answers = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..50_u64)
            .map(|seed| {
                let w = &w;
                scope.spawn(move || {
                    w.get("/slow?ms=100")?;
                    let body = Pattern::new(seed, 20_000 + seed);
                    w.request_pattern(&Request::post("/echo").pattern(body), body)
                })
            })
            .collect();
        clients
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect::<Vec<_>>()
    });
    for answer in answers {
        let r = answer.map_err(|_| Failure::fault("a client panicked"))??;
        check_eq!(r.status, 200, "status");
    }
    Ok(())
}

fn left_connection(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for round in 0..10 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/chunked/3000000"))?;
        wire.read_head()?;
        wire.close();
        let body = format!("round {round}");
        check_eq!(w.post("/echo-buffered", body.clone())?.text(), body, "echo");
    }
    Ok(())
}
