//! Children that close connections without saying so.
//! It knows every way such a child may do it, and every framing that its answers may have.
//! It refuses children that say `Connection: close`, and requests that may be sent twice.

use super::{server, server_with};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/closes-after-one",
        "WD-6.27",
        "a child that closes after each answer costs no POST",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_after_one),
    Case::must(
        "proxy/closes-late-after-one",
        "WD-6.27",
        "a child that takes its time to close after each answer costs no POST",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_late),
    Case::must(
        "proxy/closes-after-some",
        "WD-6.27",
        "a child that closes after three answers, or after ten, costs no POST",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_after_some),
    Case::must(
        "proxy/closes-after-one-framings",
        "WD-6.27",
        "whatever the framing of the answer before",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_framings),
    Case::must(
        "proxy/closes-after-idle",
        "WD-6.27",
        "a child that closes after some idle time costs no POST that comes at that very time",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_after_idle),
    Case::must(
        "proxy/closes-mixed",
        "WD-6.27",
        "GETs between the POSTs change nothing",
    )
    .modes(&[Http])
    .seconds(90)
    .run(closes_mixed),
    Case::should(
        "proxy/posts-share-connections",
        "WD-6.16",
        "POSTs to a child that keeps its connections soon share them",
    )
    .modes(&[Http])
    .run(posts_share),
];

/// Sends requests, `at_once` at a time, and says how many had no answer of the child.
fn lost(
    w: &Watchdog,
    requests: &[Request],
    at_once: usize,
    rounds: usize,
) -> Result<usize, Failure> {
    let lost = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| -> Result<usize, Failure> {
                    let mut lost = 0;
                    for _ in 0..rounds {
                        for request in requests {
                            let status = w.request(request)?.status;
                            lost += usize::from(!matches!(status, 200 | 204));
                        }
                    }
                    Ok(lost)
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| {
                let counted = client.join();
                counted.map_err(|_| Failure::fault("a client panicked"))?
            })
            .sum::<Result<usize, Failure>>()
    })?;
    Ok(lost)
}

fn order() -> Request {
    Request::post("/echo-buffered").body("order")
}

/// None of 400 requests is lost, one at a time, and some at a time.
fn none_lost(rig: &Rig, w: &Watchdog, requests: &[Request]) -> Outcome {
    let before = hits(rig);
    let mut sent = 0;
    for at_once in [1, 4, 20] {
        let rounds = 400_usize.div_ceil(at_once * requests.len());
        sent += at_once * rounds * requests.len();
        let lost = lost(w, requests, at_once, rounds)?;
        check_eq!(lost, 0, "requests lost of 400, {at_once} at a time");
    }
    check_eq!(hits(rig) - before, sent, "requests that the child saw");
    Ok(())
}

fn hits(rig: &Rig) -> usize {
    rig.evidence("hits").lines().count()
}

fn closes_after_one(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--drop-after", "1"]).start()?;
    none_lost(rig, &w, &[order()])
}

fn closes_late(rig: &mut Rig) -> Outcome {
    for pause in ["2ms", "15ms"] {
        let w = server_with(rig, &["--drop-after", "1", "--drop-pause", pause]).start()?;
        none_lost(rig, &w, &[order()])?;
    }
    Ok(())
}

fn closes_after_some(rig: &mut Rig) -> Outcome {
    for count in ["3", "10"] {
        let w = server_with(rig, &["--drop-after", count]).start()?;
        none_lost(rig, &w, &[order()])?;
    }
    Ok(())
}

fn closes_framings(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--drop-after", "1"]).start()?;
    for target in [
        "/chunked/5000",
        "/status/204",
        "/bytes/0",
        "/bytes/200000",
        "/trailers",
    ] {
        none_lost(rig, &w, &[Request::post(target).body("")])?;
    }
    none_lost(rig, &w, &[Request::post("/echo").chunks(&[b"a", b"b"])])
}

fn closes_after_idle(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--idle-ms", "100"]).start()?;
    for round in 0..60 {
        check_eq!(w.request(order())?.status, 200, "status in round {round}");
        // As near to that time as can be, from both sides.
        rig.pass_time(Duration::from_micros(96_000 + 100 * round));
    }
    Ok(())
}

fn closes_mixed(rig: &mut Rig) -> Outcome {
    let w = server_with(rig, &["--drop-after", "2"]).start()?;
    let requests = [Request::get("/anything"), order(), order()];
    for at_once in [1, 4, 20] {
        let lost = lost(&w, &requests, at_once, 400_usize.div_ceil(at_once * 3))?;
        check_eq!(lost, 0, "requests lost of 400, {at_once} at a time");
    }
    Ok(())
}

fn posts_share(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let connections = || rig.evidence("connections").lines().count();
    rig.poll(20.0, "a round of 50 POSTs over 5 connections", || {
        let before = connections();
        let lost = lost(&w, &[order()], 1, 50);
        (lost.is_ok_and(|lost| lost == 0) && connections() - before <= 5).then_some(())
    })
}
