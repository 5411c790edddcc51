//! Whether and how an accepted call is made.
//! It knows what the function keeps: files and events.
//! It refuses to hurry: a queue may work on one call at a time.

use super::callbacks::{answered, called};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "async/once",
        "PR-14.2",
        "the function is called once, with the body unchanged",
    )
    .rows(&["ASY-04"])
    .profiles(&[Profile::Async])
    .why("Orders are lost, or shipped twice.")
    .source("documentation async.md")
    .run(once),
    Case::must(
        "async/request",
        "PR-14.2",
        "fields, query and path of the call reach the function",
    )
    .rows(&["ASY-05"])
    .profiles(&[Profile::Async])
    .why("The same function does something else when it is called later.")
    .source("gateway queue_proxy")
    .run(request),
    Case::must(
        "async/same-id",
        "PR-14.3",
        "the function sees the id that the client was answered",
    )
    .rows(&["ASY-06"])
    .profiles(&[Profile::Async])
    .why("Logs of the function cannot be matched with the call.")
    .source("documentation async.md")
    .run(same_id),
    Case::should(
        "async/own-id",
        "PR-14.4",
        "an id that the client brings is the call's",
    )
    .rows(&["ASY-07"])
    .profiles(&[Profile::Async])
    .why("A chain of calls loses its thread.")
    .source("gateway handlers")
    .run(own_id),
    Case::should(
        "async/method",
        "PR-14.15",
        "the function is called with POST",
    )
    .rows(&["ASY-21"])
    .profiles(&[Profile::Async])
    .why("A function that tells methods apart does something else.")
    .source("queue-worker")
    .run(method),
    Case::should(
        "async/missing",
        "PR-14.7",
        "a call of a function that is not there is 202 or 404, and the queue goes on",
    )
    .rows(&["ASY-14"])
    .profiles(&[Profile::Async])
    .why("One mistyped name stops everybody's work.")
    .source("OAS")
    .run(missing),
    Case::should(
        "async/namespace",
        "PR-14.9",
        "the name with the default namespace is called, too",
    )
    .rows(&["ASY-15"])
    .profiles(&[Profile::Async])
    .why("The official clients always send it.")
    .source("OAS")
    .run(namespace),
    Case::should(
        "async/hundred",
        "PR-14.10",
        "of a hundred calls each is made",
    )
    .rows(&["ASY-16"])
    .profiles(&[Profile::Async])
    .seconds(180)
    .why("A queue that loses one in a hundred is found out late.")
    .source("documentation async.md")
    .run(hundred),
];

/// How often the function saw the event, once it has seen it at all.
fn seen(rig: &Rig, f: &Function, event: &str) -> Result<usize, Failure> {
    rig.until(60.0, &format!("the event {event}"), || {
        let events = f.events()?;
        let count = events.iter().filter(|one| *one == event).count();
        check!(count > 0, "the function has seen {events:?}");
        Ok(count)
    })
}

fn once(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let body: Vec<u8> = (0..=255).collect();
    let write = Request::post("/fs/write?path=/tmp/order").body(body.clone());
    provider.invoke_async(&f, &write)?.is(202)?;
    rig.until(60.0, "the file that the call writes", || {
        let kept = f.file("/tmp/order")?;
        check_eq!(kept, Some(body.clone()), "the body that the function saw");
        Ok(())
    })?;
    let order = Request::post("/upload/order").body("one");
    provider.invoke_async(&f, &order)?.is(202)?;
    seen(rig, &f, "first:order")?;
    rig.stays(2.0, || {
        let events = f.events()?;
        let count = events.iter().filter(|one| *one == "first:order").count();
        check_eq!(count, 1, "how often the call was made");
        Ok(())
    })
}

fn request(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/a/b?x=1&y=%20z&x=2")
        .header("X-Asked", "yes, \"really\"")
        .header("Content-Type", "text/x-order; v=1")
        .body("the order");
    let call = called(rig, &f, &request)?;
    let seen: Echo = call.json()?;
    check_eq!(seen.path, "/a/b", "the path");
    check_eq!(seen.query.as_deref(), Some("x=1&y=%20z&x=2"), "the query");
    check_eq!(seen.all("x-asked"), vec!["yes, \"really\""], "X-Asked");
    check_eq!(
        seen.all("content-type"),
        vec!["text/x-order; v=1"],
        "Content-Type"
    );
    check_eq!(seen.body()?, b"the order".to_vec(), "the body");
    Ok(())
}

fn same_id(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let call = called(rig, &f, &Request::post("/echo").body("x"))?;
    let seen: Echo = call.json()?;
    check!(!call.id.is_empty(), "the 202 has no X-Call-Id");
    check_eq!(
        seen.all("x-call-id"),
        vec![call.id.as_str()],
        "the id that the function saw"
    );
    Ok(())
}

fn own_id(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let own = format!("own-{}", rig.name());
    let request = Request::post("/echo").header("X-Call-Id", &own).body("x");
    let call = called(rig, &f, &request)?;
    let seen: Echo = call.json()?;
    check_eq!(
        seen.all("x-call-id"),
        vec![own.as_str()],
        "the id that the function saw"
    );
    let told = call.received.header("x-call-id");
    check_eq!(
        told,
        Some(own.as_str()),
        "the id that the callback was told"
    );
    Ok(())
}

fn method(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen: Echo = called(rig, &f, &Request::post("/echo").body("x"))?.json()?;
    check_eq!(seen.method, "POST", "the method that the function saw");
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/").body("x");
    let answer = rig.provider().invoke_async(rig.name(), &request)?;
    answer.is_one_of(&[202, 404])?;
    let call = called(rig, &f, &Request::post("/raw").body("next"))?;
    check_eq!(call.received.text(), "next", "the answer of the next call");
    Ok(())
}

fn namespace(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let callback = rig.callback()?;
    let full = (f.name.as_str(), DEFAULT_NAMESPACE);
    let request = Request::post("/raw")
        .header("X-Callback-Url", &callback.url())
        .body("by the full name");
    rig.provider().invoke_async(full, &request)?.is(202)?;
    let received = answered(&callback)?;
    check_eq!(received.text(), "by the full name", "the answer");
    Ok(())
}

fn hundred(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    for n in 0..100 {
        let request = Request::post(&format!("/upload/m{n}")).body("x");
        provider.invoke_async(&f, &request)?.is(202)?;
    }
    let events = rig.until(120.0, "all of 100 calls", || {
        let events = f.events()?;
        let missing: Vec<usize> = (0..100)
            .filter(|n| !events.contains(&format!("first:m{n}")))
            .collect();
        check!(
            missing.is_empty(),
            "{} are missing: {missing:?}",
            missing.len()
        );
        Ok(events)
    })?;
    if events.len() > 100 {
        rig.note(&format!("100 calls were made {} times", events.len()));
    }
    Ok(())
}
