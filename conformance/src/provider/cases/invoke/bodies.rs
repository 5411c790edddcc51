//! The bodies of calls and of answers.
//! It knows sizes, framings and digests.
//! It refuses to judge when bytes come: that is the chapter on streams.

use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "invoke/binary",
        "PR-12.3",
        "every byte from 0x00 to 0xFF passes both ways",
    )
    .rows(&["INV-05"])
    .why("Images, archives and protocol buffers arrive broken.")
    .source("SDK proxy/proxy.go")
    .run(binary),
    Case::must(
        "invoke/empty",
        "PR-12.3",
        "a POST with an empty body reaches the function, and an empty answer comes back",
    )
    .rows(&["INV-06"])
    .why("A trigger without a body must not hang, nor get a body from nowhere.")
    .source("SDK proxy/proxy.go")
    .run(empty),
    Case::must(
        "invoke/mebibyte",
        "PR-12.3",
        "1 MiB passes up, down and around",
    )
    .rows(&["INV-07"])
    .why("Bodies that are larger than one buffer lose or repeat a part.")
    .source("suite policy: no byte is lost")
    .run(mebibyte),
    Case::should(
        "invoke/fifty-mebibytes",
        "PR-12.4",
        "50 MiB pass up and down",
    )
    .rows(&["INV-08"])
    .seconds(180)
    .why("Functions that take uploads are refused by a limit that nobody set.")
    .source("seen at the SDK, faasd and the gateway")
    .run(large),
    Case::must(
        "invoke/chunked",
        "PR-12.3",
        "a chunked body reaches the function whole",
    )
    .rows(&["INV-09"])
    .why("Clients that do not know a length beforehand send in chunks.")
    .source("RFC 9112")
    .run(chunked),
    Case::must(
        "invoke/get-with-body",
        "PR-12.3",
        "the body of a GET reaches the function",
    )
    .rows(&["INV-10"])
    .why("Search APIs take their query in the body of a GET.")
    .source("seen at the SDK")
    .run(get_with_body),
    Case::must(
        "invoke/answer-chunked",
        "PR-12.3",
        "an answer without a length arrives whole",
    )
    .rows(&["INV-36"])
    .why("Answers that are made while they are sent have no length.")
    .source("RFC 9112")
    .run(answer_chunked),
];

const MIB: u64 = 1024 * 1024;

fn binary(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    // Every byte, and every byte behind every other once.
    let every: Vec<u8> = (0..=255_u8)
        .flat_map(|first| (0..=255_u8).flat_map(move |second| [first, second]))
        .collect();
    let raw = Request::post("/raw")
        .header("Content-Type", "application/octet-stream")
        .body(every.clone());
    let answer = f.call(&raw)?.is(200)?;
    check!(
        answer.body == every,
        "{} bytes of every value came back changed: {}",
        every.len(),
        answer.told()
    );
    let seen: Digested = f.post("/hash", every.clone())?.is(200)?.json()?;
    check_eq!(
        seen,
        Digested::of(&every),
        "the body as the function saw it"
    );
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::post("/echo").body(""))?;
    check_eq!(seen.method, "POST", "the method that the function saw");
    check_eq!(seen.body_length, 0, "the length that the function saw");
    let answer = f.post("/raw", "")?.is(200)?;
    check_eq!(
        answer.text(),
        "",
        "the answer of a function that said nothing"
    );
    Ok(())
}

fn mebibyte(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let up = Pattern::new(7, MIB);
    let request = Request::post("/hash").pattern(up);
    let seen: Digested = f.call(&request)?.is(200)?.json()?;
    check_eq!(
        seen,
        Digested::of_pattern(up)?,
        "the body as the function saw it"
    );
    download(
        rig,
        &f,
        &Request::get("/bytes/1048576"),
        Pattern::new(1, MIB),
    )?;
    download(rig, &f, &Request::post("/raw").pattern(up), up)
}

fn large(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let up = Pattern::new(7, 50 * MIB);
    let request = Request::post("/hash").pattern(up);
    let seen: Digested = f.call(&request)?.is(200)?.json()?;
    check_eq!(
        seen,
        Digested::of_pattern(up)?,
        "the body as the function saw it"
    );
    let down = Pattern::new(1, 50 * MIB);
    download(
        rig,
        &f,
        &Request::get(&format!("/bytes/{}", down.len)),
        down,
    )
}

/// The answer is exactly the pattern, and ends as its framing says.
fn download(rig: &Rig, f: &Function, request: &Request, want: Pattern) -> Outcome {
    let provider = rig.provider();
    let mut wire = provider.connect()?;
    let answer = wire.exchange_pattern(&provider.invocation(f, request), want)?;
    check_eq!(answer.status, 200, "the status of {}", request.target);
    check_eq!(
        answer.end,
        End::Clean,
        "the end of the body of {}",
        request.target
    );
    Ok(())
}

fn chunked(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let pieces: [&[u8]; 4] = [b"one ", b"\r\n0\r\n\r\n", b"\x00\xff", b" four"];
    let seen = f.echo(&Request::post("/echo").chunks(&pieces))?;
    check_eq!(
        seen.body()?,
        pieces.concat(),
        "the body that the function saw"
    );
    let long = Pattern::new(5, 300_000);
    let request = Request::new("PUT", "/hash").pattern_chunked(long);
    let seen: Digested = f.call(&request)?.is(200)?.json()?;
    check_eq!(seen, Digested::of_pattern(long)?, "a long body in chunks");
    Ok(())
}

fn get_with_body(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let seen = f.echo(&Request::get("/echo").body("{\"query\": 1}"))?;
    check_eq!(seen.method, "GET", "the method that the function saw");
    check_eq!(
        seen.body()?,
        b"{\"query\": 1}".to_vec(),
        "the body that the function saw"
    );
    Ok(())
}

fn answer_chunked(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let answer = f.get("/bytes/100000?chunked=1")?.is(200)?;
    let want = Pattern::new(1, 100_000);
    check_eq!(answer.body.len(), 100_000, "the length of the answer");
    check_eq!(want.mismatch(0, &answer.body), None, "the first wrong byte");
    Ok(())
}
