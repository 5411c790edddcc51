//! Call ids and traces.
//! It knows the headers, and how functions of each mode see them.
//! It refuses to make traces of its own.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "logs/callid",
        "WD-11.10",
        "`log_callid` and its other name end the line with the id",
    )
    .modes(&[Http])
    .run(callid),
    Case::must(
        "logs/callid-alias",
        "WD-11.10",
        "`log_call_id`, the documented name, works too",
    )
    .modes(&[Streaming, Serializing, Http])
    .feature("call-id")
    .run(callid_alias),
    Case::must(
        "logs/callid-off",
        "WD-11.10",
        "without the setting there is no id in the line",
    )
    .modes(&[Streaming, Serializing, Http])
    .run(callid_off),
    Case::must(
        "logs/callid-kept",
        "WD-11.11",
        "a caller's id reaches the function",
    )
    .modes(FUNCTION)
    .run(kept),
    Case::must(
        "logs/callid-returned",
        "WD-11.11",
        "and comes back with the answer",
    )
    .modes(FUNCTION)
    .feature("call-id")
    .run(returned),
    Case::must(
        "logs/callid-made",
        "WD-11.11",
        "where there is none, a new one is made, the same for function and caller",
    )
    .modes(FUNCTION)
    .feature("call-id")
    .run(made),
    Case::must(
        "logs/traceparent",
        "WD-11.12",
        "traceparent, tracestate and baggage reach the function",
    )
    .modes(FUNCTION)
    .run(traceparent),
];

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A function that answers with the headers it was given.
fn mirror(rig: &Rig) -> Setup {
    rig.function(&rig.fixture("cgi-headers", &[]))
}

/// The value of a header as the function told it; `name` in lower case.
fn seen(rig: &Rig, answer: &Response, name: &str) -> Option<String> {
    let text = answer.text();
    if rig.mode() == Http {
        let dump: serde_json::Value = serde_json::from_str(&text).ok()?;
        let headers = dump.get("headers")?.as_array()?;
        let found = headers.iter().find(|pair| {
            pair.get(0)
                .and_then(|n| n.as_str())
                .is_some_and(|n| n.eq_ignore_ascii_case(name))
        })?;
        return Some(found.get(1)?.as_str()?.to_owned());
    }
    let name = format!("http_{}=", name.replace('-', "_"));
    let line = text
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with(&name))?;
    line.get(name.len()..).map(str::to_owned)
}

fn line_ends(rig: &Rig, w: &Watchdog, end: &str) -> Outcome {
    rig.poll(
        5.0,
        &format!("an access line that ends with {end:?}"),
        || {
            let log = w.log();
            let mut lines = log
                .lines()
                .filter(|line| line.contains(" - ContentLength: "));
            lines.any(|line| line.ends_with(end)).then_some(())
        },
    )
}

fn callid(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).env("log_callid", "true").start()?;
    w.request(Request::get("/dump").header("X-Call-Id", "call-17"))?;
    line_ends(rig, &w, "s) [call-17]")
}

fn callid_alias(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).env("log_call_id", "true").start()?;
    w.request(Request::get("/dump").header("X-Call-Id", "call-18"))?;
    line_ends(rig, &w, "s) [call-18]")
}

fn callid_off(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).start()?;
    w.request(Request::get("/dump").header("X-Call-Id", "call-19"))?;
    line_ends(rig, &w, "s)")?;
    check!(!w.log().contains("call-19"), "the id is in the log");
    Ok(())
}

fn kept(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).start()?;
    let r = w.request(Request::get("/dump").header("X-Call-Id", "call-20"))?;
    check_eq!(
        seen(rig, &r, "x-call-id").as_deref(),
        Some("call-20"),
        "what the function saw"
    );
    Ok(())
}

fn returned(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).start()?;
    let r = w.request(Request::get("/dump").header("X-Call-Id", "call-21"))?;
    check_eq!(r.headers.all("x-call-id"), ["call-21"], "ids of the answer");
    Ok(())
}

fn made(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).start()?;
    let mut before = String::new();
    for _ in 0..3 {
        let r = w.get("/dump")?;
        let id = r.header("x-call-id").unwrap_or_default().to_owned();
        check_eq!(
            seen(rig, &r, "x-call-id").as_deref(),
            Some(id.as_str()),
            "what the function saw"
        );
        let hex = id.bytes().filter(u8::is_ascii_hexdigit).count();
        check!(id.len() == 36 && hex == 32, "no UUID: {id:?}");
        check!(id != before, "the same id twice");
        before = id;
    }
    Ok(())
}

fn traceparent(rig: &mut Rig) -> Outcome {
    let w = mirror(rig).start()?;
    let request = Request::get("/dump")
        .header("traceparent", TRACE)
        .header("tracestate", "vendor=1,other=2")
        .header("baggage", "user=alice");
    let r = w.request(request)?;
    for (name, want) in [
        ("traceparent", TRACE),
        ("tracestate", "vendor=1,other=2"),
        ("baggage", "user=alice"),
    ] {
        check_eq!(seen(rig, &r, name).as_deref(), Some(want), "{name}");
    }
    Ok(())
}
