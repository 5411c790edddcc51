//! Chapter 7: what a function writes.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses the shape that the watchdog gives to lines: that is its own contract.

use crate::template::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: "output",
    title: "Output",
    intro: "What is written can be read, at once and to its end.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-7.1",
        "A line that a handler prints is in the log at once, and not lost by SIGTERM.",
    ),
    Clause::must("TP-7.2", "A line of the runtime's log has the call id."),
    Clause::must(
        "TP-7.3",
        "With `log_format=json` a line of the runtime's log is an object with `level`, `msg` and `callId`.",
    ),
    Clause::must(
        "TP-7.4",
        "A line of any length comes out whole, if in pieces, and the function goes on answering.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "output/at-once",
        "TP-7.1",
        "a printed line is there at once",
    )
    .why(
        "Python's output is buffered where nobody says otherwise: it is missing when it is wanted.",
    )
    .run(at_once),
    Case::must("output/kept", "TP-7.1", "a printed line outlives SIGTERM")
        .why("The last lines are those that say why.")
        .run(kept),
    Case::must("output/call-id", "TP-7.2", "a line has the call id")
        .why("Logs of several functions are joined by it.")
        .run(call_id),
    Case::must(
        "output/json",
        "TP-7.3",
        "lines are JSON where that is asked for",
    )
    .why("Collectors of logs read objects.")
    .run(json_lines),
    Case::must("output/long", "TP-7.4", "a line of 5 MB comes out whole")
        .why("After one line of 64 KiB the existing watchdog reads no more, and Python blocks.")
        .run(long),
];

fn everything(function: &Watchdog) -> String {
    function.log() + &function.stdout()
}

fn at_once(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    function.get("/say/first-word")?;
    rig.poll(10.0, "the line in the log", || {
        everything(&function).contains("first-word").then_some(())
    })
}

fn kept(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().stops_at_once())?;
    function.get("/say/last-word")?;
    function.signal(Signal::SIGTERM)?;
    let exit = function.wait_exit(20.0)?;
    check!(
        (exit.stdout + &exit.stderr).contains("last-word"),
        "the line is lost"
    );
    Ok(())
}

fn call_id(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    function.request(Request::get("/say/some-word").header("X-Call-Id", "call-9"))?;
    rig.poll(10.0, "a line with the word and the call id", || {
        let text = everything(&function);
        let mut lines = text.lines();
        lines
            .any(|line| line.contains("some-word") && line.contains("call-9"))
            .then_some(())
    })
}

fn json_lines(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().env("log_format", "json"))?;
    function.request(Request::get("/say/some-word").header("X-Call-Id", "call-9"))?;
    let told = rig.poll(10.0, "an object with the word and the call id", || {
        let text = everything(&function);
        text.lines().find_map(object)
    })?;
    check!(
        told.get("level").is_some_and(Value::is_string),
        "no level in {told}"
    );
    Ok(())
}

/// The runtime's own object: the line, or what a watchdog wrapped the line into.
fn object(line: &str) -> Option<Value> {
    let told: Value = serde_json::from_str(line).ok()?;
    let is = |value: &Value, name: &str, text: &str| value.get(name).is_some_and(|one| one == text);
    let ours = |value: &Value| is(value, "msg", "some-word") && is(value, "callId", "call-9");
    if ours(&told) {
        return Some(told);
    }
    let mut texts = told.as_object()?.values().filter_map(Value::as_str);
    texts.find_map(|text| serde_json::from_str(text).ok().filter(ours))
}

fn long(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    for size in [70_000, 5_000_000] {
        let count = || everything(&function).matches('x').count();
        let before = count();
        check!(
            function.get(&format!("/log/{size}"))?.status < 300,
            "a line of {size}"
        );
        rig.poll(20.0, &format!("{size} more bytes in the log"), || {
            (count() >= before + size).then_some(())
        })?;
        check_eq!(function.get("/value/text")?.status, 200, "the next request");
    }
    Ok(())
}
