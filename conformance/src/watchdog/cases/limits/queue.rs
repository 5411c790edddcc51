//! The queue before the slots.
//! It knows who waits by the gauge of requests in flight.
//! It refuses to measure how long a turn takes.

use super::{endless, hold};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::should(
        "limits/queue-waits",
        "WD-13.8",
        "a request in the queue is served when the slot is free",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(waits),
    Case::should(
        "limits/queue-full",
        "WD-13.8",
        "a request beyond the queue is a 429 at once",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(full),
    Case::should(
        "limits/queue-timeout",
        "WD-13.8",
        "a request that waited for queue_timeout is a 429",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(timeout),
    Case::should(
        "limits/queue-left",
        "WD-13.8",
        "a client that leaves the queue makes room and its request is never run",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(left),
    Case::should(
        "limits/queue-order",
        "WD-13.8",
        "those who wait are served in turn",
    )
    .modes(&[Serializing, Http])
    .feature("queue")
    .run(order),
    Case::should(
        "limits/queue-exec-time",
        "WD-13.8",
        "the time in the queue is not taken from the function's",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(exec_time),
    Case::should(
        "limits/queue-upload",
        "WD-13.8",
        "an upload that waited in the queue arrives whole",
    )
    .modes(FUNCTION)
    .feature("queue")
    .run(upload),
];

const GAUGE: &str = "http_requests_in_flight";

/// One slot, a queue of `places`; the function takes 0.9 s.
fn queued(rig: &Rig, places: &str) -> Setup {
    rig.function(&rig.fixture("sleep", &["900ms"]))
        .env("max_inflight", "1")
        .env("max_queue", places)
}

fn begun(rig: &Rig, w: &Watchdog) -> Result<Wire, Failure> {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/slow?ms=900"))?;
    rig.wait_evidence(
        if rig.mode() == Http {
            "slow"
        } else {
            "sleep.pid"
        },
        5.0,
    )?;
    Ok(wire)
}

fn waits(rig: &mut Rig) -> Outcome {
    let w = queued(rig, "1").start()?;
    let mut first = begun(rig, &w)?;
    let r = w.get("/slow?ms=10")?;
    check_eq!(r.status, 200, "status of the one that waited");
    check_eq!(first.read_response()?.status, 200, "status of the first");
    Ok(())
}

fn full(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1")
        .env("max_queue", "1")
        .env("queue_timeout", "20s")
        .start()?;
    let _holder = hold(rig, &w)?;
    let mut waiting = w.connect()?;
    waiting.send_request(&Request::get("/never"))?;
    w.wait_metric(GAUGE, &[], 2.0, 5.0)?;
    let start = Instant::now();
    check_eq!(w.get("/")?.status, 429, "status of the third");
    check!(
        start.elapsed() < rig.timeout(3.0),
        "it took {:?}",
        start.elapsed()
    );
    waiting.expect_quiet(Duration::from_millis(50))
}

fn timeout(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1")
        .env("max_queue", "1")
        .env("queue_timeout", "400ms")
        .start()?;
    let _holder = hold(rig, &w)?;
    let start = Instant::now();
    let r = w.get("/")?;
    check_eq!(r.status, 429, "status of the one that waited");
    check!(
        start.elapsed() >= Duration::from_millis(380),
        "it waited only {:?}",
        start.elapsed()
    );
    check!(r.headers.has("retry-after"), "no Retry-After");
    Ok(())
}

fn left(rig: &mut Rig) -> Outcome {
    let w = endless(rig, "1")
        .env("max_queue", "1")
        .env("queue_timeout", "20s")
        .start()?;
    let holder = hold(rig, &w)?;
    let mut waiting = w.connect()?;
    waiting.send_request(&Request::get("/gone"))?;
    w.wait_metric(GAUGE, &[], 2.0, 5.0)?;
    waiting.close();
    w.wait_metric(GAUGE, &[], 1.0, 5.0)?;
    let mut next = w.connect()?;
    next.send_request(&Request::get("/never?next"))?;
    w.wait_metric(GAUGE, &[], 2.0, 5.0)?;
    holder.close();
    let evidence = if rig.mode() == Http {
        "hits"
    } else {
        "started"
    };
    rig.poll(10.0, "the next to be run", || {
        (rig.evidence(evidence).lines().count() >= 2).then_some(())
    })?;
    next.expect_quiet(Duration::from_millis(100))?;
    let ran = rig.evidence(evidence);
    check!(
        !ran.contains("/gone"),
        "the request of the one that left was run: {ran}"
    );
    Ok(())
}

fn order(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("sleep", &["150ms"]);
    let w = rig
        .function(&line)
        .env("max_inflight", "1")
        .env("max_queue", "5")
        .start()?;
    let mut wires = Vec::new();
    for place in 1..=4_u32 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/slow?ms=150"))?;
        // The first may be over before the last is in.
        rig.poll(5.0, "the request to arrive", || {
            let metrics = w.metrics().ok()?;
            let seen = metrics.sum(GAUGE, &[]) + metrics.sum("http_requests_total", &[]);
            (seen + 0.5 > f64::from(place)).then_some(())
        })?;
        wires.push(wire);
    }
    let mut ends = Vec::new();
    std::thread::scope(|scope| {
        let readers: Vec<_> = wires
            .iter_mut()
            .map(|wire| {
                scope.spawn(move || wire.read_response().map(|r| (r.status, Instant::now())))
            })
            .collect();
        ends.extend(readers.into_iter().map(std::thread::ScopedJoinHandle::join));
    });
    let mut times = Vec::new();
    for end in ends {
        let (status, time) = end.map_err(|_| Failure::fault("a reader panicked"))??;
        check_eq!(status, 200, "status");
        times.push(time);
    }
    check!(times.is_sorted(), "answered out of turn: {times:?}");
    Ok(())
}

fn exec_time(rig: &mut Rig) -> Outcome {
    let w = queued(rig, "1").env("exec_timeout", "1600ms").start()?;
    let mut first = begun(rig, &w)?;
    let r = w.get("/slow?ms=900")?;
    check_eq!(r.status, 200, "status of the one that waited");
    first.read_response()?;
    Ok(())
}

fn upload(rig: &mut Rig) -> Outcome {
    let line = rig.fixture("digest", &[]);
    let setup = rig
        .function(&line)
        .env("max_inflight", "1")
        .env("max_queue", "1");
    let w = setup.start()?;
    let mut first = w.connect()?;
    first.send(b"POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")?;
    w.wait_metric(GAUGE, &[], 1.0, 5.0)?;
    let mut second = w.connect()?;
    let data = Pattern::new(9, 300_000);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| second.exchange(&Request::post("/digest").pattern(data)));
        w.wait_metric(GAUGE, &[], 2.0, 5.0)?;
        first.send(b"cd")?;
        check_eq!(first.read_response()?.status, 200, "status of the first");
        let r = reader
            .join()
            .map_err(|_| Failure::fault("a reader panicked"))??;
        check!(
            r.status == 200 && r.text().ends_with(" 300000"),
            "answer {} {:?}",
            r.status,
            r.text()
        );
        Ok(())
    })
}
