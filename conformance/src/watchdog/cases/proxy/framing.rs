//! How an answer of the child says where it ends.
//! It knows what RFC 9112 allows (6.1 to 6.3), and what makes an answer the last of its connection.
//! It refuses answers that break off: `broken`.

use super::{is_cut, own_answer, server};
use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "proxy/framing-codings",
        "WD-6.23",
        "a transfer coding beside or instead of `chunked` is a 502",
    )
    .modes(&[Http])
    .run(codings),
    Case::must(
        "proxy/framing-lengths",
        "WD-6.23",
        "lengths that differ, and one that is no number, are a 502",
    )
    .modes(&[Http])
    .run(lengths),
    Case::must(
        "proxy/framing-lengths-bodyless",
        "WD-6.23",
        "such lengths are a 502 also where there is no body: HEAD, 204, 304",
    )
    .modes(&[Http])
    .run(lengths_bodyless),
    Case::must(
        "proxy/framing-lengths-agree",
        "WD-6.23",
        "lengths that agree are one, also towards HEAD",
    )
    .modes(&[Http])
    .run(lengths_agree),
    Case::must(
        "proxy/framing-last",
        "WD-6.23",
        "both lengths, chunks in HTTP/1.0, and a 204 that says it has a body are the last of their connection",
    )
    .modes(&[Http])
    .run(last),
    Case::must(
        "proxy/blank-before-colon",
        "WD-6.24",
        "a blank before the colon of a field is removed, and the field counts",
    )
    .modes(&[Http])
    .run(blank_before_colon),
    Case::must(
        "proxy/large-head",
        "WD-6.25",
        "a head of 500 kB passes, and one of 2,000 fields",
    )
    .modes(&[Http])
    .run(large_head),
    Case::must(
        "proxy/chunk-line-bytes",
        "WD-6.26",
        "a control byte in the first chunk's line is a 502",
    )
    .modes(&[Http])
    .run(chunk_line_bytes),
    Case::must(
        "proxy/chunk-extensions-total",
        "WD-6.26",
        "an answer with 20,000 bytes of chunk extensions is cut",
    )
    .modes(&[Http])
    .run(extensions_total),
    Case::must(
        "proxy/chunk-trailer-lines",
        "WD-6.26",
        "an answer whose last line ends in a line feed alone is cut, or a 502",
    )
    .modes(&[Http])
    .run(trailer_lines),
];

/// Has the child answer with these bytes, and keep its connection.
fn raw(w: &Watchdog, method: &str, answer: &str) -> Result<Response, Failure> {
    let r = w.request(Request::new(method, "/raw/keep").body(answer));
    r.map_err(|e| Failure::failed(format!("{answer:?}: {e}")))
}

const CHUNKS: &str = "\r\n3\r\nabc\r\n0\r\n\r\n";

fn codings(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for lines in [
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}{CHUNKS}");
        own_answer(&raw(&w, "POST", &answer)?, 502, lines)?;
    }
    check_eq!(
        w.get("/status/201")?.status,
        201,
        "status of an ordinary answer after that"
    );
    Ok(())
}

const BAD_LENGTHS: [&str; 7] = [
    "Content-Length: 3\r\nContent-Length: 4\r\n",
    "Content-Length: 3, 4\r\n",
    "Content-Length: 3,\r\n",
    "Content-Length: three\r\n",
    "Content-Length: +3\r\n",
    "Content-Length: \r\n",
    "Content-Length: 99999999999999999999\r\n",
];

fn lengths(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for lines in BAD_LENGTHS {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\nabc");
        own_answer(&raw(&w, "POST", &answer)?, 502, lines)?;
    }
    Ok(())
}

fn lengths_bodyless(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for lines in BAD_LENGTHS {
        for (method, status) in [("HEAD", "200 OK"), ("GET", "204 None"), ("GET", "304 Same")] {
            let answer = format!("HTTP/1.1 {status}\r\n{lines}\r\n");
            let of = format!("{method} {status} {lines:?}");
            own_answer(&raw(&w, method, &answer)?, 502, &of)?;
        }
    }
    Ok(())
}

fn lengths_agree(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for lines in [
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3, 3\r\n",
    ] {
        for (method, body) in [("POST", "abc"), ("HEAD", "")] {
            let r = raw(&w, method, &format!("HTTP/1.1 200 OK\r\n{lines}\r\n{body}"))?;
            check_eq!(
                (r.status, r.text().as_str()),
                (200, body),
                "answer to {method}"
            );
            let said = r.headers.all("content-length");
            check_eq!(said, ["3"], "lengths told to {method}");
        }
    }
    Ok(())
}

