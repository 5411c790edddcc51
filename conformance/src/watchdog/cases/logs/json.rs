//! Logs for machines.
//! It knows the fields that must be there.
//! It refuses to forbid more fields.

use serde_json::Value;

use super::quiet;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "logs/json-every-line",
        "WD-11.13",
        "every line is an object, from the first to the last",
    )
    .modes(&Mode::ALL)
    .feature("log-json")
    .run(every_line),
    Case::must(
        "logs/json-function-lines",
        "WD-11.13",
        "a function's line is the message of an object that names the stream",
    )
    .modes(FUNCTION)
    .feature("log-json")
    .run(function_lines),
    Case::must(
        "logs/json-stdout",
        "WD-11.13",
        "the child's stdout stays on stdout, as objects",
    )
    .modes(&[Http])
    .feature("log-json")
    .run(stdout),
    Case::must(
        "logs/json-long-line",
        "WD-11.13",
        "a line over the limit comes in objects whose messages make up the line",
    )
    .modes(&[Streaming, Serializing, Http])
    .feature("log-json")
    .run(long_line),
    Case::must(
        "logs/json-access",
        "WD-11.13",
        "an access object has method, path, status, bytes, duration, call id and trace",
    )
    .modes(&Mode::ALL)
    .feature("access-log-json")
    .run(access),
    Case::must(
        "logs/json-hostile",
        "WD-11.13",
        "quotes, backslashes and control bytes of functions and callers stay inside their strings",
    )
    .modes(&[Streaming, Http])
    .feature("log-json")
    .run(hostile),
];

fn machine(rig: &Rig, fork: &str) -> Setup {
    quiet(rig, fork).env("log_format", "json")
}

/// Every whole line as an object.
fn objects(text: &str) -> Result<Vec<Value>, Failure> {
    text.lines()
        .map(|line| {
            let value = serde_json::from_str(line).unwrap_or(Value::Null);
            if Value::is_object(&value) {
                return Ok(value);
            }
            Err(Failure::failed(format!("no JSON object: {line:?}")))
        })
        .collect()
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Date and time with an offset, as RFC 3339 has them.
fn is_time(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or_default();
    let zone = time.ends_with('Z') || time.get(8..).is_some_and(|rest| rest.contains(['+', '-']));
    date.len() == 10 && time.get(2..3) == Some(":") && zone
}

fn check_objects(objects: &[Value]) -> Outcome {
    for object in objects {
        check!(is_time(text(object, "time")), "no time in {object}");
        check!(
            object.get("message").is_some_and(Value::is_string),
            "no message in {object}"
        );
        let level = text(object, "level");
        let known = ["info", "warn", "error", "debug"].contains(&level);
        check!(
            known || object.get("stream").is_some(),
            "no level in {object}"
        );
    }
    Ok(())
}

fn every_line(rig: &mut Rig) -> Outcome {
    let setup = machine(rig, &rig.fixture("exit", &["3", "--stderr", "words"]));
    let w = setup.env("healthcheck_interval", "100ms").start()?;
    w.get("/log?err=words")?;
    w.get("/status/500")?;
    w.signal(Signal::SIGTERM)?;
    let exit = w.wait_exit(10.0)?;
    let objects = objects(&exit.stderr)?;
    check!(objects.len() > 5, "only {} lines", objects.len());
    check_objects(&objects)
}

fn function_lines(rig: &mut Rig) -> Outcome {
    let script = rig.fixture("script", &["err:a%20line%0A", "out:said"]);
    let w = machine(rig, &script).start()?;
    check_eq!(w.get("/say?err=a%20line%0A")?.text(), "said", "answer");
    w.wait_log("a line", 5.0)?;
    let objects = objects(&w.log())?;
    let line = objects
        .iter()
        .find(|object| text(object, "message") == "a line");
    check_eq!(
        line.map(|line| text(line, "stream")),
        Some("stderr"),
        "stream"
    );
    check_objects(&objects)
}

fn stdout(rig: &mut Rig) -> Outcome {
    let w = machine(rig, "").start()?;
    check_eq!(w.get("/log?out=spoken&err=cried")?.status, 200, "status");
    w.wait_stdout("spoken", 5.0)?;
    w.wait_log("cried", 5.0)?;
    let objects = objects(&w.stdout())?;
    let line = objects
        .iter()
        .find(|object| text(object, "message") == "spoken");
    check_eq!(
        line.map(|line| text(line, "stream")),
        Some("stdout"),
        "stream"
    );
    check!(
        !w.log().contains("\"stdout\""),
        "stdout of the child on stderr"
    );
    Ok(())
}

fn long_line(rig: &mut Rig) -> Outcome {
    let setup = machine(rig, &rig.fixture("spew-stderr", &["300000"]));
    let w = setup.env("log_buffer_size", "10000").start()?;
    check_eq!(
        w.get("/spew?lines=1&size=300000")?.text(),
        "spewed",
        "answer"
    );
    rig.poll(10.0, "all of the line", || {
        let objects = objects(&w.log()).unwrap_or_default();
        let lines = objects
            .iter()
            .filter(|object| object.get("stream").is_some());
        let total: usize = lines.map(|object| text(object, "message").len()).sum();
        (total == 300_000).then_some(())
    })
}

fn access(rig: &mut Rig) -> Outcome {
    let w = machine(rig, &rig.fixture("echo", &[])).start()?;
    rig.write("public/echo-buffered", "hello")?;
    let request = match rig.mode() {
        Static => Request::get("/echo-buffered?q=1"),
        _ => Request::post("/echo-buffered?q=1").body("hello"),
    };
    let method = request.method.clone();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = request
        .header("X-Call-Id", "call-1")
        .header("traceparent", trace);
    check_eq!(w.request(request)?.text(), "hello", "answer");
    let line = rig.poll(5.0, "an access object", || {
        let objects = objects(&w.log()).unwrap_or_default();
        objects
            .into_iter()
            .find(|object| object.get("status").is_some())
    })?;
    check_eq!(text(&line, "method"), method, "method");
    check_eq!(text(&line, "path"), "/echo-buffered?q=1", "path");
    check_eq!(
        line.get("status").and_then(Value::as_u64),
        Some(200),
        "status"
    );
    check_eq!(line.get("bytes").and_then(Value::as_u64), Some(5), "bytes");
    check!(
        line.get("duration").is_some_and(Value::is_number),
        "no duration in {line}"
    );
    check_eq!(text(&line, "call_id"), "call-1", "call id");
    check_eq!(
        text(&line, "trace_id"),
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "trace id"
    );
    check_eq!(text(&line, "mode"), rig.mode().name(), "mode");
    Ok(())
}

fn hostile(rig: &mut Rig) -> Outcome {
    let hostile = "%22%7D%5C%00%1B[0m%FF%0A";
    let script = rig.fixture("script", &[&format!("err:{hostile}end%0A"), "out:said"]);
    let w = machine(rig, &script).start()?;
    let target = format!("/say?err={hostile}end%0A&quote='");
    let r = w.request(Request::get(&target).header("X-Call-Id", "\"},{\"x\":\""))?;
    check_eq!(r.status, 200, "status");
    w.wait_log("end", 5.0)?;
    check_objects(&objects(&w.log())?)
}
