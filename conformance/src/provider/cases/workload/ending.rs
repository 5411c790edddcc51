//! How a function is ended: the signal, what is under way, and the one that will not go.
//! It knows what the probe says of signals, and that a dead process drops its connections.
//! It refuses to know how long a provider waits, but for the minute at the most.

use std::io::ErrorKind::WouldBlock;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "workload/sigterm",
        "WL-15.6",
        "a function that is removed gets SIGTERM",
    )
    .rows(&["WRK-07"])
    .profiles(&[Profile::Workload, Profile::Logs])
    .why("Functions with something to save lose it.")
    .source("classic-watchdog and of-watchdog")
    .run(sigterm),
    Case::should(
        "workload/under-way",
        "WL-15.7",
        "a call of 3 seconds is answered while its function is updated",
    )
    .rows(&["WRK-08"])
    .profiles(&[Profile::Workload])
    .why("Every release of a function costs some of its clients an error.")
    .source("documentation workloads.md")
    .run(under_way),
    Case::must(
        "workload/stubborn",
        "WL-15.6",
        "a function that ignores SIGTERM is gone within a minute of its removal",
    )
    .rows(&["WRK-09"])
    .profiles(&[Profile::Workload])
    .seconds(180)
    .why("Functions that will not go use up the machine unseen.")
    .source("faasd; faas-netes")
    .run(stubborn),
];

fn sigterm(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("PROBE_SAY", "here I am"))?;
    let provider = rig.provider();
    let (head, mut wire) = provider.follow(&f, "")?;
    check_eq!(head.status, 200, "the status of the log");
    wire.set_timeout(rig.timeout(40.0))?;
    wire.read_until(b"here I am")?;
    provider.delete(&f)?.is_accepted()?;
    wire.read_until(b"SIGTERM")?;
    Ok(())
}

fn under_way(rig: &mut Rig) -> Outcome {
    let deployment = rig.function().env("ROUND", "1");
    let f = rig.start(&deployment)?;
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    wire.send_request(&provider.invocation(&f, &Request::get("/sleep/3000")))?;
    rig.settles("the call that is under way", || {
        let now = f
            .json::<Value>("/inflight")?
            .get("now")
            .and_then(Value::as_u64);
        check!(now >= Some(2), "requests in flight, with this one: {now:?}");
        Ok(())
    })?;
    let next = deployment.env("ROUND", "2");
    provider.update(&next)?.is_accepted()?;
    let answer = wire.read_response()?;
    check_eq!(answer.status, 200, "the call that was under way");
    check_eq!(answer.text(), "slept", "its answer");
    rig.settles("the updated function", || {
        check_eq!(f.env("ROUND")?.as_deref(), Some("2"), "ROUND");
        Ok(())
    })
}

fn stubborn(rig: &mut Rig) -> Outcome {
    // A watchdog before the probe must not end it first.
    let names = ["exec_timeout", "read_timeout", "write_timeout"];
    let deployment = names
        .iter()
        .fold(rig.function().env("PROBE_IGNORE_TERM", "1"), |one, name| {
            one.env(name, "10m")
        });
    let f = rig.start(&deployment)?;
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    wire.send_request(&provider.invocation(&f, &Request::get("/hang/stubborn")))?;
    rig.saw(&f, "hang:stubborn")?;
    let tie = tied(rig, &f);
    // A watchdog that has nothing more to wait for would end it, and not the platform.
    let _held = rig
        .claims(Profile::Websocket)
        .then(|| provider.websocket(&f, "/ws"));
    let (start, limit) = (Instant::now(), rig.timeout(65.0));
    // Some providers give up on the first request, and have killed it by the next.
    let removed = provider.patient(limit).delete(&f)?;
    rig.note(&format!("removing it is {}", removed.status));
    // The call ends when its process does, or when the platform allows it no more time.
    wire.set_timeout(limit.saturating_sub(start.elapsed()))?;
    let outcome = wire.read_response();
    check!(
        start.elapsed() < limit,
        "the process is there after {limit:?}"
    );
    if let Ok(answer) = outcome {
        let ended = answer.status >= 500 || !answer.end.is_clean();
        check!(
            ended,
            "a call that never ends was answered {}",
            answer.status
        );
    }
    if !ACCEPTED.contains(&removed.status) {
        provider.delete(&f)?.is_one_of(&[200, 202, 404])?;
    }
    rig.gone(&f)?;
    match tie {
        Some(tie) => ends(tie, limit.saturating_sub(start.elapsed()))?,
        None => rig.note("the function cannot reach the suite: its process may be there"),
    }
    rig.note(&format!("gone after {} s", start.elapsed().as_secs()));
    Ok(())
}

/// A connection that the process of the function has to us for as long as it lives, where it reaches us.
fn tied(rig: &Rig, f: &Function) -> Option<TcpStream> {
    let listener = TcpListener::bind((rig.reached_at().ok()?, 0)).ok()?;
    let to = listener.local_addr().ok()?;
    let answer = f.get(&format!("/tie?to={to}")).ok()?;
    let tied = answer.status == 200 && answer.text() == "tied";
    tied.then(|| listener.accept().ok())?.map(|(tie, _)| tie)
}

/// The process at the other end ends within that time.
fn ends(mut tie: TcpStream, left: Duration) -> Outcome {
    let left = left.max(Duration::from_millis(1));
    let set = tie.set_read_timeout(Some(left));
    set.map_err(|error| Failure::fault(format!("a time limit: {error}")))?;
    let waited = matches!(tie.read(&mut [0]), Err(error) if error.kind() == WouldBlock);
    check!(
        !waited,
        "the process of the removed function is still there"
    );
    Ok(())
}
