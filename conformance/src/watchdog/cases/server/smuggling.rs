//! Requests with more than one idea of where they end.
//! It knows the pairs and variants that have parted servers before.
//! It refuses to demand one of two safe answers where the standard allows both.

use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/length-and-chunks",
        "WD-2.12",
        "Content-Length beside chunks: refused, or the chunks count",
    )
    .modes(FUNCTION)
    .run(length_and_chunks),
    Case::must(
        "server/lengths-differ",
        "WD-2.12",
        "two different lengths are a 400 and a close",
    )
    .modes(FUNCTION)
    .run(lengths_differ),
    Case::must(
        "server/lengths-equal",
        "WD-2.12",
        "the same length twice is refused, or counts once",
    )
    .modes(FUNCTION)
    .run(lengths_equal),
    Case::must(
        "server/bad-lengths",
        "WD-2.12",
        "a length that is no number is a 400 and a close",
    )
    .modes(FUNCTION)
    .run(bad_lengths),
    Case::must(
        "server/bad-transfer-coding",
        "WD-2.12",
        "a transfer coding that does not end in chunked is refused and the connection closed",
    )
    .modes(FUNCTION)
    .run(bad_codings),
    Case::must(
        "server/unknown-transfer-coding",
        "WD-2.12",
        "chunked around or beside another coding is refused and the connection closed",
    )
    .modes(FUNCTION)
    .run(layered_codings),
    Case::must(
        "server/coding-in-http10",
        "WD-2.12",
        "chunks in HTTP/1.0: whatever is made of them, no second request is found in them",
    )
    .modes(FUNCTION)
    .run(http10),
    Case::must(
        "server/folded-coding",
        "WD-2.12",
        "a folded Transfer-Encoding is refused or counts",
    )
    .modes(FUNCTION)
    .run(folded),
    Case::must("server/chunked-any-case", "WD-2.12", "`Chunked` is chunked")
        .modes(FUNCTION)
        .run(any_case),
    Case::must(
        "server/bad-chunk-sizes",
        "WD-2.13",
        "chunk sizes that are none: an error and a close",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-37"])
    .run(bad_sizes),
    Case::must(
        "server/bad-chunk-ends",
        "WD-2.13",
        "chunks longer than they say, or with bare line feeds: an error and a close",
    )
    .modes(FUNCTION)
    .bugs(&["BUG-37"])
    .run(bad_ends),
    Case::must(
        "server/chunk-extensions",
        "WD-2.13",
        "chunk extensions and trailers are passed over",
    )
    .modes(FUNCTION)
    .run(extensions),
];

/// What would be the second request.
const SECOND: &[u8] = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n";

pub(super) fn start(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture("echo", &[])).start()
}

/// A POST with these header lines and this body, `SECOND` behind it.
fn with_second(lines: &[u8], body: &[u8]) -> Vec<u8> {
    [
        b"POST /echo HTTP/1.1\r\nHost: a\r\n",
        lines,
        b"\r\n\r\n",
        body,
        SECOND,
    ]
    .concat()
}

/// One error answer, the close, and no function saw anything.
fn refused(rig: &Rig, w: &Watchdog, lines: &[u8], body: &[u8], allowed: &[u16]) -> Outcome {
    let before = (rig.evidence("started"), rig.evidence("hits"));
    let mut wire = w.connect()?;
    wire.send(&with_second(lines, body))?;
    let shown = lines.escape_ascii();
    let r = wire
        .read_response()
        .map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    check!(
        allowed.contains(&r.status),
        "{shown}: answered with {}",
        r.status
    );
    let closed = wire.expect_closed(rig.timeout(5.0));
    closed.map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran because of {shown}");
    Ok(())
}

fn length_and_chunks(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for lines in [
        &b"Content-Length: 10\r\nTransfer-Encoding: chunked"[..],
        b"Transfer-Encoding: chunked\r\nContent-Length: 10",
    ] {
        let mut wire = w.connect()?;
        wire.send(&with_second(lines, b"3\r\nabc\r\n0\r\n\r\n"))?;
        let r = wire.read_response()?;
        if r.status == 400 {
            wire.expect_closed(rig.timeout(5.0))?;
            continue;
        }
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "abc"),
            "answer where the chunks count"
        );
        // The second request stands on its own then: it may be answered or not.
        let _ = wire.read_response();
    }
    check_eq!(
        rig.evidence("errors"),
        "",
        "what the upstream could not make sense of"
    );
    Ok(())
}

fn lengths_differ(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    refused(
        rig,
        &w,
        b"Content-Length: 3\r\nContent-Length: 5",
        b"abc",
        &[400],
    )?;
    refused(
        rig,
        &w,
        b"Content-Length: 5\r\nContent-Length: 3",
        b"abc",
        &[400],
    )
}

