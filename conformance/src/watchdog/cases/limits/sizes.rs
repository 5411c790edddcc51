//! Sizes: of bodies, of heads, of what fits into an environment.
//! It knows exact bounds, and both framings of a body.
//! It refuses the memory that large bodies take.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::should(
        "limits/body-sized",
        "WD-13.9",
        "a body whose length is over the limit is a 413, at once, and runs nothing",
    )
    .modes(FUNCTION)
    .feature("body-limits")
    .run(sized),
    Case::should(
        "limits/body-exact",
        "WD-13.9",
        "a body of exactly the limit passes, one byte more does not",
    )
    .modes(FUNCTION)
    .feature("body-limits")
    .run(exact),
    Case::should(
        "limits/body-chunked",
        "WD-13.9",
        "a chunked body over the limit is a 413",
    )
    .modes(&[Classic, Serializing])
    .feature("body-limits")
    .run(chunked),
    Case::should(
        "limits/body-chunked-streamed",
        "WD-13.9",
        "a chunked body over the limit is never a whole success where it is streamed",
    )
    .modes(&[Streaming, Http])
    .feature("body-limits")
    .run(chunked_streamed),
    Case::should(
        "limits/body-never-half",
        "WD-13.9",
        "a function that reads to the end never sees the end of a cut body",
    )
    .modes(FORK)
    .feature("body-limits")
    .run(never_half),
    Case::should(
        "limits/body-answer-arrives",
        "WD-13.9",
        "a client that sends all of a large body still reads the 413",
    )
    .modes(FUNCTION)
    .feature("body-limits")
    .run(answer_arrives),
    Case::should(
        "limits/body-expect",
        "WD-13.9",
        "a client that waits for 100 Continue gets the 413 instead",
    )
    .modes(FUNCTION)
    .feature("body-limits")
    .run(expect),
    Case::should(
        "limits/size-units",
        "WD-13.12",
        "1k is 1000 bytes, 1Ki is 1024",
    )
    .feature("body-limits")
    .run(units),
    Case::should(
        "limits/head-bytes",
        "WD-13.10",
        "a head over max_header_bytes is a 431, one below passes",
    )
    .modes(FUNCTION)
    .feature("header-limit")
    .run(head_bytes),
    Case::should(
        "limits/head-fields",
        "WD-13.10",
        "more than 512 fields are a 431",
    )
    .modes(FUNCTION)
    .feature("header-limit")
    .run(head_fields),
    Case::must(
        "limits/environment-one",
        "WD-13.11",
        "a header of 200 KiB is a 431",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(environment_one),
    Case::must(
        "limits/environment-sum",
        "WD-13.11",
        "headers of 900 KiB together run the function or are a 431",
    )
    .modes(FORK)
    .bugs(&["BUG-49"])
    .run(environment_sum),
    Case::must(
        "limits/environment-off",
        "WD-13.11",
        "with cgi_headers=false the same header is no problem",
    )
    .modes(&[Classic])
    .run(environment_off),
    Case::must(
        "limits/large-header-proxied",
        "WD-13.11",
        "an upstream gets a header of 200 KiB",
    )
    .modes(&[Http])
    .run(proxied),
];

fn start(rig: &Rig, fork: &str, limit: &str) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture(fork, &[]))
        .env("max_body_bytes", limit)
        .start()
}

fn ran(rig: &Rig) -> (String, String) {
    (rig.evidence("started"), rig.evidence("hits"))
}

fn too_large(r: &Response) -> Outcome {
    check_eq!(r.status, 413, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    Ok(())
}

fn sized(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "1000")?;
    let before = ran(rig);
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")?;
    too_large(&wire.read_response()?)?;
    check_eq!(ran(rig), before, "what ran");
    let r = w.post("/echo", "small")?;
    check_eq!((r.status, r.text().as_str()), (200, "small"), "next answer");
    Ok(())
}

fn exact(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "1000")?;
    for (size, status) in [(999, 200), (1000, 200), (1001, 413)] {
        let r = w.request(Request::post("/echo-buffered").pattern(Pattern::new(1, size)))?;
        check_eq!(r.status, status, "status for {size} bytes");
    }
    let r = w.request(Request::post("/echo-buffered").pattern_chunked(Pattern::new(1, 1000)))?;
    check_eq!(
        (r.status, r.body.len()),
        (200, 1000),
        "answer to 1000 bytes in chunks"
    );
    Ok(())
}

fn chunked(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "1000")?;
    let before = ran(rig);
    let r = w.request(Request::post("/").chunks(&[&[b'x'; 600], &[b'x'; 600]]))?;
    too_large(&r)?;
    check_eq!(ran(rig), before, "what ran");
    Ok(())
}

fn chunked_streamed(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "100000")?;
    for target in ["/echo", "/echo-buffered"] {
        let request = Request::post(target).pattern_chunked(Pattern::new(1, 1_000_000));
        // A cut without a head is as good a refusal as a 413.
        if let Ok(r) = w.request(request) {
            check!(
                r.status == 413 || !r.end.is_clean(),
                "{target}: {} with {} bytes, {:?}",
                r.status,
                r.body.len(),
                r.end
            );
        }
    }
    check_eq!(w.post("/echo", "small")?.text(), "small", "next answer");
    Ok(())
}

