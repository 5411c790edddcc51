//! Inputs that have smuggled requests past some server before.
//! It knows them from advisories and from the published collections; each hides `GET /second` in what one reading takes for a body.
//! It refuses to tell which server it was: all of them are refused here.

use super::malformed::refused;
use super::smuggling::start;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/known-codings",
        "WD-2.12",
        "disguises of Transfer-Encoding: refused, the connection closed, and nothing hidden is served",
    )
    .modes(FUNCTION)
    .run(codings),
    Case::must(
        "server/known-lengths",
        "WD-2.12",
        "disguises of Content-Length: refused, the connection closed, and nothing hidden is served",
    )
    .modes(FUNCTION)
    .run(lengths),
    Case::must(
        "server/known-heads",
        "WD-2.12",
        "heads that two servers end in two places: nothing hidden is served",
    )
    .modes(FUNCTION)
    .run(heads),
    Case::must(
        "server/length-of-a-get",
        "WD-2.12",
        "the body of a GET is a body (CL.0), and of an OPTIONS * too",
    )
    .modes(FUNCTION)
    .run(length_of_a_get),
];

const HIDDEN: &str = "0\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n";

/// A request with these lines, and the hidden one as its body.
fn request(lines: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\n", HIDDEN.len());
    [
        b"POST /echo HTTP/1.1\r\nHost: a\r\n",
        length.as_bytes(),
        lines,
        b"\r\n\r\n",
        HIDDEN.as_bytes(),
    ]
    .concat()
}

const ERRORS: &[u16] = &[400, 501];

fn codings(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for lines in [
        &b"Transfer-Encoding : chunked"[..],
        b"Transfer-Encoding\t: chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding: \x0cchunked",
        b"Transfer-Encoding: chunked\0",
        b"Transfer-Encoding: chunked\x7f",
        b"Transfer-Encoding: \xa0chunked",
        b"Transfer-Encoding: 'chunked'",
        b"Transfer-Encoding: chunked;",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
        b"Transfer-Encoding: chunked\r\nTransfer-encoding: x",
        b"Transfer-Encoding\r\n : chunked",
        b" Transfer-Encoding: chunked",
        b"X: y\rTransfer-Encoding: chunked",
        b"X: y\r\rTransfer-Encoding: chunked",
        b"Transfer-Encoding chunked",
        b"Transfer\0-Encoding: chunked",
        b"Transfer-Encoding\xff: chunked",
        b"\x0bTransfer-Encoding: chunked",
        b"Transfer-Encoding: c\x01hunked",
        b"Transfer-Encoding: chunk",
    ] {
        refused(rig, &w, &request(lines), ERRORS)?;
    }
    Ok(())
}

fn lengths(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for lines in [
        &b"Content-Length: 5"[..],
        b"Content-Length: 0",
        b"Content-Length : 5",
        b"Content-Length\t: 5",
        b"Content-Length: 5\0",
        b"Content-Length:\x0b5",
        b"Content-Length: 5_0",
        b"Content-Length: 5e1",
        b"Content-Length: \xb2",
        b"Content-Length: \"5\"",
        b"Content-Length: 5;5",
        b" Content-Length: 5",
        b"Content-Length",
    ] {
        refused(rig, &w, &request(lines), ERRORS)?;
    }
    Ok(())
}

fn heads(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let hidden = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        "GET /echo HTTP/1.1\r\nHost: a\r\n\r\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\n\r\x20\n",
        "GET /echo HTTP/1.1\rHost: a\r\r",
        "GET /echo HTTP/1.1\r\nHost: a\r\nX: \r\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        "GET /echo HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/1.10\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/01.1\r\nHost: a\r\n\r\n",
        "GET /echo\r\nHost: a\r\n\r\n",
        "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /echo\tHTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\u{a0}/echo HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\u{b}\r\nHost: a\r\n\r\n",
    ] {
        refused(rig, &w, format!("{head}{hidden}").as_bytes(), ERRORS)?;
    }
    Ok(())
}

fn length_of_a_get(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    let hidden = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";
    for line in ["GET /echo", "DELETE /echo", "OPTIONS *", "GET /_/health"] {
        let mut wire = w.connect()?;
        let head = format!(
            "{line} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            hidden.len()
        );
        wire.send(format!("{head}{hidden}").as_bytes())?;
        let _ = wire.read_response()?;
        wire.send(b"GET /third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let rest = String::from_utf8_lossy(&wire.read_to_end()?).into_owned();
        let answers = rest.matches("HTTP/1.").count();
        check!(answers <= 1, "{line}: {answers} more answers: {rest}");
        let hits = rig.evidence("hits");
        check!(
            !hits.contains("/second"),
            "{line}: its body was served as a request"
        );
    }
    Ok(())
}