fn lengths_equal(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    wire.send(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    )?;
    let r = wire.read_response()?;
    if r.status == 400 {
        return wire.expect_closed(rig.timeout(5.0));
    }
    check_eq!(r.text(), "abc", "answer");
    check_eq!(
        rig.evidence("errors"),
        "",
        "what the upstream could not make sense of"
    );
    Ok(())
}

fn bad_lengths(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for value in [
        "+3",
        "-3",
        "0x3",
        "3,4",
        "3 3",
        "",
        "3.0",
        "three",
        "99999999999999999999999",
    ] {
        refused(
            rig,
            &w,
            format!("Content-Length: {value}").as_bytes(),
            b"abc",
            &[400],
        )?;
    }
    Ok(())
}

const ABC: &[u8] = b"3\r\nabc\r\n0\r\n\r\n";

fn bad_codings(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for value in [
        "xchunked",
        "chunked, gzip",
        "identity",
        "\u{b}chunked",
        "\"chunked\"",
        "chunked;a=b",
        "gzip",
        "",
    ] {
        refused(
            rig,
            &w,
            format!("Transfer-Encoding: {value}").as_bytes(),
            ABC,
            &[400, 501],
        )?;
    }
    refused(rig, &w, b"Transfer-Encoding : chunked", ABC, &[400])
}

fn layered_codings(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for lines in [
        &b"Transfer-Encoding: gzip, chunked"[..],
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    ] {
        refused(rig, &w, lines, ABC, &[400, 501])?;
    }
    Ok(())
}

fn http10(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    let head =
        b"POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n";
    let inner = b"28\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n";
    wire.send(&[&head[..], inner].concat())?;
    let all = wire.read_to_end()?;
    let answers = all
        .windows(9)
        .filter(|window| window.starts_with(b"HTTP/1.") && window.ends_with(b" "))
        .count();
    check!(answers <= 1, "{answers} answers to one request");
    check!(
        !rig.evidence("hits").contains("/second"),
        "the inner request was forwarded"
    );
    Ok(())
}

fn folded(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    wire.send(&with_second(b"Transfer-Encoding:\r\n chunked", ABC))?;
    let r = wire.read_response()?;
    if r.status == 400 {
        return wire.expect_closed(rig.timeout(5.0));
    }
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "abc"),
        "answer where the coding counts"
    );
    Ok(())
}

fn any_case(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for value in ["Chunked", "CHUNKED", "\tchunked "] {
        let mut wire = w.connect()?;
        let lines = format!("Transfer-Encoding: {value}");
        wire.send(
            &[
                b"POST /echo HTTP/1.1\r\nHost: a\r\n",
                lines.as_bytes(),
                b"\r\n\r\n",
                ABC,
            ]
            .concat(),
        )?;
        let r = wire.read_response()?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "abc"),
            "answer with {value:?}"
        );
    }
    Ok(())
}

/// The upload must not count as a success, and nothing behind it may be answered.
pub(super) fn broken(rig: &Rig, w: &Watchdog, body: &[u8]) -> Outcome {
    let mut wire = w.connect()?;
    let head = b"POST /echo-buffered HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    wire.send(&[head, body, SECOND].concat())?;
    let shown = body.escape_ascii();
    if let Ok(r) = wire.read_response() {
        check!(
            r.status >= 400 || !r.end.is_clean(),
            "{shown}: a success, {}",
            r.status
        );
        let closed = wire.expect_closed(rig.timeout(5.0));
        closed.map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    }
    check!(
        !rig.evidence("hits").contains("/second"),
        "{shown}: what came behind was forwarded"
    );
    Ok(())
}

fn bad_sizes(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for size in ["-1", "0x3", " 3", "+3", "10000000000000003", "g", ""] {
        broken(rig, &w, format!("{size}\r\nabc\r\n0\r\n\r\n").as_bytes())?;
    }
    Ok(())
}

fn bad_ends(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for body in [
        &b"3\r\nabcX\r\n0\r\n\r\n"[..],
        b"3\nabc\n0\n\n",
        b"3\r\nabc\r\n0\r\nnonsense\r\n\r\n",
    ] {
        broken(rig, &w, body)?;
    }
    Ok(())
}

fn extensions(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let mut wire = w.connect()?;
    let head = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    wire.send(
        &[
            &head[..],
            b"003;name=\"v\"\r\nabc\r\n0;x\r\nX-Trailer: 1\r\n\r\n",
        ]
        .concat(),
    )?;
    let r = wire.read_response()?;
    check_eq!((r.status, r.text().as_str()), (200, "abc"), "answer");
    let r = wire.exchange(&Request::post("/echo").body("next"))?;
    check_eq!(r.text(), "next", "next answer");
    Ok(())
}
