//! Chapter 6: from before the first request to after the last.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what the watchdog does by itself: that is its own contract.

use crate::template::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 6,
    name: "life",
    title: "Start and stop",
    intro: "A function is ready when it can answer, and ends when it has.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-6.1",
        "A function is not ready before its hook `init` is over; the first request after that is answered.",
    ),
    Clause::must(
        "TP-6.2",
        "An `init` that fails ends the process with a failure, and its text is in the log.",
    ),
    Clause::must(
        "TP-6.3",
        "Where the hook `ready` says no, `/_/ready` is 503, and `/_/health` is not.",
    ),
    Clause::must(
        "TP-6.4",
        "After SIGTERM the requests in flight are answered, the hook `shutdown` runs, and the exit code is 0.",
    ),
    Clause::must("TP-6.5", "Nothing of a function is left after its end."),
    Clause::must(
        "TP-6.6",
        "Behind a watchdog that passes SIGTERM on at once, requests are answered for as long as it accepts them.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "life/first-request",
        "TP-6.1",
        "the first request after three starts is answered",
    )
    .why("The official templates are ready before they listen.")
    .run(first_request),
    Case::must("life/slow-init", "TP-6.1", "a slow init is waited for")
        .why("A model takes a minute to load, and requests that come before that fail.")
        .run(slow_init),
    Case::must("life/failed-init", "TP-6.2", "a failed init ends the start")
        .why("A function without its database should not look alive.")
        .run(failed_init),
    Case::must("life/unready", "TP-6.3", "ready is what the function says")
        .why("A function that lost its database wants no requests for a while, and no restart.")
        .run(unready),
    Case::must(
        "life/drain",
        "TP-6.4",
        "a request in flight outlives SIGTERM",
    )
    .why("Every deployment of the official node and Python templates loses requests.")
    .run(drain),
    Case::must(
        "life/idle-stop",
        "TP-6.5",
        "SIGTERM to an idle function ends it all",
    )
    .why("Orphans hold memory and ports.")
    .run(idle_stop),
    Case::must(
        "life/signal-at-once",
        "TP-6.6",
        "requests after an early SIGTERM are answered",
    )
    .why("The existing of-watchdog passes the signal on at once, and goes on sending requests.")
    .run(signal_at_once),
];

fn first_request(rig: &mut Rig) -> Outcome {
    for _ in 0..3 {
        let function = rig.function().await_upstream(false).spawn()?;
        function.wait_status("/_/ready", 200, 20.0)?;
        check_eq!(
            function.get("/value/text")?.status,
            200,
            "the first request"
        );
    }
    Ok(())
}

fn slow_init(rig: &mut Rig) -> Outcome {
    let held = rig.function().env("FIXTURE_INIT", "hold");
    let function = held.await_upstream(false).start()?;
    check_eq!(function.get("/_/ready")?.status, 503, "ready during init");
    check_eq!(function.get("/_/health")?.status, 200, "health during init");
    rig.write("init", "")?;
    function.wait_status("/_/ready", 200, 20.0)?;
    check_eq!(
        function.get("/value/text")?.status,
        200,
        "the first request"
    );
    Ok(())
}

fn failed_init(rig: &mut Rig) -> Outcome {
    let setup = rig.function().env("FIXTURE_INIT", "fail");
    let exit = setup.run_to_exit(20.0)?;
    check!(exit.code != Some(0), "the exit code is 0");
    let text = exit.stderr + &exit.stdout;
    check!(
        text.contains("init failed as it was told to"),
        "no reason in the log: {text}"
    );
    Ok(())
}

fn unready(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    function.get("/unready")?;
    // A watchdog may ask no more than once a second.
    function.wait_status("/_/ready", 503, 10.0)?;
    check_eq!(function.get("/_/health")?.status, 200, "health");
    check_eq!(
        function.get("/value/text")?.status,
        200,
        "a request all the same"
    );
    Ok(())
}

fn drain(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().stops_at_once())?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get("/stream"))?;
    rig.write("gate-0", "")?;
    wire.read_head()?;
    wire.read_until(b"piece 0\n")?;
    function.signal(Signal::SIGTERM)?;
    function.wait_status("/_/ready", 503, 10.0)?;
    for number in 1..4 {
        rig.write(&format!("gate-{number}"), "")?;
        wire.read_until(format!("piece {number}\n").as_bytes())?;
    }
    wire.read_body()?;
    check_eq!(wire.end(), End::Clean, "the answer in flight");
    check_eq!(function.wait_exit(20.0)?.code, Some(0), "the exit code");
    check_eq!(rig.evidence("shutdown"), "done\n", "what the hook wrote");
    Ok(())
}

fn idle_stop(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().stops_at_once())?;
    function.get("/value/text")?;
    function.signal(Signal::SIGTERM)?;
    check_eq!(function.wait_exit(20.0)?.code, Some(0), "the exit code");
    check_eq!(rig.evidence("shutdown"), "done\n", "what the hook wrote");
    let left = proc::marked(function.mark());
    check!(left.is_empty(), "processes that are left: {left:?}");
    Ok(())
}

fn signal_at_once(rig: &mut Rig) -> Outcome {
    let setup = rig.function().env("term_signal_timing", "immediate");
    let setup = setup
        .env("drain_delay", "2s")
        .env("healthcheck_interval", "2s");
    let function = rig.ready(setup.env("shutdown_timeout", "20s"))?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get("/stream"))?;
    rig.write("gate-0", "")?;
    wire.read_head()?;
    wire.read_until(b"piece 0\n")?;
    function.signal(Signal::SIGTERM)?;
    function.wait_status("/_/ready", 503, 10.0)?;
    check_eq!(
        function.get("/value/text")?.status,
        200,
        "a request after the signal"
    );
    for number in 1..4 {
        rig.write(&format!("gate-{number}"), "")?;
    }
    wire.read_body()?;
    check_eq!(wire.end(), End::Clean, "the answer in flight");
    check_eq!(function.wait_exit(20.0)?.code, Some(0), "the exit code");
    Ok(())
}
