//! What a callback gets.
//! It knows the fields by which the receiver matches it with a call.
//! It refuses to run where the provider cannot reach the suite: such cases are skipped.

use serde::de::DeserializeOwned;

use crate::provider::prelude::*;
use crate::provider::rig::Received;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "async/callback",
        "PR-14.5",
        "the callback is one POST with the function's answer",
    )
    .rows(&["ASY-08"])
    .profiles(&[Profile::Async])
    .why("The result of the work is lost.")
    .source("documentation async.md")
    .run(callback),
    Case::must(
        "async/callback-fields",
        "PR-14.5",
        "the callback tells id, duration, status and function",
    )
    .rows(&["ASY-09"])
    .profiles(&[Profile::Async])
    .why("The receiver does not know whose result it is.")
    .source("documentation async.md")
    .run(fields),
    Case::should(
        "async/callback-failure",
        "PR-14.5",
        "the callback of a function that failed tells its status",
    )
    .rows(&["ASY-10"])
    .profiles(&[Profile::Async])
    .why("A failure is taken for a result.")
    .source("documentation async.md")
    .run(failure),
    Case::should(
        "async/callback-unreachable",
        "PR-14.7",
        "a callback that nobody answers does not hold up later calls",
    )
    .rows(&["ASY-12"])
    .profiles(&[Profile::Async])
    .seconds(150)
    .why("One receiver that is down stops everybody's work.")
    .source("queue-worker")
    .run(unreachable),
    Case::may(
        "async/retry",
        "PR-14.14",
        "what becomes of a call that is answered 429",
    )
    .rows(&["ASY-20"])
    .profiles(&[Profile::Async])
    .why("Whoever limits a function should know whether the queue comes again.")
    .source("documentation retries.md")
    .run(retry),
];

/// A call that was accepted, and what its callback got.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) received: Received,
}

impl Call {
    /// The answer of the function as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.received.body).map_err(|e| {
            let text = self.received.text();
            Failure::failed(format!("the callback got no such JSON ({e}): {text}"))
        })
    }
}

/// The next callback; a queue may have others before it.
pub(super) fn answered(callback: &Callback) -> Result<Received, Failure> {
    callback.next(60.0)
}

/// Leaves the call in the queue and waits for its callback.
pub(super) fn called(rig: &Rig, f: &Function, request: &Request) -> Result<Call, Failure> {
    called_at(rig, f, request, &rig.callback()?)
}

fn called_at(
    rig: &Rig,
    f: &Function,
    request: &Request,
    callback: &Callback,
) -> Result<Call, Failure> {
    let request = request.clone().header("X-Callback-Url", &callback.url());
    let answer = rig.provider().invoke_async(f, &request)?.is(202)?;
    let id = answer.header("x-call-id").unwrap_or_default().to_owned();
    let received = answered(callback)?;
    Ok(Call { id, received })
}

fn callback(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let target = "/status/200?body=the%20result&h=X-Own:kept&h=Content-Type:text/x-result";
    let callback = rig.callback()?;
    let call = called_at(rig, &f, &Request::post(target).body("x"), &callback)?;
    let received = &call.received;
    check_eq!(received.method, "POST", "the method of the callback");
    check_eq!(received.target, "/callback", "the path of the callback");
    check_eq!(received.text(), "the result", "the body of the callback");
    check_eq!(
        received.header("x-own"),
        Some("kept"),
        "a field of the function's answer"
    );
    let kind = received.header("content-type");
    check_eq!(kind, Some("text/x-result"), "Content-Type of the callback");
    rig.stays(1.0, || {
        let more = callback.rest().len();
        check_eq!(more, 0, "callbacks after the first");
        Ok(())
    })
}

fn fields(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let call = called(rig, &f, &Request::post("/sleep/300").body("x"))?;
    let told = |name: &str| call.received.header(name).unwrap_or_default();
    check!(!call.id.is_empty(), "the 202 has no X-Call-Id");
    check_eq!(told("x-call-id"), call.id, "X-Call-Id of the callback");
    check_eq!(told("x-function-status"), "200", "X-Function-Status");
    let full = format!("{}.{DEFAULT_NAMESPACE}", f.name);
    let name = told("x-function-name");
    check!(
        name == f.name || name == full,
        "X-Function-Name is {name:?}"
    );
    let duration: Result<f64, _> = told("x-duration-seconds").parse();
    let plausible = duration
        .as_ref()
        .is_ok_and(|seconds| (0.3..60.0).contains(seconds));
    check!(
        plausible,
        "X-Duration-Seconds of a call of 0.3 s is {:?}",
        told("x-duration-seconds")
    );
    Ok(())
}

fn failure(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for status in ["418", "500"] {
        let target = format!("/status/{status}?body=failed");
        let call = called(rig, &f, &Request::post(&target).body("x"))?;
        let told = call.received.header("x-function-status");
        check_eq!(told, Some(status), "X-Function-Status");
        check_eq!(call.received.text(), "failed", "the body of the callback");
    }
    Ok(())
}

fn unreachable(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    // A port that was open a moment ago: nobody listens there.
    let nobody = rig.callback()?.url();
    for _ in 0..3 {
        let request = Request::post("/raw")
            .header("X-Callback-Url", &nobody)
            .body("x");
        rig.provider().invoke_async(&f, &request)?.is(202)?;
    }
    let call = called(rig, &f, &Request::post("/raw").body("next"))?;
    check_eq!(call.received.text(), "next", "the answer of the next call");
    Ok(())
}

fn retry(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let callback = rig.callback()?;
    let request = Request::post("/status/429")
        .header("X-Callback-Url", &callback.url())
        .body("x");
    rig.provider().invoke_async(&f, &request)?.is(202)?;
    match callback.next(15.0) {
        Ok(received) => {
            let told = received.header("x-function-status");
            check_eq!(told, Some("429"), "X-Function-Status of the callback");
            rig.note("a 429 is told, and not tried again");
        }
        Err(_) => rig.note("a 429 is not told within 15 s: it may be tried again"),
    }
    Ok(())
}
