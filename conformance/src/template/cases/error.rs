//! Chapter 3: what becomes of a handler that fails, or takes too long, or is waited for no longer.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses the end of the process as it should be: chapter 6.

use crate::template::prelude::*;
use crate::template::profile::{DEEP, STRAY};
use crate::template::rig::json_of;

pub const CHAPTER: Chapter = Chapter {
    number: 3,
    name: "error",
    title: "Errors and deadlines",
    intro: "A failure is never a 200, tells its caller nothing, and costs nobody else anything.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TP-3.1",
        "An error that nobody catches, at once or later, is a 500 of JSON with the call id, without the error's text or a stack trace; the next request is answered.",
    ),
    Clause::must(
        "TP-3.2",
        "Such an error is in the log, with its text and the call id.",
    ),
    Clause::must(
        "TP-3.3",
        "An error after the answer has begun cuts it visibly.",
    ),
    Clause::must(
        "TP-3.4",
        "An error that belongs to no request costs none: the function goes on, or its process ends with a failure once the others are answered.",
    ),
    Clause::must(
        "TP-3.5",
        "A process that ends by itself ends the watchdog, with its code, and with 1 for 0.",
    ),
    Clause::must(
        "TP-3.6",
        "After `exec_timeout`, or `X-Timeout` where that is less, the answer is 504, and the handler can see that nobody waits any more.",
    ),
    Clause::must("TP-3.7", "A handler can see how long it has."),
    Clause::must("TP-3.8", "A handler can see that its client has gone."),
];

const CASES: &[Case] = &[
    Case::must("error/thrown", "TP-3.1", "an error at once is a 500")
        .why("In the official node templates it ends the process, or shows a stack trace.")
        .run(thrown),
    Case::must(
        "error/thrown-later",
        "TP-3.1",
        "an error after a pause is a 500",
    )
    .why("In the official node templates it is a 200.")
    .run(thrown_later),
    Case::must("error/deep", "TP-3.1", "endless recursion is a 500")
        .feature(DEEP)
        .why("A document that is nested deeply enough could end the process.")
        .run(deep),
    Case::must("error/logged", "TP-3.2", "an error is in the log")
        .why("Whoever looks for the cause has the call id and nothing else.")
        .run(logged),
    Case::must("error/late", "TP-3.3", "an error half-way cuts the answer")
        .why("Half an answer that looks whole is worse than none.")
        .run(late),
    Case::must("error/stray", "TP-3.4", "a stray error costs no request")
        .feature(STRAY)
        .why("A forgotten promise is no reason to hang.")
        .run(stray),
    Case::must("error/exit", "TP-3.5", "a process that ends is noticed")
        .why("A watchdog without its function stays healthy and fails everything.")
        .run(exit),
    Case::must(
        "error/deadline",
        "TP-3.6",
        "a deadline is a 504 that the handler sees",
    )
    .why("Work for nobody keeps others from their turn.")
    .run(deadline),
    Case::must("error/time-left", "TP-3.7", "the time left is known")
        .why("Calls that a handler makes should end before it has to.")
        .run(time_left),
    Case::must(
        "error/client-gone",
        "TP-3.8",
        "a client that leaves is news",
    )
    .why("A query to a database goes on for minutes for nobody.")
    .run(client_gone),
];

const SECRET: &str = "s3cret-message";

fn is_internal_error(function: &Watchdog, target: &str) -> Outcome {
    let request = Request::get(target).header("X-Call-Id", "call-7");
    let response = function.request(request)?;
    check_eq!(response.status, 500, "the answer to {target}");
    let kind = response.header("content-type").unwrap_or_default();
    check!(kind.starts_with("application/json"), "the type is {kind:?}");
    let told: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let want = json!({"error": "internal error", "callId": "call-7"});
    check_eq!(told, want, "what the caller is told");
    check_eq!(function.get("/value/text")?.status, 200, "the next request");
    Ok(())
}

fn thrown(rig: &mut Rig) -> Outcome {
    is_internal_error(&rig.start()?, "/throw")
}

fn thrown_later(rig: &mut Rig) -> Outcome {
    is_internal_error(&rig.start()?, "/throw-async")
}

fn deep(rig: &mut Rig) -> Outcome {
    is_internal_error(&rig.start()?, "/throw-deep")
}

fn logged(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    is_internal_error(&function, "/throw")?;
    let both = || {
        let text = function.log() + &function.stdout();
        (text.contains(SECRET) && text.contains("call-7")).then_some(())
    };
    rig.poll(10.0, "the error and its call id in the log", both)
}

fn late(rig: &mut Rig) -> Outcome {
    let response = rig.start()?.get("/throw-late")?;
    check!(
        !response.end.is_clean() || response.status >= 500,
        "half an answer looks whole"
    );
    check!(
        !response.text().contains(SECRET),
        "the error is in the answer"
    );
    Ok(())
}

fn stray(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().stops_at_once())?;
    check_eq!(
        function.get("/background")?.status,
        200,
        "the request that left it"
    );
    let told = || {
        (function.log() + &function.stdout())
            .contains(SECRET)
            .then_some(())
    };
    rig.poll(10.0, "the error in the log", told)?;
    // A process that ends for it is to end soon; one that does not has to answer.
    let decided = || {
        if function.is_running() {
            (function.probe("/value/text") == Some(200)).then_some(false)
        } else {
            Some(true)
        }
    };
    if rig.poll(10.0, "an answer or an end", decided)? {
        let exit = function.wait_exit(10.0)?;
        check!(
            exit.code != Some(0),
            "the watchdog ended with {:?}",
            exit.code
        );
    }
    Ok(())
}

fn exit(rig: &mut Rig) -> Outcome {
    for (code, want) in [(0, 1), (3, 3)] {
        let function = rig.start()?;
        let mut wire = function.connect()?;
        wire.send_request(&Request::get(&format!("/exit/{code}")))?;
        let exit = function.wait_exit(20.0)?;
        check_eq!(
            exit.code,
            Some(want),
            "the watchdog's exit code after {code}"
        );
    }
    Ok(())
}

fn deadline(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().env("exec_timeout", "20s"))?;
    let request = Request::get("/wait").header("X-Timeout", "300ms");
    let response = function.request(request)?;
    check_eq!(response.status, 504, "the answer after the deadline");
    rig.wait_evidence_of("cancelled", "true", 10.0)
}

fn time_left(rig: &mut Rig) -> Outcome {
    let function = rig.ready(rig.function().env("exec_timeout", "20s"))?;
    let remaining = |request| -> Result<f64, Failure> {
        let told: Value = json_of(&function.request(request)?)?;
        let left = told.get("remaining").and_then(Value::as_f64);
        left.ok_or_else(|| Failure::failed(format!("no time left: {told}")))
    };
    let whole = remaining(Request::get("/deadline"))?;
    check!(
        whole > 0.0 && whole <= 20_000.0,
        "{whole} ms are left of 20 s"
    );
    let short = remaining(Request::get("/deadline").header("X-Timeout", "10s"))?;
    check!(
        short > 0.0 && short <= 10_000.0,
        "{short} ms are left of 10 s"
    );
    Ok(())
}

fn client_gone(rig: &mut Rig) -> Outcome {
    let function = rig.start()?;
    let mut wire = function.connect()?;
    wire.send_request(&Request::get("/wait"))?;
    rig.wait_evidence("waiting", 10.0)?;
    wire.close();
    rig.wait_evidence_of("cancelled", "true", 10.0)
}
