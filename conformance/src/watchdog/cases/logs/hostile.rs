//! What callers and functions say, where it would show in the log.
//! It knows lengths, control characters and secrets.
//! It refuses what a function writes to its own log: that is its own.

use super::undated;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "logs/secrets",
        "WD-11.16",
        "no token of a header or of the query is in the log, and the rest of the query is",
    )
    .modes(FUNCTION)
    .run(secrets),
    Case::must("logs/secrets-json", "WD-11.16", "nor in lines of JSON")
        .modes(&Mode::ALL)
        .feature("access-log-json")
        .run(secrets_json),
    Case::must(
        "logs/secrets-asked-for",
        "WD-11.16",
        "`debug_headers` shows headers, as it says",
    )
    .modes(&[Classic])
    .run(asked_for),
    Case::must(
        "logs/long-words",
        "WD-11.17",
        "targets, methods and call ids of any length make lines of a bounded one",
    )
    .modes(FUNCTION)
    .run(long_words),
    Case::must(
        "logs/control-characters",
        "WD-11.17",
        "what a function says in place of a header block ends no line and begins none",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(control_characters),
];

/// The longest line that a single request may make.
const LONGEST: usize = 10 << 10;

/// Every line has a date and a length within bounds, and shows what it holds.
pub(in crate::watchdog::cases) fn tidy(log: &str) -> Outcome {
    for line in log.lines() {
        check!(undated(line).is_some(), "a line without a date: {line:?}");
        check!(line.len() <= LONGEST, "{} bytes: {line:?}", line.len());
        let control = |c: char| c.is_control() && c != '\t';
        check!(!line.contains(control), "control characters: {line:?}");
    }
    Ok(())
}

fn function(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("stdin-ignore", &[]))
}

fn requests() -> Vec<Request> {
    let jwt = "eyJhbGciOiJFUzI1NiJ9.SECRET.SECRET";
    let targets = [
        "/?access_token=SECRET&x=1",
        "/?x=1;api%5Fkey=SECRET",
        "/?X-Amz-Signature=SECRET&x=1",
        &format!("/?x=1&y={jwt}"),
        "http://user:SECRET@example.test/?x=1",
    ];
    let request = |target: &&str| {
        Request::get(target)
            .header("Host", "example.test")
            .header("Authorization", "Bearer SECRET")
            .header("Cookie", "a=SECRET")
            .header("X-Api-Key", "SECRET")
    };
    targets.iter().map(request).collect()
}

fn no_secrets(rig: &Rig, w: &Watchdog) -> Outcome {
    for request in requests() {
        let _ = w.request(request)?;
    }
    let _ = w.get("/last")?;
    rig.poll(5.0, "the last access line", || {
        let log = w.log();
        let last = log.contains("/last") || log.matches("Wrote").count() >= requests().len();
        last.then_some(())
    })?;
    for log in [w.log(), w.stdout()] {
        check!(!log.contains("SECRET"), "a secret:\n{log}");
    }
    let shown = rig.mode() != Classic;
    check!(
        !shown || w.log().contains("access_token=***&x=1"),
        "the query is not shown:\n{}",
        w.log()
    );
    Ok(())
}

fn secrets(rig: &mut Rig) -> Outcome {
    no_secrets(rig, &function(rig).start()?)
}

fn secrets_json(rig: &mut Rig) -> Outcome {
    no_secrets(rig, &function(rig).env("log_format", "json").start()?)
}

fn asked_for(rig: &mut Rig) -> Outcome {
    let w = function(rig).env("debug_headers", "true").start()?;
    w.request(Request::get("/").header("Authorization", "Bearer shown"))?;
    w.wait_stdout("[in] Authorization=[Bearer shown]", 5.0)
}

fn long_words(rig: &mut Rig) -> Outcome {
    let w = function(rig).env("log_callid", "true").start()?;
    let long = "a".repeat(30_000);
    for request in [
        Request::get(&format!("/{long}")),
        Request::get(&format!("/?{long}")),
        Request::get("/").header("X-Call-Id", &long),
        Request::get("/").header("traceparent", &format!("00-{long}-b-c")),
        Request::new(&long, "/"),
    ] {
        let _ = w.request(request)?;
    }
    let _ = w.get("/last")?;
    if rig.mode() != Classic {
        w.wait_log("GET /last", 5.0)?;
    }
    tidy(&w.log())
}

fn control_characters(rig: &mut Rig) -> Outcome {
    let fake = "%0D%1B[2K2026/01/01%2000:00:00%20GET%20/fake%20-%20200%C2%85%00";
    let setup = rig.watchdog().env("cgi_response", "true");
    let outputs = [
        format!("out:{fake}%0A%0A"),
        format!("out:Status:%20{fake}%0A%0A"),
    ];
    for output in outputs {
        let w = setup
            .clone()
            .fprocess(&rig.fixture("script", &[&output]))
            .start()?;
        check_eq!(w.get("/?x=%0d%0aset")?.status, 502, "status");
        w.wait_log(" - 502", 5.0)?;
        tidy(&w.log())?;
    }
    Ok(())
}