fn last(rig: &mut Rig) -> Outcome {
    let (old, both) = (
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n",
        "Content-Length: 3\r\n",
    );
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (method, answer, body) in [
        ("POST", format!("{old}{chunked}{CHUNKS}"), "abc"),
        (
            "POST",
            format!("HTTP/1.1 200 OK\r\n{chunked}{both}{CHUNKS}"),
            "abc",
        ),
        (
            "POST",
            format!("HTTP/1.1 200 OK\r\n{both}{chunked}{CHUNKS}"),
            "abc",
        ),
        (
            "HEAD",
            format!("HTTP/1.1 200 OK\r\n{both}{chunked}\r\n"),
            "",
        ),
        ("POST", format!("HTTP/1.1 204 None\r\n{both}\r\n"), ""),
        ("POST", format!("HTTP/1.1 204 None\r\n{chunked}\r\n"), ""),
    ] {
        // No other connection is there to be used again.
        let w = server(rig).start()?;
        let r = raw(&w, method, &answer)?;
        check_eq!(r.text(), body, "body of {answer:?}");
        check!(
            method == "HEAD" || r.headers.get("content-length") != Some("3") || body == "abc",
            "a length where there is no body, of {answer:?}"
        );
        let used = rig.evidence("connections").lines().count();
        check_eq!(w.get("/status/201")?.status, 201, "status of the next");
        let now = rig.evidence("connections").lines().count();
        check_eq!(now, used + 1, "connections after {answer:?}");
    }
    Ok(())
}

fn blank_before_colon(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let answer = "HTTP/1.1 200 OK\r\nX-Blank : 1\r\nX-Tab\t: 2\r\nTransfer-Encoding : chunked\r\n";
    let r = raw(&w, "POST", &format!("{answer}{CHUNKS}"))?;
    check_eq!((r.status, r.text().as_str()), (200, "abc"), "answer");
    check_eq!(r.headers.get("x-blank"), Some("1"), "X-Blank");
    check_eq!(r.headers.get("x-tab"), Some("2"), "X-Tab");
    Ok(())
}

fn large_head(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let long = format!("X-Long: {}\r\n", "x".repeat(500_000));
    let many: Vec<String> = (0..2000).map(|n| format!("X-Field-{n}: {n}\r\n")).collect();
    let many = many.concat();
    for (fields, name, size) in [(&long, "x-long", 500_000), (&many, "x-field-1999", 4)] {
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 3\r\n\r\nabc");
        let r = raw(&w, "POST", &answer)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "abc"),
            "answer with {name}"
        );
        check_eq!(
            r.headers.get(name).map(str::len),
            Some(size),
            "size of {name}"
        );
    }
    Ok(())
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

fn chunk_line_bytes(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for line in [
        "3;\n", "3;a\nb", "3;\r", "3;\0", "3;\u{b}", "3;\u{7f}", "3 3", "3\n", "-3", "",
    ] {
        let answer = format!("{CHUNKED}{line}\r\nabc\r\n0\r\n\r\n");
        own_answer(&raw(&w, "POST", &answer)?, 502, &answer)?;
    }
    Ok(())
}

fn extensions_total(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    let many = |count| format!("{CHUNKED}{}0\r\n\r\n", "1;aaaaaaaaa\r\nx\r\n".repeat(count));
    let r = raw(&w, "POST", &many(1000))?;
    check_eq!(
        (r.status, r.body.len()),
        (200, 1000),
        "status and size with 10,000 bytes"
    );
    check!(is_cut(raw(&w, "POST", &many(2000))), "20,000 bytes pass");
    Ok(())
}

fn trailer_lines(rig: &mut Rig) -> Outcome {
    let w = server(rig).start()?;
    for end in ["0\r\n\n", "0\r\nX-Sum: 1\n\r\n", "0\n\r\n"] {
        let answer = format!("{CHUNKED}3\r\nabc\r\n{end}");
        let r = w.request(Request::post("/raw/close").body(answer));
        let fails = r.as_ref().is_ok_and(|r| r.status == 502);
        check!(
            fails || is_cut(r),
            "an answer that ends in {end:?} looks whole"
        );
    }
    Ok(())
}
