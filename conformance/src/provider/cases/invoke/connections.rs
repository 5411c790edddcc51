//! Connections that carry calls.
//! It knows what HTTP/1.1 and HTTP/1.0 clients do with one.
//! It refuses to demand that a connection stays open: a platform may close it, if it says so.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/keep-alive",
        "PR-12.26",
        "100 calls with different bodies on one connection get their own answers",
    )
    .rows(&["INV-48"])
    .why("One client reads what was meant for another.")
    .source("RFC 9112")
    .run(keep_alive),
    Case::should(
        "invoke/early-answer",
        "PR-12.27",
        "an answer before the end of the upload comes, or the connection is closed",
    )
    .rows(&["INV-49"])
    .why("An upload that is refused at once hangs to its end.")
    .source("suite policy: no answer is lost")
    .run(early_answer),
    Case::should(
        "invoke/expect-continue",
        "PR-12.28",
        "Expect: 100-continue leads to the answer",
    )
    .rows(&["INV-50"])
    .why("curl waits a second before every larger upload, others for good.")
    .source("RFC 9110")
    .run(expect_continue),
    Case::should(
        "invoke/http10",
        "PR-12.28",
        "an HTTP/1.0 client is answered, not in chunks",
    )
    .rows(&["INV-51"])
    .why("Health checks and old proxies still speak it.")
    .source("RFC 9112")
    .run(http10),
];

fn keep_alive(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    let mut connections = 1;
    for turn in 0..100_u64 {
        let body = Pattern::new(turn, turn * 37 % 1500).bytes();
        let request = Request::post(&format!("/raw?turn={turn}"));
        let request = match turn % 3 {
            0 => request.body(body.clone()),
            1 => request.chunks(&[&body, b"!"]),
            _ => request
                .header("Content-Type", "text/x-turn")
                .body(body.clone()),
        };
        let want = [&body[..], if turn % 3 == 1 { b"!" } else { b"" }].concat();
        let answer = wire
            .exchange(&provider.invocation(&f, &request))
            .map_err(|failure| Failure::failed(format!("call {turn} of 100: {failure}")))?;
        check_eq!(answer.status, 200, "call {turn} of 100");
        check!(
            answer.end.is_clean(),
            "call {turn} of 100: {:?}",
            answer.end
        );
        check_eq!(answer.body, want, "the body of call {turn} of 100");
        if answer.headers.lists("connection", "close") {
            wire = provider.connect()?;
            connections += 1;
        }
    }
    check!(
        connections <= 10,
        "100 calls took {connections} connections, expected 10 at most"
    );
    if connections > 1 {
        rig.note(&format!("100 calls took {connections} connections"));
    }
    Ok(())
}

fn early_answer(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let upload = Request::post("/early").pattern(Pattern::new(3, 4 * 1024 * 1024));
    let limit = rig.timeout(15.0);
    let start = Instant::now();
    // A connection that is closed before the answer could be read is no failure.
    if let Ok(answer) = rig.provider().patient(limit).invoke(&f, &upload)
        && answer.end.is_clean()
    {
        check_eq!(answer.clone().is(200)?.text(), "early", "the early answer");
    }
    check!(
        start.elapsed() < limit,
        "neither an answer nor a close within {limit:?}"
    );
    f.post("/raw", "next")?.is(200)?;
    Ok(())
}

fn expect_continue(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let provider = rig.provider();
    let request = Request::post("/raw")
        .header("Expect", "100-continue")
        .header("Content-Length", "7");
    let mut wire = provider.connect()?;
    wire.send_head(&provider.invocation(&f, &request))?;
    wire.set_timeout(rig.timeout(2.0))?;
    // RFC 9110: a client does not wait for good.
    match wire.read_any_head() {
        Ok(head) if head.status == 100 => rig.note("100 came before the body was sent"),
        Ok(head) => {
            let told = format!("{} {}", head.status, head.reason);
            return Err(Failure::failed(format!("{told} before the body was sent")));
        }
        Err(_) => rig.note("no 100 came"),
    }
    wire.set_timeout(rig.timeout(10.0))?;
    wire.send(b"the end")?;
    let answer = wire.read_response()?;
    check_eq!(answer.status, 200, "the status behind Expect: 100-continue");
    check_eq!(
        answer.text(),
        "the end",
        "the answer behind Expect: 100-continue"
    );
    Ok(())
}

fn http10(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let posted = Request::post("/raw").http10().body("from 1991");
    let answer = f.call(&posted)?.is(200)?;
    check_eq!(answer.text(), "from 1991", "the answer to HTTP/1.0");
    let streamed = f.call(&Request::get("/bytes/5000?chunked=1").http10())?;
    let streamed = streamed.is(200)?;
    check!(
        streamed.framing != Framing::Chunked,
        "chunks for an HTTP/1.0 client"
    );
    check_eq!(streamed.body.len(), 5000, "the length of the answer");
    Ok(())
}
