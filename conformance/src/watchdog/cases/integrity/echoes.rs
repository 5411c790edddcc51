//! Bodies that come back as they went.
//! It knows sizes around the borders of pipes and buffers, framings and paces.
//! It refuses memory and leaks: they have files of their own.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "integrity/echo-borders",
        "WD-15.1",
        "1 B to 64 KiB + 1 come back, sized and chunked",
    )
    .modes(FUNCTION)
    .run(borders),
    Case::must(
        "integrity/echo-hundreds-of-kilobytes",
        "WD-15.1",
        "200 to 400 kB come back, many times",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(hundreds),
    Case::must(
        "integrity/echo-megabytes",
        "WD-15.1",
        "1 and 5 MB come back, sized and chunked",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(megabytes),
    Case::must(
        "integrity/echo-one-connection",
        "WD-15.1",
        "30 bodies of all sizes come back on one connection",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(one_connection),
    Case::must(
        "integrity/echo-http10",
        "WD-15.1",
        "bodies come back to HTTP/1.0 clients",
    )
    .modes(FUNCTION)
    .run(http10),
    Case::must(
        "integrity/every-byte-value",
        "WD-15.1",
        "bytes 0 to 255 come back",
    )
    .modes(FUNCTION)
    .run(every_byte),
    Case::must(
        "integrity/buffering-function",
        "WD-15.1",
        "5 MB reach a function that reads all first",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(buffering_function),
    Case::must(
        "integrity/download",
        "WD-15.1",
        "5 MB of output arrive without an upload",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(download),
    Case::must(
        "integrity/upload-digest",
        "WD-15.1",
        "the function sees the bytes that were sent",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(upload_digest),
    Case::must(
        "integrity/one-byte-chunks",
        "WD-15.4",
        "2000 chunks of one byte come back",
    )
    .modes(FUNCTION)
    .run(one_byte_chunks),
    Case::must(
        "integrity/one-byte-writes",
        "WD-15.4",
        "a request whose every byte is a packet of its own is understood",
    )
    .modes(FUNCTION)
    .run(one_byte_writes),
    Case::must(
        "integrity/slow-writer",
        "WD-15.4",
        "an upload in small pieces with pauses comes back",
    )
    .modes(FUNCTION)
    .run(slow_writer),
    Case::must(
        "integrity/slow-reader",
        "WD-15.4",
        "a client that reads slowly gets every byte",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(slow_reader),
    Case::must(
        "integrity/concurrent",
        "WD-15.5",
        "120 echoes on 6 connections at once stay apart",
    )
    .modes(FUNCTION)
    .seconds(60)
    .run(concurrent),
];

fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture("echo", &[])).start()
}

/// Posts the pattern, sized and chunked, and compares what comes back.
fn echo(wire: &mut Wire, pattern: Pattern) -> Outcome {
    for (request, kind) in [
        (Request::post("/echo").pattern(pattern), "sized"),
        (Request::post("/echo").pattern_chunked(pattern), "chunked"),
    ] {
        let told = |failure: Failure| Failure {
            message: format!("{} bytes, {kind}: {}", pattern.len, failure.message),
            ..failure
        };
        let r = wire.exchange_pattern(&request, pattern).map_err(told)?;
        check_eq!(
            (r.status, r.end),
            (200, End::Clean),
            "status and end of {} bytes, {kind}",
            pattern.len
        );
    }
    Ok(())
}

fn borders(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for size in [1, 2, 1000, 4096, 8191, 8192, 8193, 65_535, 65_536, 65_537] {
        echo(&mut w.connect()?, Pattern::new(size, size))?;
    }
    Ok(())
}

fn hundreds(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for round in 0..5 {
        for size in [200_000, 250_000, 300_000, 350_000, 400_000] {
            echo(&mut w.connect()?, Pattern::new(round, size))?;
        }
    }
    Ok(())
}

fn megabytes(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for size in [1 << 20, (1 << 20) + 1, 5_000_000] {
        echo(&mut w.connect()?, Pattern::new(7, size))?;
    }
    Ok(())
}

fn one_connection(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    for round in 0..3 {
        for size in [1, 65_536, 3, 300_000, 4097] {
            echo(&mut wire, Pattern::new(round, size))?;
        }
    }
    Ok(())
}

fn http10(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for size in [1, 5000, 400_000] {
        let pattern = Pattern::new(8, size);
        let r = w.request_pattern(&Request::post("/echo").pattern(pattern).http10(), pattern)?;
        check_eq!((r.status, r.end), (200, End::Clean), "status and end");
        check!(r.framing != Framing::Chunked, "chunks for HTTP/1.0");
    }
    Ok(())
}

fn every_byte(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    check_eq!(w.post("/echo", all.clone())?.body, all, "sized");
    let pieces: Vec<&[u8]> = all.chunks(100).collect();
    check_eq!(
        w.request(Request::post("/echo").chunks(&pieces))?.body,
        all,
        "chunked"
    );
    Ok(())
}

fn buffering_function(rig: &mut Rig) -> Outcome {
    let w = rig.function(&rig.fixture("reverse-upper", &[])).start()?;
    let body = Pattern::new(9, 5_000_000).bytes();
    let r = w.post("/echo-buffered", body.clone())?;
    let mut want = body;
    if rig.mode().forks() {
        want.reverse();
        want.make_ascii_uppercase();
    }
    check_eq!(r.status, 200, "status");
    check!(
        r.body == want,
        "{} bytes came back, not those expected",
        r.body.len()
    );
    Ok(())
}

fn download(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("print-bytes", &["5000000"]))
        .start()?;
    for target in ["/bytes/5000000", "/chunked/5000000"] {
        let r = w.request_pattern(&Request::get(target), Pattern::new(1, 5_000_000))?;
        check_eq!((r.status, r.end), (200, End::Clean), "status and end");
    }
    Ok(())
}

fn upload_digest(rig: &mut Rig) -> Outcome {
    use sha2::{Digest, Sha256};
    let w = rig.function(&rig.fixture("digest", &[])).start()?;
    let pattern = Pattern::new(11, 3_000_000);
    let digest = crate::fixture::hex(&Sha256::digest(pattern.bytes()));
    let want = format!("{digest} 3000000");
    let sized = w.request(Request::post("/digest").pattern(pattern))?;
    check_eq!(sized.text(), want, "digest of a sized upload");
    let chunked = w.request(Request::post("/digest").pattern_chunked(pattern))?;
    check_eq!(chunked.text(), want, "digest of a chunked upload");
    Ok(())
}

fn one_byte_chunks(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let body = Pattern::new(12, 2000).bytes();
    let pieces: Vec<&[u8]> = body.chunks(1).collect();
    let r = w.request(Request::post("/echo").chunks(&pieces))?;
    check_eq!((r.status, r.body), (200, body), "answer");
    Ok(())
}

fn one_byte_writes(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    let text = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nall of it";
    for byte in text.chunks(1) {
        wire.send(byte)?;
        // Without a pause a busy subject finds several of them at once.
        rig.pass_time(Duration::from_millis(1));
    }
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "all of it"), "answer");
    Ok(())
}

fn slow_writer(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let body = Pattern::new(13, 3500).bytes();
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3500\r\n\r\n")?;
    for piece in body.chunks(35) {
        wire.send(piece)?;
        rig.pass_time(Duration::from_millis(5));
    }
    let r = wire.read_response()?;
    check_eq!((r.status, r.body), (200, body), "answer");
    Ok(())
}

fn slow_reader(rig: &mut Rig) -> Outcome {
    let w = rig
        .function(&rig.fixture("print-bytes", &["5000000"]))
        .start()?;
    let want = Pattern::new(1, 5_000_000);
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/bytes/5000000"))?;
    check_eq!(wire.read_head()?.status, 200, "status");
    let mut offset = 0;
    while let Some(data) = wire.read_some()? {
        let wrong = want.mismatch(offset, &data);
        check_eq!(wrong, None, "first wrong byte");
        offset += data.len() as u64;
        rig.pass_time(Duration::from_millis(10));
    }
    check_eq!(
        (offset, wire.end()),
        (want.len, End::Clean),
        "bytes and end"
    );
    Ok(())
}

fn concurrent(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let one = |seed: u64| -> Outcome {
        for round in 0..10 {
            let size = 1 + (seed * 7919 + round * 31_337) % 200_000;
            echo(&mut w.connect()?, Pattern::new(seed * 100 + round, size))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let one = &one;
        let clients: Vec<_> = (0..6).map(|seed| scope.spawn(move || one(seed))).collect();
        for client in clients {
            let ended = client.join();
            ended.unwrap_or_else(|_| Err(Failure::fault("a client panicked")))?;
        }
        Ok(())
    })
}