fn never_half(rig: &mut Rig) -> Outcome {
    let w = start(rig, "sink", "100000")?;
    let _ = w.request(Request::post("/").pattern_chunked(Pattern::new(1, 1_000_000)));
    w.wait_metric("http_requests_in_flight", &[], 0.0, 10.0)?;
    check_eq!(
        rig.evidence("sink"),
        "",
        "what the function took for the end"
    );
    Ok(())
}

fn answer_arrives(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "1000")?;
    // All at hand: the watchdog listens for two seconds, in which nothing is to be made.
    let body = Pattern::new(1, 3_000_000).bytes();
    let head = Request::post("/echo").header("Content-Length", &body.len().to_string());
    rig.poll(20.0, "a client that has sent all within a second", || {
        let (start, mut wire) = (Instant::now(), w.connect().ok()?);
        let sent = wire.send_head(&head).and_then(|()| {
            // Long behind the answer.
            body.chunks(500_000).try_for_each(|piece| {
                rig.pass_time(Duration::from_millis(40));
                wire.send(piece)
            })
        });
        // Who was slower, on a busy machine, has seen nothing that would have to hold.
        let counts = start.elapsed() < Duration::from_secs(1);
        counts.then(|| sent.and_then(|()| too_large(&wire.read_response()?)))
    })?
}

fn expect(rig: &mut Rig) -> Outcome {
    let w = start(rig, "echo", "1000")?;
    let mut wire = w.connect()?;
    let request = Request::post("/echo")
        .header("Expect", "100-continue")
        .header("Content-Length", "5000");
    wire.send_head(&request)?;
    check_eq!(wire.read_any_head()?.status, 413, "first status");
    Ok(())
}

fn units(rig: &mut Rig) -> Outcome {
    for (limit, bytes) in [("1k", 1000), ("1Ki", 1024), ("1024", 1024)] {
        let w = start(rig, "echo", limit)?;
        for (size, status) in [(bytes, 200), (bytes + 1, 413)] {
            let r = w.request(Request::post("/").pattern(Pattern::new(1, size)))?;
            check_eq!(r.status, status, "status for {size} bytes with {limit}");
        }
    }
    Ok(())
}

fn head_bytes(rig: &mut Rig) -> Outcome {
    let setup = rig
        .function(&rig.fixture("echo", &[]))
        .env("max_header_bytes", "16Ki");
    let w = setup.start()?;
    let before = ran(rig);
    let r = w.request(
        Request::post("/echo")
            .header("X-Large", &"x".repeat(40_000))
            .body("x"),
    )?;
    check_eq!(r.status, 431, "status of a head of 40 kB");
    check_eq!(ran(rig), before, "what ran");
    let r = w.request(
        Request::post("/echo")
            .header("X-Large", &"x".repeat(10_000))
            .body("x"),
    )?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "x"),
        "answer with a head of 10 kB"
    );
    Ok(())
}

fn head_fields(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("echo", &[])).start()?;
    for (count, status) in [(500, 200), (600, 431)] {
        let mut request = Request::post("/echo").body("x");
        for index in 0..count {
            request = request.header(&format!("X-F-{index}"), "v");
        }
        check_eq!(
            w.request(request)?.status,
            status,
            "status with {count} fields"
        );
    }
    Ok(())
}

fn environment_one(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let before = ran(rig);
    let large = "x".repeat(200 * 1024);
    let r = w.request(Request::post("/").header("X-Large", &large).body("x"))?;
    check_eq!(r.status, 431, "status");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal"
    );
    check_eq!(ran(rig), before, "what ran");
    check_eq!(w.post("/", "next")?.text(), "next", "next answer");
    Ok(())
}

fn environment_sum(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().fprocess(&rig.fixture("echo", &[])).start()?;
    let mut request = Request::post("/").body("x");
    let large = "x".repeat(90 * 1024);
    for index in 0..10 {
        request = request.header(&format!("X-Large-{index}"), &large);
    }
    let r = w.request(request)?;
    check!(
        r.status == 431 || (r.status == 200 && r.text() == "x"),
        "answer {} {:?}",
        r.status,
        r.text()
    );
    check_eq!(w.post("/", "next")?.text(), "next", "next answer");
    Ok(())
}

fn environment_off(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    let w = setup.env("cgi_headers", "false").start()?;
    let large = "x".repeat(200 * 1024);
    let r = w.request(Request::post("/").header("X-Large", &large).body("x"))?;
    check_eq!((r.status, r.text().as_str()), (200, "x"), "answer");
    Ok(())
}

fn proxied(rig: &mut Rig) -> Outcome {
    let w = rig.function("").start()?;
    let large = "x".repeat(200 * 1024);
    let r = w.request(Request::get("/dump").header("X-Large", &large))?;
    check!(
        r.status == 200 && r.text().contains(&large),
        "status {}, {} bytes of dump",
        r.status,
        r.body.len()
    );
    Ok(())
}
