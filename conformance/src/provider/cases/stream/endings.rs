//! How streams end, and those that never begin.
//! It knows who leaves, who is not there, and who goes on for too long.
//! It refuses to take an empty 200 for an answer.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "stream/client-leaves",
        "PR-13.6",
        "the function sees that the client of a stream has left",
    )
    .rows(&["STR-07"])
    .profiles(&[Profile::Streaming])
    .why("Functions produce for nobody, for good.")
    .source("SDK proxy/proxy.go")
    .run(client_leaves),
    Case::must(
        "stream/dead-function",
        "PR-13.7",
        "a stream from a function that does not answer is a 5xx, and no empty 200",
    )
    .rows(&["STR-08"])
    .profiles(&[Profile::Streaming])
    .seconds(180)
    .why("The client takes a dead function for one that had nothing to say.")
    .source("seen at the SDK, which answers 200")
    .run(dead),
    Case::must(
        "stream/missing-function",
        "PR-13.7",
        "a stream from a function that is not there is 404, 502 or 503",
    )
    .rows(&["STR-09"])
    .profiles(&[Profile::Streaming])
    .why("The client waits for events that never come.")
    .source("SDK proxy/proxy.go")
    .run(missing),
    Case::should(
        "stream/six-seconds",
        "PR-13.8",
        "a stream of 6 seconds is not cut",
    )
    .rows(&["STR-10"])
    .profiles(&[Profile::Streaming])
    .why("Answers of language models take that long.")
    .source("documentation workloads.md")
    .run(six_seconds),
    Case::should(
        "stream/thirty-seconds",
        "PR-13.8",
        "a stream of 30 seconds is not cut",
    )
    .rows(&["STR-10"])
    .profiles(&[Profile::Streaming])
    .named_only()
    .why("Builds and reports take that long.")
    .source("documentation workloads.md")
    .run(thirty_seconds),
    Case::should(
        "stream/too-long",
        "PR-13.8",
        "a stream that never ends is ended, and the platform goes on",
    )
    .rows(&["STR-11"])
    .profiles(&[Profile::Streaming])
    .named_only()
    .seconds(360)
    .why("Streams that nobody ends use up the platform.")
    .source("documentation expanded-timeouts.md")
    .run(too_long),
];

fn stream(target: &str) -> Request {
    Request::get(target).header("Accept", "text/event-stream")
}

fn client_leaves(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = stream("/stream/2000/20?type=sse&tag=left");
    let (head, mut wire) = rig.provider().invoke_open(&f, &request)?;
    check_eq!(head.status, 200, "the status of the stream");
    wire.read_until(b"event 1")?;
    wire.close();
    rig.saw(&f, "gone:left")?;
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}

fn dead(rig: &mut Rig) -> Outcome {
    let broken = rig.probe()?;
    for accept in ["text/event-stream", "application/x-ndjson"] {
        let request = Request::get("/close").header("Accept", accept);
        broken.call(&request)?.is_one_of(&[500, 502, 503, 504])?;
    }
    let provider = rig.provider();
    // Nobody is at the port of functions, or nobody behind the watchdog there.
    let silent = rig.function().env("port", "18080");
    let silent = silent.env("PROBE_LISTEN_DELAY", "3600s");
    provider.deploy(&silent)?.is_accepted()?;
    // A gateway that waits for the first replica may take 100 s.
    let patient = provider.patient(rig.timeout(110.0));
    let answer = patient.invoke(&silent, &stream("/stream/1/1?type=sse"))?;
    answer.is_one_of(&[500, 502, 503, 504])?;
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let name = rig.name();
    let answer = provider.invoke(&name, &stream("/stream/1/1?type=sse"))?;
    answer.is_one_of(UNREACHED)?;
    let lines = Request::get("/stream/1/1?type=ndjson").header("Accept", "application/x-ndjson");
    provider.invoke(&name, &lines)?.is_one_of(UNREACHED)?;
    Ok(())
}

fn six_seconds(rig: &mut Rig) -> Outcome {
    lasts(&rig.probe()?, 6)
}

fn thirty_seconds(rig: &mut Rig) -> Outcome {
    lasts(&patient(rig)?, 30)
}

/// A stream of so many seconds comes whole.
fn lasts(f: &Function, seconds: u32) -> Outcome {
    let count = 2 * seconds + 1;
    let answer = f.call(&stream(&format!("/stream/{count}/500?type=sse")))?;
    let answer = answer.is(200)?;
    let events: Vec<String> = (0..count).map(|n| format!("data: event {n}\n\n")).collect();
    let want = events.concat();
    check_eq!(answer.text(), want, "the events of {seconds} s");
    Ok(())
}

/// A probe that allows itself any time, whatever watchdog is before it.
fn patient(rig: &Rig) -> Result<Function, Failure> {
    let names = ["exec_timeout", "read_timeout", "write_timeout"];
    let deployment = names
        .iter()
        .fold(rig.function(), |one, name| one.env(name, "10m"));
    rig.start(&deployment)
}

fn too_long(rig: &mut Rig) -> Outcome {
    let f = patient(rig)?;
    let request = stream("/stream/100000/500?type=sse");
    let (head, mut wire) = rig.provider().invoke_open(&f, &request)?;
    check_eq!(head.status, 200, "the status of the stream");
    let (start, limit) = (Instant::now(), rig.timeout(300.0));
    while wire.read_some()?.is_some() {
        check!(
            start.elapsed() < limit,
            "the stream was not ended within {limit:?}"
        );
    }
    rig.note(&format!(
        "the stream was ended after {} s",
        start.elapsed().as_secs()
    ));
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}
