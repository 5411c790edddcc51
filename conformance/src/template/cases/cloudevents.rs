//! Chapter 9: `CloudEvents`, in and out.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses other versions than 1.0.

use crate::template::prelude::*;
use crate::template::profile::CLOUD_EVENTS;
use crate::template::rig::json_of;

pub const CHAPTER: Chapter = Chapter {
    number: 9,
    name: "cloudevents",
    title: "CloudEvents",
    intro: "A handler of events is given events, and what it returns goes back the way they came.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-9.1",
        "An event in binary mode is read, and answered in it.",
    ),
    Clause::must(
        "TP-9.2",
        "An event in structured mode is read, and answered in it, data that is bytes included.",
    ),
    Clause::must("TP-9.3", "A batch is read in order, and answered as one."),
    Clause::must(
        "TP-9.4",
        "What is no event of version 1.0 is a 400 that names what is wrong.",
    ),
    Clause::must(
        "TP-9.5",
        "No event in return is a 204, and an error is a 500 as for any request.",
    ),
];

const CASES: &[Case] = &[
    Case::must("cloudevents/binary", "TP-9.1", "binary in, binary out")
        .feature(CLOUD_EVENTS)
        .why("Brokers such as Knative's send them so.")
        .run(binary),
    Case::must(
        "cloudevents/structured",
        "TP-9.2",
        "structured in, structured out",
    )
    .feature(CLOUD_EVENTS)
    .why("Event grids of clouds send them so.")
    .run(structured),
    Case::must(
        "cloudevents/bytes",
        "TP-9.2",
        "bytes survive in structured mode",
    )
    .feature(CLOUD_EVENTS)
    .why("Bytes stand in base64 there.")
    .run(bytes),
    Case::must("cloudevents/batch", "TP-9.3", "a batch in, a batch out")
        .feature(CLOUD_EVENTS)
        .why("One request for many events is what batches are for.")
        .run(batch),
    Case::must("cloudevents/bad", "TP-9.4", "what is no event is refused")
        .feature(CLOUD_EVENTS)
        .why("A sender sends a 500 again, and a 400 to a person.")
        .run(bad),
    Case::must("cloudevents/none", "TP-9.5", "nothing in return is nothing")
        .feature(CLOUD_EVENTS)
        .why("Most handlers of events return nothing.")
        .run(none),
];

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

fn event(id: &str, kind: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "/judge", "type": kind})
}

fn post(function: &Watchdog, kind: &str, event: &Value) -> Result<Response, Failure> {
    let request = Request::post("/").header("Content-Type", kind);
    function.request(request.body(event.to_string()))
}

fn binary(rig: &mut Rig) -> Outcome {
    let request = Request::post("/")
        .header("Ce-Specversion", "1.0")
        .header("Ce-Id", "a%20b")
        .header("Ce-Source", "/judge")
        .header("Ce-Type", "made")
        .header("Content-Type", "application/json")
        .body(r#"{"a":[1,"é"]}"#);
    let response = rig.start()?.request(request)?;
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-id", "reply-a%20b"),
        ("ce-source", "/fixture"),
        ("ce-type", "fixture.reply"),
        ("ce-subject", "made"),
        ("content-type", "application/json"),
    ] {
        check_eq!(response.header(name), Some(value), "{name} of the reply");
    }
    check_eq!(
        json_of::<Value>(&response)?,
        json!({"a": [1, "é"]}),
        "the data"
    );
    Ok(())
}

/// The event with one attribute more, or another value of it.
fn with(mut event: Value, name: &str, value: Value) -> Value {
    if let Some(attributes) = event.as_object_mut() {
        attributes.insert(name.to_owned(), value);
    }
    event
}

fn structured(rig: &mut Rig) -> Outcome {
    let sent = with(event("1", "made"), "data", json!({"a": 1}));
    let response = post(&rig.start()?, STRUCTURED, &sent)?;
    let kind = response.header("content-type").unwrap_or_default();
    check!(kind.starts_with(STRUCTURED), "the type is {kind:?}");
    let reply: Value = json_of(&response)?;
    let want = json!({
        "specversion": "1.0", "id": "reply-1", "source": "/fixture", "type": "fixture.reply", "subject": "made", "data": {"a": 1}
    });
    check_eq!(reply, want, "the reply");
    Ok(())
}

fn bytes(rig: &mut Rig) -> Outcome {
    let sent = with(event("1", "made"), "datacontenttype", json!("image/png"));
    let sent = with(sent, "data_base64", json!("/wD+"));
    let reply: Value = json_of(&post(&rig.start()?, STRUCTURED, &sent)?)?;
    let data = reply.get("data_base64").and_then(Value::as_str);
    check_eq!(data, Some("/wD+"), "the data of {reply}");
    Ok(())
}

fn batch(rig: &mut Rig) -> Outcome {
    let sent = json!([event("1", "made"), event("2", "silent"), event("3", "made")]);
    let response = post(&rig.start()?, BATCH, &sent)?;
    let kind = response.header("content-type").unwrap_or_default();
    check!(kind.starts_with(BATCH), "the type is {kind:?}");
    let replies: Vec<Value> = json_of(&response)?;
    let ids: Vec<&str> = replies
        .iter()
        .filter_map(|one| one.get("id")?.as_str())
        .collect();
    check_eq!(ids, ["reply-1", "reply-3"], "the ids of the replies");
    Ok(())
}

fn bad(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let old = with(event("1", "made"), "specversion", json!("0.3"));
    let nameless = json!({"specversion": "1.0", "source": "/judge", "type": "made"});
    for (kind, value, named) in [
        (STRUCTURED, old, "specversion"),
        (STRUCTURED, nameless, "id"),
        (STRUCTURED, json!([]), "object"),
        (BATCH, json!({}), "array"),
    ] {
        let response = post(&function, kind, &value)?;
        check_eq!(response.status, 400, "the answer to {value}");
        let text = response.text();
        check!(text.contains(named), "{named} is not named in {text:?}");
    }
    let garbage = Request::post("/")
        .header("Content-Type", STRUCTURED)
        .body("{");
    check_eq!(
        function.request(garbage)?.status,
        400,
        "the answer to no JSON"
    );
    Ok(())
}

fn none(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let silent = post(&function, STRUCTURED, &event("1", "silent"))?;
    check_eq!(silent.status, 204, "the answer to an event without a reply");
    let failed = post(&function, STRUCTURED, &event("1", "fail"))?;
    check_eq!(failed.status, 500, "the answer to one that fails");
    check!(
        !failed.text().contains("s3cret"),
        "the error is in the answer"
    );
    Ok(())
}
