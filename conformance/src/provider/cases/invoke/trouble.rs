//! Calls that go wrong: no function, a broken one, a slow one, a client that leaves.
//! It knows whose fault an error is, and how long each may take.
//! It refuses to wait for good: every case has its limit.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/missing",
        "PR-12.20",
        "a call of a function that is not there is 404, 502 or 503",
    )
    .rows(&["INV-40"])
    .why("Clients take it for an answer of the function.")
    .source("OAS; certifier invoke_test; SDK proxy/proxy.go")
    .run(missing),
    Case::should(
        "invoke/missing-marked",
        "PR-12.21",
        "the error for a function that is not there is marked as the platform's",
    )
    .rows(&["INV-41"])
    .why("Retries are for errors of the platform; without the mark they are guesses.")
    .source("documentation retries.md; SDK proxy/proxy.go")
    .run(missing_marked),
    Case::must(
        "invoke/own-errors",
        "PR-12.22",
        "a 5xx of the function is not marked as the platform's",
    )
    .rows(&["INV-42"])
    .why("A queue repeats what the function has refused for good.")
    .source("documentation retries.md")
    .run(own_errors),
    Case::must(
        "invoke/no-answer",
        "PR-12.23",
        "a function that closes the connection without an answer is a 5xx",
    )
    .rows(&["INV-43"])
    .why("The client hangs, or takes nothing for success.")
    .source("SDK proxy/proxy.go")
    .run(no_answer),
    Case::must(
        "invoke/not-listening",
        "PR-12.23",
        "a function that never listens is a 5xx in bounded time",
    )
    .rows(&["INV-44"])
    .seconds(180)
    .why("One function that does not start holds the connections of all its clients.")
    .source("SDK proxy/proxy.go")
    .run(not_listening),
    Case::must(
        "invoke/too-slow",
        "PR-12.24",
        "a call that never ends is ended by the platform",
    )
    .rows(&["INV-45"])
    .named_only()
    .seconds(360)
    .why("Calls that nobody ends use up the platform.")
    .source("documentation expanded-timeouts.md")
    .run(too_slow),
    Case::must(
        "invoke/five-seconds",
        "PR-12.24",
        "a call of 5 seconds is answered",
    )
    .rows(&["INV-46"])
    .why("Functions that do real work are cut off.")
    .source("documentation expanded-timeouts.md")
    .run(five_seconds),
    Case::should(
        "invoke/client-leaves",
        "PR-12.25",
        "the function sees that its client has left, and the platform goes on",
    )
    .rows(&["INV-47"])
    .why("Functions work on for nobody, and the next clients wait.")
    .source("SDK proxy/proxy.go (context)")
    .run(client_leaves),
];

/// The longest time that any platform allows a call by default, and some more, in seconds.
const ALLOWED: f64 = 65.0;

fn missing(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    let name = rig.name();
    for request in [
        Request::get("/"),
        Request::post("/a/b").body("x"),
        Request::new("HEAD", "/"),
    ] {
        provider.invoke(&name, &request)?.is_one_of(UNREACHED)?;
    }
    Ok(())
}

fn missing_marked(rig: &mut Rig) -> Outcome {
    let answer = rig.provider().invoke(rig.name(), &Request::get("/"))?;
    let answer = answer.is_one_of(UNREACHED)?;
    let mark = answer.header("x-openfaas-internal").unwrap_or_default();
    check!(
        !mark.is_empty(),
        "no X-OpenFaaS-Internal with the {}",
        answer.status
    );
    Ok(())
}

fn own_errors(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    for status in [500, 502, 503, 504, 429, 404] {
        let answer = f.get(&format!("/status/{status}"))?.is(status)?;
        let mark = answer.header("x-openfaas-internal");
        check_eq!(
            mark,
            None,
            "X-OpenFaaS-Internal with the function's own {status}"
        );
    }
    Ok(())
}

fn no_answer(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let start = Instant::now();
    let answer = f.get("/close")?;
    let answer = answer.is_one_of(&[500, 502, 503, 504])?;
    let limit = rig.timeout(15.0);
    check!(
        start.elapsed() < limit,
        "the {} came only after {:?}",
        answer.status,
        start.elapsed()
    );
    f.get("/instance")?.is(200)?;
    Ok(())
}

fn not_listening(rig: &mut Rig) -> Outcome {
    let provider = rig.provider();
    // Nobody is at the port of functions, or nobody behind the watchdog there.
    let deployment = rig.function().env("port", "18080");
    let deployment = deployment.env("PROBE_LISTEN_DELAY", "3600s");
    provider.deploy(&deployment)?.is_accepted()?;
    // A gateway that waits for the first replica may take 100 s.
    let limit = rig.timeout(110.0);
    let start = Instant::now();
    let patient = provider.patient(limit);
    let answer = patient.invoke(&deployment, &Request::get("/instance"))?;
    answer.is_one_of(&[500, 502, 503, 504])?;
    check!(
        start.elapsed() < limit,
        "the answer took {:?}",
        start.elapsed()
    );
    provider.info()?.is(200)?;
    Ok(())
}

fn too_slow(rig: &mut Rig) -> Outcome {
    let long = rig
        .function()
        .env("exec_timeout", "10m")
        .env("read_timeout", "10m");
    let f = rig.start(&long.env("write_timeout", "10m"))?;
    let start = Instant::now();
    let patient = rig.provider().patient(rig.timeout(ALLOWED));
    let outcome = patient.invoke(&f, &Request::get("/hang/slow"));
    let took = start.elapsed();
    let limit = rig.timeout(ALLOWED);
    check!(took < limit, "the call was not ended within {limit:?}");
    rig.note(&format!("the call was ended after {} s", took.as_secs()));
    if let Ok(answer) = outcome {
        let ended = answer.status >= 500 || !answer.end.is_clean();
        check!(
            ended,
            "the call that never ends was answered: {}",
            answer.told()
        );
    }
    f.get("/instance")?.is(200)?;
    Ok(())
}

fn five_seconds(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let start = Instant::now();
    let answer = f.get("/sleep/5000")?.is(200)?;
    check_eq!(answer.text(), "slept", "the answer after 5 s");
    check!(
        start.elapsed() >= Duration::from_secs(5),
        "the answer came too soon"
    );
    Ok(())
}

fn client_leaves(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    wire.send_request(&provider.invocation(&f, &Request::get("/hang/left")))?;
    rig.saw(&f, "hang:left")?;
    wire.close();
    rig.saw(&f, "gone:left")?;
    f.post("/raw", "and on")?.is(200)?;
    Ok(())
}
