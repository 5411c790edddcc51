//! Chapter 15: large bodies and many requests.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses speed.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 15,
    name: "integrity",
    title: "Integrity",
    intro: "No byte is lost, whatever the size, the framing or the number of requests.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-15.1",
        "A body of any size comes back byte for byte, sized or chunked.",
    ),
    Clause::must(
        "WD-15.2",
        "Streaming modes pass bodies of any size in constant memory.",
    ),
    Clause::must(
        "WD-15.3",
        "Many requests leave no descriptors, processes or threads behind.",
    ),
];

const CASES: &[Case] = &[
    Case::must("integrity/echo-sized", "WD-15.1", "8 MB come back, sized")
        .modes(FUNCTION)
        .seconds(60)
        .run(echo_sized),
    Case::must(
        "integrity/echo-chunked",
        "WD-15.1",
        "8 MB come back, chunked",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(echo_chunked),
    Case::must(
        "integrity/constant-memory",
        "WD-15.2",
        "100 MB pass within 64 MB of memory",
    )
    .modes(&[Streaming, Http])
    .seconds(120)
    .run(constant_memory),
    Case::must(
        "integrity/no-leaks",
        "WD-15.3",
        "100 requests leave nothing behind",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(no_leaks),
];

const SIZE: u64 = 8 * 1024 * 1024;

fn echo_sized(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let pattern = Pattern::new(3, SIZE);
    let r = w.request_pattern(&Request::post("/echo").pattern(pattern), pattern)?;
    check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    Ok(())
}

fn echo_chunked(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    let pattern = Pattern::new(4, SIZE);
    let r = w.request_pattern(&Request::post("/echo").pattern_chunked(pattern), pattern)?;
    check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    Ok(())
}

fn constant_memory(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .env("exec_timeout", "100s")
        .start()?;
    let pattern = Pattern::new(5, 100_000_000);
    let r = w.request_pattern(&Request::post("/echo").pattern(pattern), pattern)?;
    check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    check!(
        w.peak_rss() < 64 << 20,
        "peak memory {} bytes",
        w.peak_rss()
    );
    Ok(())
}

fn no_leaks(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    for _ in 0..10 {
        w.post("/echo", "warm")?;
    }
    let fds = rig.poll(3.0, "a quiet subject", || Some(w.open_fds()))?;
    for _ in 0..100 {
        check_eq!(w.post("/echo", "x")?.text(), "x", "answer");
    }
    rig.poll(5.0, "the descriptors of before", || {
        (w.open_fds() <= fds + 4).then_some(())
    })?;
    rig.poll(3.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}
