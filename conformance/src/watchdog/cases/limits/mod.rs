//! Chapter 13: concurrency and size limits.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses time limits: each mode has its own.

mod queue;
mod sizes;
mod slots;
mod spool;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 13,
    name: "limits",
    title: "Limits",
    intro: "What a watchdog refuses, and how it says so.",
    clauses: CLAUSES,
    cases: &[slots::CASES, spool::CASES, queue::CASES, sizes::CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-13.1",
        "A request over `max_inflight` is a 429 with `X-OpenFaaS-Internal: faas-middleware`, at once.",
    ),
    Clause::must(
        "WD-13.2",
        "A slot is free again when its request is over, however it ended.",
    ),
    Clause::should("WD-13.3", "A 429 says when to come back in `Retry-After`."),
    Clause::must(
        "WD-13.4",
        "The body of a 429 is `Concurrent request limit exceeded. Max concurrent requests: <n>` and a line end.",
    ),
    Clause::must(
        "WD-13.5",
        "Exactly `max_inflight` requests run at once; 0, or below, is no limit.",
    ),
    Clause::must(
        "WD-13.6",
        "A slot is held to the end of the answer: of a stream, and of an upgraded connection, too.",
    ),
    Clause::must(
        "WD-13.7",
        "Probes need no slot: health stays 200, readiness says 429 while no slot is free.",
    ),
    Clause::should(
        "WD-13.8",
        "`max_queue` requests may wait for a slot, in turn, for `queue_timeout`; one whose client leaves waits no longer.",
    ),
    Clause::should(
        "WD-13.9",
        "A request body larger than `max_body_bytes` is a 413, before the function sees it where its length is told; a function never takes the first part for all of it.",
    ),
    Clause::should(
        "WD-13.10",
        "A request head larger than `max_header_bytes`, or of more than 512 fields, is a 431.",
    ),
    Clause::must(
        "WD-13.11",
        "Headers that do not fit into a function's environment are a 431, and no function is started.",
    ),
    Clause::should(
        "WD-13.12",
        "Sizes are numbers of bytes, with k, M, G in powers of 1000 or Ki, Mi, Gi in powers of 1024.",
    ),
    Clause::must(
        "WD-13.13",
        "A body that has to be collected comes through where `TMPDIR` takes no file, or no more.",
    ),
    Clause::must(
        "WD-13.14",
        "What is in memory for want of room there has a bound.",
    ),
];

/// What a function in the current mode leaves as evidence when it has begun to hang.
fn hanging(rig: &Rig) -> &'static str {
    if rig.mode() == Http {
        "never"
    } else {
        "hang.pid"
    }
}

/// A subject with `limit` slots, whose function never ends.
fn endless(rig: &Rig, limit: &str) -> Setup {
    rig.function(&rig.fixture("hang", &[]))
        .env("max_inflight", limit)
}

/// A connection that holds a slot for good.
fn hold(rig: &Rig, w: &Watchdog) -> Result<Wire, Failure> {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    rig.wait_evidence(hanging(rig), 10.0)?;
    Ok(wire)
}
