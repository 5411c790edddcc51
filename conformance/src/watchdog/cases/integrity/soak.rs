//! Many requests of every kind, and what is left of them.
//! It knows clients that leave, functions that crash, time out and ignore their input.
//! It refuses to judge single answers beyond their bytes: that is for the other chapters.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "integrity/no-leaks",
        "WD-15.3",
        "100 plain requests leave nothing behind",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(no_leaks),
    Case::must(
        "integrity/soak",
        "WD-15.3",
        "500 mixed requests leave no process, slot, descriptor or gauge behind",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-01", "BUG-30"])
    .exclusive()
    .seconds(120)
    .run(soak_short),
    Case::must(
        "integrity/soak-long",
        "WD-15.3",
        "the same with 10,000 requests, and no growth",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-01", "BUG-30"])
    .exclusive()
    .named_only()
    .seconds(3600)
    .run(soak_long),
];

fn no_leaks(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    for _ in 0..10 {
        w.post("/echo", "warm")?;
    }
    // In http mode some idle connections to the upstream may be kept.
    let fds = w.open_fds() + if rig.mode() == Http { 32 } else { 4 };
    for _ in 0..100 {
        check_eq!(w.post("/echo", "x")?.text(), "x", "answer");
    }
    rig.poll(5.0, "the descriptors of before", || {
        (w.open_fds() <= fds).then_some(())
    })?;
    rig.poll(3.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}

const CLIENTS: u64 = 4;
const SLOTS: usize = 12;

fn soak_short(rig: &mut Rig) -> Outcome {
    soak(rig, 500)
}

fn soak_long(rig: &mut Rig) -> Outcome {
    soak(rig, 10_000)
}

fn soak(rig: &Rig, requests: u64) -> Outcome {
    let w = rig
        .function(&rig.fixture("soak", &[]))
        .env("exec_timeout", "1s")
        .env("kill_grace", "200ms")
        .env("max_inflight", &SLOTS.to_string())
        .start()?;
    for _ in 0..10 {
        w.post("/echo", "warm")?;
    }
    let (fds, rss) = (w.open_fds(), w.rss());
    let tally = Tally::default();
    std::thread::scope(|scope| {
        let (w, tally) = (&w, &tally);
        let client = |seed| scope.spawn(move || visit(w, tally, seed, requests / CLIENTS));
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        for client in clients {
            let ended = client.join();
            ended.unwrap_or_else(|_| Err(Failure::fault("a client panicked")))?;
        }
        Ok::<(), Failure>(())
    })?;
    tally.check()?;
    check_clean(rig, &w, fds)?;
    check_slots(&w)?;
    let now = w.rss();
    check!(
        now <= rss + (48 << 20),
        "memory grew from {rss} to {now} bytes"
    );
    Ok(())
}

/// How many echoes there were, and how many of them came back.
#[derive(Debug, Default)]
struct Tally {
    asked: AtomicU32,
    echoed: AtomicU32,
}

impl Tally {
    fn echo(&self, r: &Response, want: Pattern) -> Outcome {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if r.status != 200 {
            return Ok(());
        }
        check_eq!(r.end, End::Clean, "end of an echo");
        check!(
            r.body == want.bytes(),
            "an echo of {} bytes differs",
            want.len
        );
        self.echoed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// A loaded machine may time out some; nearly all must have come back.
    fn check(&self) -> Outcome {
        let (asked, echoed) = (
            self.asked.load(Ordering::Relaxed),
            self.echoed.load(Ordering::Relaxed),
        );
        check!(
            echoed * 10 >= asked * 8,
            "only {echoed} of {asked} echoes came back"
        );
        Ok(())
    }
}

/// One client's visits, the same for the same seed.
fn visit(w: &Watchdog, tally: &Tally, seed: u64, count: u64) -> Outcome {
    let dice = Pattern::new(seed, count);
    for round in 0..count {
        let pattern = Pattern::new(round, 1 + u64::from(dice.byte(round)) * 300);
        let kind = dice.byte(round) % 25;
        one(w, tally, kind, round, pattern).map_err(|failure| Failure {
            message: format!("visit {round} of client {seed}, kind {kind}: {failure}"),
            ..failure
        })?;
    }
    Ok(())
}

fn one(w: &Watchdog, tally: &Tally, kind: u8, round: u64, pattern: Pattern) -> Outcome {
    match kind {
        0 => timeout(w),
        1..=3 => leave_at_once(w),
        4..=6 => leave_in_answer(w),
        7..=9 => leave_in_upload(w, round),
        10..=12 => crash(w),
        13..=14 => ignored_upload(w),
        15..=16 => leave_in_head(w),
        17 => keep_alive(w, tally, pattern),
        18..=20 => {
            let r = w.request(Request::post("/echo").pattern_chunked(pattern))?;
            tally.echo(&r, pattern)
        }
        _ => {
            let r = w.request(Request::post("/echo").pattern(pattern))?;
            tally.echo(&r, pattern)
        }
    }
}

/// The answer, if one comes, must not look like a success.
fn timeout(w: &Watchdog) -> Outcome {
    let r = w.get("/never")?;
    check!(
        r.status >= 400,
        "a function that never answers is {}",
        r.status
    );
    Ok(())
}

fn leave_at_once(w: &Watchdog) -> Outcome {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/never"))?;
    wire.close();
    Ok(())
}

fn leave_in_answer(w: &Watchdog) -> Outcome {
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/bytes/200000"))?;
    wire.read_head()?;
    wire.read_some()?;
    wire.reset()
}

fn leave_in_upload(w: &Watchdog, round: u64) -> Outcome {
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nsome of it")?;
    if round.is_multiple_of(2) {
        wire.reset()
    } else {
        wire.close();
        Ok(())
    }
}

fn leave_in_head(w: &Watchdog) -> Outcome {
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Half")?;
    wire.close();
    Ok(())
}

fn crash(w: &Watchdog) -> Outcome {
    let r = w.get("/die-before-head")?;
    check!(r.status >= 400, "a function that dies is {}", r.status);
    // A cut may come before the head is out; that is an error here, and no success to anybody.
    let whole = w
        .get("/die-mid-chunked")
        .is_ok_and(|r| r.status < 400 && r.end.is_clean());
    check!(!whole, "a function that dies in its answer looks whole");
    Ok(())
}

fn ignored_upload(w: &Watchdog) -> Outcome {
    w.post("/early-response", vec![b'x'; 300_000])?;
    Ok(())
}

fn keep_alive(w: &Watchdog, tally: &Tally, pattern: Pattern) -> Outcome {
    let mut wire = w.connect()?;
    for _ in 0..5 {
        let r = wire.exchange(&Request::post("/echo").pattern(pattern))?;
        tally.echo(&r, pattern)?;
        if r.status != 200 {
            break;
        }
    }
    Ok(())
}

fn check_clean(rig: &Rig, w: &Watchdog, fds: usize) -> Outcome {
    w.wait_metric("http_requests_in_flight", &[], 0.0, 15.0)?;
    rig.poll(10.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })?;
    if rig.mode().forks() {
        rig.poll(10.0, "an end of all functions", || {
            w.children().is_empty().then_some(())
        })?;
    }
    // In http mode idle connections to the upstream may be there.
    rig.poll(10.0, "the descriptors of before", || {
        (w.open_fds() <= fds + SLOTS + 4).then_some(())
    })
}

/// As many requests as there are slots run at the same time.
fn check_slots(w: &Watchdog) -> Outcome {
    let mut wires = Vec::new();
    for _ in 0..SLOTS {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/never"))?;
        wires.push(wire);
    }
    for (index, wire) in wires.iter_mut().enumerate() {
        let status = wire.read_head()?.status;
        check!(status != 429, "only {index} of {SLOTS} slots are left");
    }
    Ok(())
}
