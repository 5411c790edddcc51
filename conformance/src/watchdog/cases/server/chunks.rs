//! The lines of a chunked upload.
//! It knows the bytes that two servers have read as the end of a line before (CVE-2025-55315 and its kin).
//! It refuses sizes and lengths: `smuggling`.

use super::smuggling::{broken, start};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/chunk-extension-bytes",
        "WD-2.25",
        "a line feed, a carriage return, a NUL or any other control byte in a chunk's line: an error and a close",
    )
    .modes(FUNCTION)
    .run(bytes),
    Case::must(
        "server/chunk-size-neighbours",
        "WD-2.25",
        "after a size comes an extension or the end of the line, and nothing else",
    )
    .modes(FUNCTION)
    .run(neighbours),
    Case::must(
        "server/chunk-extensions-total",
        "WD-2.25",
        "20,000 bytes of extensions in one body are too many, on one line or on a thousand; 10,000 pass",
    )
    .modes(FUNCTION)
    .run(total),
    Case::must(
        "server/trailer-line-ends",
        "WD-2.13",
        "a line feed alone ends no trailer, and no body",
    )
    .modes(FUNCTION)
    .run(trailers),
];

/// A whole body of one chunk, whose line is `size` and what follows it.
fn with_line(line: &[u8]) -> Vec<u8> {
    [line, b"\r\nabc\r\n0\r\n\r\n"].concat()
}

fn bytes(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    // Who ends the line at the line feed finds two bytes of a chunk, and later another request.
    let hidden = b"2;\nxx\r\n26\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n";
    broken(rig, &w, hidden)?;
    for line in [
        &b"3;\n"[..],
        b"3;a\nb",
        b"3;a=\"\n\"",
        b"3;\r",
        b"3;a\rb",
        b"3;\0",
        b"3;a=\x01",
        b"3;a\x0b",
        b"3;a\x0c",
        b"3;\x1f",
        b"3;\x7f",
        b"3\n",
        b"3\r",
    ] {
        broken(rig, &w, &with_line(line))?;
    }
    broken(rig, &w, b"3\r\nabc\r\n0;\n\r\n\r\n")
}

fn neighbours(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for line in [
        "3 x",
        "3 3",
        "3\u{e4}",
        "3,3",
        "3\t=",
        "3.0",
        "0000000000000000000003",
    ] {
        broken(rig, &w, &with_line(line.as_bytes()))?;
    }
    Ok(())
}

fn total(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let many = |count| "1;aaaaaaaaa\r\nx\r\n".repeat(count) + "0\r\n\r\n";
    broken(rig, &w, many(2000).as_bytes())?;
    broken(
        rig,
        &w,
        &with_line(format!("3;{}", "a".repeat(20_000)).as_bytes()),
    )?;
    let mut wire = w.connect()?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    wire.send(many(1000).as_bytes())?;
    let r = wire.read_response()?;
    check_eq!(
        (r.status, r.body.len()),
        (200, 1000),
        "status and size of what came back"
    );
    Ok(())
}

fn trailers(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for end in [
        &b"0\r\n\n"[..],
        b"0\r\nX-Sum: 1\n\r\n",
        b"0\r\nX-Sum: 1\r\n\n",
        b"0\r\nX-Sum: 1\n\n",
    ] {
        broken(rig, &w, &[b"3\r\nabc\r\n", end].concat())?;
    }
    Ok(())
}
