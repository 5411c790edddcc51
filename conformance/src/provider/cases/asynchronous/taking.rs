//! What the queue takes, and what it says to that.
//! It knows the answer that a client gets at once.
//! It refuses to look whether the call was made: that is delivery.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("async/accepted", "PR-14.1", "a POST is 202")
        .rows(&["ASY-01"])
        .profiles(&[Profile::Async])
        .why("Clients take anything else for a refusal and send it again.")
        .source("OAS")
        .run(accepted),
    Case::must("async/call-id", "PR-14.1", "the answer has an X-Call-Id")
        .rows(&["ASY-02"])
        .profiles(&[Profile::Async])
        .why("Without it the callback cannot be matched with the call.")
        .source("documentation async.md")
        .run(call_id),
    Case::must(
        "async/at-once",
        "PR-14.1",
        "the answer does not wait for a function that takes 5 seconds",
    )
    .rows(&["ASY-03"])
    .profiles(&[Profile::Async])
    .why("Not to wait is what the queue is for.")
    .source("documentation async.md")
    .run(at_once),
    Case::should(
        "async/bad-callback",
        "PR-14.6",
        "a callback URL that cannot be read is 400",
    )
    .rows(&["ASY-11"])
    .profiles(&[Profile::Async])
    .why("The answer is lost, and nobody said so.")
    .source("gateway queue_proxy")
    .run(bad_callback),
    Case::must("async/get", "PR-14.8", "a GET is 405")
        .rows(&["ASY-13"])
        .profiles(&[Profile::Async])
        .why("A link that is prefetched would start a job.")
        .source("documentation async.md; gateway main.go")
        .run(get),
    Case::should(
        "async/sizes",
        "PR-14.11",
        "200 000 bytes are taken, 10 MiB are answered at once",
    )
    .rows(&["ASY-17"])
    .profiles(&[Profile::Async])
    .why("A body that the queue loses later is lost without a word.")
    .source("gateway; documentation async.md")
    .run(sizes),
    Case::must(
        "async/no-queue",
        "PR-14.12",
        "without a queue a call is 404 or 501",
    )
    .rows(&["ASY-18"])
    .unless(Profile::Async)
    .why("A client is told that its call will be made, and it never is.")
    .source("seen at the gateway without a queue")
    .run(no_queue),
    Case::may(
        "async/take-back",
        "PR-14.13",
        "DELETE with the id of a call is 202, or 405",
    )
    .rows(&["ASY-19"])
    .profiles(&[Profile::Async])
    .why("Whoever has started the wrong job should know whether it can be stopped.")
    .source("documentation async.md")
    .run(take_back),
];

fn accepted(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/raw").body("for later");
    rig.provider().invoke_async(&f, &request)?.is(202)?;
    let bare = Request::post("").body("for later");
    rig.provider().invoke_async(&f, &bare)?.is(202)?;
    Ok(())
}

fn call_id(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/raw").body("x");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = rig.provider().invoke_async(&f, &request)?.is(202)?;
        let id = answer.header("x-call-id").unwrap_or_default().to_owned();
        check!(!id.is_empty(), "the 202 has no X-Call-Id");
        check!(!ids.contains(&id), "two calls have the id {id}");
        ids.push(id);
    }
    Ok(())
}

fn at_once(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/sleep/5000").body("x");
    let answer = rig.provider().invoke_async(&f, &request)?.is(202)?;
    let limit = rig.timeout(2.0);
    check!(answer.took < limit, "the 202 came after {:?}", answer.took);
    check!(
        !answer.text().contains("slept"),
        "the 202 has the function's answer"
    );
    Ok(())
}

fn bad_callback(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for url in ["http://%zz/", "http://[::1/x", "http://example.org:port/"] {
        let request = Request::post("/raw")
            .header("X-Callback-Url", url)
            .body("x");
        rig.provider().invoke_async(&f, &request)?.is(400)?;
    }
    Ok(())
}

fn get(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let get = Request::get("/upload/got");
    rig.provider().invoke_async(&f, &get)?.is(405)?;
    let put = Request::new("PUT", "/upload/got").body("x");
    rig.provider().invoke_async(&f, &put)?.is(405)?;
    rig.stays(1.0, || {
        let events = f.events()?;
        check!(events.is_empty(), "a refused call was made: {events:?}");
        Ok(())
    })
}

fn sizes(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let fits = Request::post("/upload/fits").pattern(Pattern::new(1, 200_000));
    rig.provider().invoke_async(&f, &fits)?.is(202)?;
    rig.until(60.0, "the call with 200 000 bytes", || {
        let events = f.events()?;
        check!(
            events.contains(&"first:fits".to_owned()),
            "it saw {events:?}"
        );
        Ok(())
    })?;
    let large = Request::post("/upload/large").pattern(Pattern::new(2, 10 * 1024 * 1024));
    let start = Instant::now();
    // It may be refused before it was sent whole.
    if let Ok(answer) = rig.provider().invoke_async(&f, &large) {
        rig.note(&format!("10 MiB are {}", answer.status));
        if answer.status != 202 {
            answer.is_error()?;
        }
    }
    let (took, limit) = (start.elapsed(), rig.timeout(15.0));
    check!(took < limit, "10 MiB were answered after {took:?}");
    Ok(())
}

fn no_queue(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/upload/none").body("x");
    rig.provider()
        .invoke_async(&f, &request)?
        .is_one_of(&[404, 501])?;
    let events = f.events()?;
    check!(events.is_empty(), "a refused call was made: {events:?}");
    Ok(())
}

fn take_back(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let request = Request::post("/sleep/100").body("x");
    let answer = rig.provider().invoke_async(&f, &request)?.is(202)?;
    let id = answer.header("x-call-id").unwrap_or_default().to_owned();
    let target = format!("/async-function/{id}");
    let answer = rig
        .provider()
        .anonymous()
        .send(&Request::new("DELETE", &target))?;
    rig.note(&format!("taking back a call is {}", answer.status));
    answer.is_one_of(&[200, 202, 401, 404, 405])?;
    Ok(())
}
