//! Chapter 13: concurrency and size limits.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses time limits: each mode has its own.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 13,
    name: "limits",
    title: "Limits",
    intro: "What a watchdog refuses, and how it says so.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-13.1",
        "A request over `max_inflight` is a 429 with `X-OpenFaaS-Internal`, at once.",
    ),
    Clause::must(
        "WD-13.2",
        "A slot is free again when its request is over, however it ended.",
    ),
    Clause::should("WD-13.3", "A 429 says when to come back in `Retry-After`."),
];

const CASES: &[Case] = &[
    Case::must(
        "limits/max-inflight",
        "WD-13.1",
        "the second of two is a 429",
    )
    .modes(FUNCTION)
    .run(max_inflight),
    Case::must(
        "limits/slot-returns",
        "WD-13.2",
        "after the first is over the next is served",
    )
    .modes(FUNCTION)
    .run(slot_returns),
    Case::should("limits/retry-after", "WD-13.3", "a 429 has Retry-After")
        .modes(FUNCTION)
        .feature("retry-after")
        .run(retry_after),
];

/// A subject with one slot, and the connection that holds it.
fn occupied(rig: &Rig) -> Result<(Watchdog, Wire), Failure> {
    let w = rig
        .function(&rig.fixture("sleep", &["2"]))
        .env("max_inflight", "1")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/slow?ms=2000"))?;
    let evidence = if rig.mode() == Http {
        "slow"
    } else {
        "sleep.pid"
    };
    rig.wait_evidence(evidence, 5.0)?;
    Ok((w, wire))
}

fn max_inflight(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = occupied(rig)?;
    let start = Instant::now();
    let r = w.get("/")?;
    check_eq!(r.status, 429, "status of the second request");
    check!(
        start.elapsed() < rig.timeout(1.0),
        "it took {:?}",
        start.elapsed()
    );
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    check_eq!(
        wire.read_response()?.status,
        200,
        "status of the first request"
    );
    Ok(())
}

fn slot_returns(rig: &mut Rig) -> Outcome {
    let (w, mut wire) = occupied(rig)?;
    check_eq!(w.get("/")?.status, 429, "status of the second request");
    wire.read_response()?;
    w.wait_status("/", 200, 5.0)
}

fn retry_after(rig: &mut Rig) -> Outcome {
    let (w, _wire) = occupied(rig)?;
    let r = w.get("/")?;
    let seconds: Option<u64> = r.header("retry-after").and_then(|text| text.parse().ok());
    check!(
        seconds.is_some(),
        "Retry-After is {:?}",
        r.header("retry-after")
    );
    Ok(())
}
