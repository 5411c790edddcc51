//! How much memory large bodies take.
//! It knows the peak of the subject's own process.
//! It refuses to count its functions.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "integrity/constant-memory",
        "WD-15.2",
        "a sized body of 300 MB comes back within 16 MB of memory",
    )
    .modes(&[Streaming, Http])
    .exclusive()
    .seconds(240)
    .run(streamed),
    Case::must(
        "integrity/constant-memory-chunked",
        "WD-15.2",
        "a chunked body of 300 MB comes back within 16 MB of memory",
    )
    .modes(&[Streaming, Http])
    .exclusive()
    .seconds(240)
    .run(streamed_chunked),
    Case::must(
        "integrity/bounded-memory",
        "WD-15.6",
        "a body of 300 MB comes back within 64 MB of memory",
    )
    .modes(&[Classic, Serializing])
    .bugs(&["BUG-29"])
    .exclusive()
    .seconds(240)
    .run(buffered),
    Case::must(
        "integrity/bounded-memory-slow-reader",
        "WD-15.2",
        "an answer that nobody reads does not pile up",
    )
    .modes(&[Streaming, Http])
    .run(unread),
    Case::should(
        "integrity/many-uploads",
        "WD-15.7",
        "24 uploads of 4 MB at once take less than 24 MB of memory",
    )
    .modes(&[Http])
    .feature("lean-uploads")
    .exclusive()
    .run(many_uploads),
];

const SIZE: u64 = 300_000_000;

fn judge(rig: &Rig, request: &Request, pattern: Pattern, limit: u64) -> Outcome {
    let mut setup = rig.function(&rig.fixture("echo", &[]));
    for name in ["exec_timeout", "read_timeout", "write_timeout"] {
        setup = setup.env(name, "200s");
    }
    let w = setup.start()?;
    let r = w.request_pattern(request, pattern)?;
    check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    let peak = w.peak_rss();
    check!(
        peak > 0 && peak <= limit,
        "peak memory {peak} bytes, limit {limit}"
    );
    Ok(())
}

fn streamed(rig: &mut Rig) -> Outcome {
    let pattern = Pattern::new(5, SIZE);
    judge(
        rig,
        &Request::post("/echo").pattern(pattern),
        pattern,
        16 << 20,
    )
}

fn streamed_chunked(rig: &mut Rig) -> Outcome {
    let pattern = Pattern::new(6, SIZE);
    judge(
        rig,
        &Request::post("/echo").pattern_chunked(pattern),
        pattern,
        16 << 20,
    )
}

fn buffered(rig: &mut Rig) -> Outcome {
    let pattern = Pattern::new(7, SIZE);
    judge(
        rig,
        &Request::post("/echo").pattern(pattern),
        pattern,
        64 << 20,
    )
}

fn unread(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("print-bytes", &["100000000"]))
        .start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/chunked/100000000"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    // The function fills what there is between it and us, and then has to wait.
    rig.pass_time(Duration::from_millis(1500));
    let rss = w.rss();
    check!(
        rss <= 32 << 20,
        "{rss} bytes of memory for an answer that nobody reads"
    );
    let mut offset = 0;
    let want = Pattern::new(1, 100_000_000);
    while offset < 20_000_000 {
        let Some(data) = wire.read_some()? else { break };
        check_eq!(want.mismatch(offset, &data), None, "first wrong byte");
        offset += data.len() as u64;
    }
    check!(offset >= 20_000_000, "only {offset} bytes came");
    Ok(())
}

fn many_uploads(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    let answers = std::thread::scope(|scope| {
        let client = |seed| {
            let w = &w;
            scope.spawn(move || {
                let body = Pattern::new(seed, 4_000_000);
                w.request_pattern(&Request::post("/echo-buffered").pattern(body), body)
            })
        };
        let clients: Vec<_> = (0..24).map(client).collect();
        clients
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect::<Vec<_>>()
    });
    for answer in answers {
        let r = answer.map_err(|_| Failure::fault("a client panicked"))??;
        check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    }
    let peak = w.peak_rss();
    check!(
        peak > 0 && peak < 24 << 20,
        "peak memory {peak} bytes with 24 uploads at once"
    );
    Ok(())
}
