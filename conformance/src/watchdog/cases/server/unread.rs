//! Clients that do not take what they asked for, and those that take long to ask.
//! It knows how little fits between two ends, and which limit holds in which state of a connection.
//! It refuses what HTTP/2 adds to that: chapter 7.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/unread-answer",
        "WD-2.21",
        "an answer that its client does not take holds its slot until `write_timeout`, and is then cut off",
    )
    .modes(&Mode::ALL)
    .run(unread_answer),
    Case::must(
        "server/unread-failure",
        "WD-2.21",
        "so does one that says what went wrong",
    )
    .modes(&[Classic])
    .run(unread_failure),
    Case::must(
        "server/unread-probes",
        "WD-2.21",
        "a client that takes no answers to its probes does not hold the end of the watchdog",
    )
    .modes(FUNCTION)
    .run(unread_probes),
    Case::must(
        "server/unread-probes-cut",
        "WD-2.21",
        "nor does it have its connection for longer than `write_timeout`",
    )
    .run(unread_probes_cut),
    Case::must(
        "server/upload-outlasts-answer",
        "WD-2.5",
        "an upload that goes on after its answer, and that nobody reads, holds its connection no longer than `read_timeout`",
    )
    .modes(&[Http])
    .run(unread_upload),
    Case::must(
        "server/upload-after-refusal",
        "WD-2.26",
        "a client that goes on with its upload behind the last answer, however slowly, is listened to for seconds",
    )
    .run(refused_upload),
    Case::must(
        "server/idle-then-head",
        "WD-2.5",
        "an idle client may begin late, and then has all the time that a head may take",
    )
    .modes(FUNCTION)
    .run(idle_then_head),
    Case::must(
        "server/idle-then-head-kept",
        "WD-2.5",
        "so may one whose connection was kept",
    )
    .modes(FUNCTION)
    .run(idle_then_head_kept),
    Case::should(
        "server/late-head-told",
        "WD-2.5",
        "who does not come to the end of a head is told so in a 408",
    )
    .run(late_head_told),
    Case::should(
        "server/other-protocols",
        "WD-2.22",
        "a TLS hello, an SSH banner and a line that is no request get a 400 at once",
    )
    .run(other_protocols),
];

const SIZE: u64 = 120_000;

fn print(rig: &Rig, extra: &[&str]) -> Setup {
    let size = SIZE.to_string();
    let words = [&[size.as_str()], extra].concat();
    rig.function(&rig.fixture("print-bytes", &words))
        .env("write_timeout", "3s")
        .env("exec_timeout", "10s")
        .env("max_inflight", "1")
}

/// Everybody else has to wait, but not for longer than `write_timeout`.
fn judge(rig: &Rig, w: &Watchdog, target: &str, status: u16) -> Outcome {
    let mut wire = w.connect_narrowly()?;
    wire.send_request(&Request::get(target))?;
    w.wait_metric("http_requests_in_flight", &[], 1.0, 5.0)?;
    w.wait_status(target, 429, 5.0)?;
    w.wait_status(target, status, 15.0)?;
    wire.set_timeout(rig.timeout(5.0))?;
    let got = wire.read_to_end()?.len() as u64;
    check!(got < SIZE, "all of the answer could still be read");
    Ok(())
}

fn unread_answer(rig: &mut Rig) -> Outcome {
    rig.write("public/bytes/120000", Pattern::new(1, SIZE).bytes())?;
    let w = print(rig, &[]).start()?;
    judge(rig, &w, "/bytes/120000", 200)
}

fn unread_failure(rig: &mut Rig) -> Outcome {
    let script = format!("head -c {SIZE} /dev/zero; exit 3");
    let path = rig.write("fail", format!("#!/bin/sh\n{script}\n"))?;
    let w = print(rig, &[])
        .fprocess(&format!("/bin/sh {}", path.display()))
        .start()?;
    judge(rig, &w, "/", 500)
}

fn unread_probes(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .stops_at_once()
        .start()?;
    let mut wire = w.connect_narrowly()?;
    wire.send(&b"GET /_/health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3000))?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(8.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    Ok(())
}

fn unread_probes_cut(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .env("write_timeout", "2s")
        .env("read_timeout", "40s")
        .start()?;
    let mut wire = w.connect_narrowly()?;
    wire.send(&b"GET /_/health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3000))?;
    // Without reading, which would help: whoever is no longer there takes nothing.
    rig.poll(15.0, "the end of the connection", || {
        wire.send(b"G").is_err().then_some(())
    })
}

fn unread_upload(rig: &mut Rig) -> Outcome {
    let w = rig.function("").env("read_timeout", "1s").start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/early-hold").header("Content-Length", "100000000"))?;
    check_eq!(wire.read_response()?.status, 200, "status");
    // More than fits on the way; whoever is no longer there takes none of it.
    wire.set_timeout(rig.timeout(8.0))?;
    let piece = vec![0; 1 << 20];
    for _ in 0..50 {
        if let Err(error) = wire.send(&piece) {
            let why = format!("{error:?}");
            check!(
                !why.contains("WouldBlock") && !why.contains("temporarily"),
                "not closed: {why}"
            );
            return Ok(());
        }
    }
    wire.expect_closed(rig.timeout(8.0))
}

fn refused_upload(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("echo", &[]))
        .env("read_timeout", "40s")
        .start()?;
    let mut wire = w.connect()?;
    wire.send_head(&Request::post("/_/health").header("Content-Length", "100000000"))?;
    check_eq!(wire.read_response()?.status, 405, "status");
    rig.poll(10.0, "the end of the connection", || {
        rig.pass_time(Duration::from_millis(50));
        wire.send(b"x").is_err().then_some(())
    })
}

/// Nothing for most of `read_timeout`, then a head in two halves with as much time between them.
fn late(rig: &Rig, wire: &mut Wire) -> Outcome {
    rig.pass_time(Duration::from_millis(1500));
    wire.send(b"GET / HTTP/1.1\r\nHo")?;
    rig.pass_time(Duration::from_secs(1));
    wire.send(b"st: a\r\n\r\n")?;
    check_eq!(wire.read_response()?.status, 200, "status");
    Ok(())
}

fn hasty(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("echo", &[]))
        .env("read_timeout", "2s")
}

fn idle_then_head(rig: &mut Rig) -> Outcome {
    let w = hasty(rig).start()?;
    let mut wire = w.connect()?;
    late(rig, &mut wire)
}

fn idle_then_head_kept(rig: &mut Rig) -> Outcome {
    let w = hasty(rig).start()?;
    let mut wire = w.connect()?;
    wire.exchange(&Request::get("/"))?;
    late(rig, &mut wire)
}

fn late_head_told(rig: &mut Rig) -> Outcome {
    let w = hasty(rig).start()?;
    let mut wire = w.connect()?;
    wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n")?;
    check_eq!(wire.read_response()?.status, 408, "status");
    wire.expect_closed(rig.timeout(5.0))
}

fn other_protocols(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    for said in [
        &b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"[..],
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"EHLO there\r\n",
    ] {
        let mut wire = w.connect()?;
        wire.send(said)?;
        wire.set_timeout(rig.timeout(5.0))?;
        let status = wire.read_response()?.status;
        check_eq!(status, 400, "status for {:?}", said.escape_ascii());
    }
    Ok(())
}
