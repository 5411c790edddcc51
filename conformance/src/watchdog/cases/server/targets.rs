//! What a target is made of, and what a Host may be.
//! It knows the two ways a function tells what it was given: its environment and the upstream's dump.
//! It refuses routes: `routing`.

use super::smuggling::start;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "server/target-bytes",
        "WD-2.23",
        "quotes, brackets, backticks and bytes above 0x7f reach the function as they were sent",
    )
    .modes(FUNCTION)
    .run(bytes),
    Case::must(
        "server/target-hash",
        "WD-2.23",
        "a `#` in a target, which ought not to be there, takes nothing away from it",
    )
    .modes(FUNCTION)
    .run(hash),
    Case::must(
        "server/target-very-long",
        "WD-2.23",
        "a target of 100,000 bytes arrives whole, in path or query",
    )
    .modes(FUNCTION)
    .run(very_long),
    Case::must(
        "server/target-controls",
        "WD-2.2",
        "a control byte in a target is a 400 and a close",
    )
    .modes(FUNCTION)
    .run(controls),
    Case::must(
        "server/absolute-without-path",
        "WD-2.8",
        "the path of `http://host?query` is `/` (RFC 9112, 3.2.1)",
    )
    .modes(FUNCTION)
    .run(without_path),
    Case::must(
        "server/absolute-bad",
        "WD-2.8",
        "an absolute target without a host, or with one that is none, is a 400",
    )
    .modes(FUNCTION)
    .run(absolute_bad),
    Case::must(
        "server/host-malformed",
        "WD-2.24",
        "a Host with a blank, a slash or a byte above 0x7f is a 400 and a close",
    )
    .modes(FUNCTION)
    .run(host_malformed),
    Case::must(
        "server/host-grammar",
        "WD-2.24",
        "a Host whose port is no number, or that is no name and no address, is a 400 and a close",
    )
    .modes(FUNCTION)
    .run(host_grammar),
    Case::must(
        "server/host-proper",
        "WD-2.24",
        "names, addresses, ports, escapes and an empty Host pass",
    )
    .modes(FUNCTION)
    .run(host_proper),
];

/// What the function was told, in one line.
fn told(rig: &Rig, r: &Response) -> String {
    let text = r.text();
    if rig.mode() == Http {
        let dump: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let target = dump.get("target").and_then(|target| target.as_str());
        return target.unwrap_or_default().to_owned();
    }
    let value = |name: &str| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.map(str::to_owned)
    };
    let query = value("Http_Query").map(|query| format!("?{query}"));
    value("Http_Path").unwrap_or_default() + &query.unwrap_or_default()
}

fn tell(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.function(&rig.fixture("env", &[])).start()
}

fn passes(rig: &Rig, w: &Watchdog, target: &str) -> Outcome {
    let r = w.get(target)?;
    check_eq!(
        r.status,
        200,
        "status for {}",
        target.get(..40).unwrap_or(target)
    );
    let told = told(rig, &r);
    check!(
        told == target,
        "{} was sent, {} arrived, {} bytes",
        target.get(..40).unwrap_or(target),
        told.get(..40).unwrap_or(&told),
        told.len()
    );
    Ok(())
}

fn bytes(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for target in [
        "/dump/a\"b<c>d`e",
        "/dump/{a}|\\^[b]",
        "/dump/a?b=\"<>`c",
        "/dump/\u{e4}?\u{fc}={}",
    ] {
        passes(rig, &w, target)?;
    }
    let mut wire = w.connect()?;
    // In pieces, as the first line may be looked at before the rest is there.
    for piece in [
        &b"GET /dump/\xff?\xfe HTT"[..],
        b"P/1.1\r\nHost:",
        b" a\r\n\r\n",
    ] {
        wire.send(piece)?;
    }
    let r = wire.read_response()?;
    check_eq!(r.status, 200, "status for bytes that are no UTF-8");
    check_eq!(
        told(rig, &r),
        "/dump/\u{fffd}?\u{fffd}",
        "what arrived of them"
    );
    Ok(())
}

fn hash(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    passes(rig, &w, "/dump/a#b")?;
    passes(rig, &w, "/dump/a?b#c?d")
}

fn very_long(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    passes(rig, &w, &format!("/dump/{}", "x".repeat(100_000)))?;
    passes(rig, &w, &format!("/dump/?{}", "x".repeat(100_000)))
}

/// A 400, the close, and nothing ran.
fn refused(rig: &Rig, w: &Watchdog, head: &[u8]) -> Outcome {
    let before = (rig.evidence("started"), rig.evidence("hits"));
    let mut wire = w.connect()?;
    wire.send(&[head, b"\r\n\r\n"].concat())?;
    let shown = head.escape_ascii();
    let r = wire
        .read_response()
        .map_err(|e| Failure::failed(format!("{shown}: {e}")))?;
    check_eq!(r.status, 400, "status for {shown}");
    wire.expect_closed(rig.timeout(5.0))?;
    let after = (rig.evidence("started"), rig.evidence("hits"));
    check_eq!(after, before, "what ran because of {shown}");
    Ok(())
}

fn controls(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for byte in [b'\0', 1, b'\t', 0x0b, 0x0c, b'\r', 0x1f, 0x7f] {
        let head = [b"GET /dump/", &[byte][..], b"a HTTP/1.1\r\nHost: a"].concat();
        refused(rig, &w, &head)?;
    }
    Ok(())
}

fn without_path(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    let r = w.get("http://other.example?x=1")?;
    check_eq!(r.status, 200, "status");
    if rig.mode() == Http {
        let hits = rig.evidence("hits");
        check!(
            hits.contains("GET /?x=1\n"),
            "the child was asked for {hits}"
        );
    } else {
        check_eq!(told(rig, &r), "/?x=1", "path and query told");
    }
    Ok(())
}

fn absolute_bad(rig: &mut Rig) -> Outcome {
    let w = tell(rig)?;
    for target in [
        "http:///dump",
        "http://",
        "http://[::1/dump",
        "http://a:b/dump",
    ] {
        refused(
            rig,
            &w,
            format!("GET {target} HTTP/1.1\r\nHost: a").as_bytes(),
        )?;
    }
    Ok(())
}

fn host_malformed(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for host in [
        &b"a b"[..],
        b"a/b",
        b"a\tb",
        b"\xff",
        b"a\"",
        b"a<b",
        b"a\\b",
    ] {
        refused(rig, &w, &[b"GET /echo HTTP/1.1\r\nHost: ", host].concat())?;
    }
    Ok(())
}

fn host_grammar(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for host in [
        "a:x", "a:1:2", "[::1", "[::1]a", "[a]", "u@a", "a%zz", "a?b", "a#b",
    ] {
        refused(
            rig,
            &w,
            format!("GET /echo HTTP/1.1\r\nHost: {host}").as_bytes(),
        )?;
    }
    Ok(())
}

fn host_proper(rig: &mut Rig) -> Outcome {
    let w = start(rig)?;
    for host in [
        "",
        "a",
        "a_b.example:80",
        "127.0.0.1:1",
        "[::1]",
        "[2001:db8::1]:8080",
        "a:",
        "%41",
        "a.example.",
        "!$&'()*+,;=~",
    ] {
        let mut wire = w.connect()?;
        wire.send(
            format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\nx").as_bytes(),
        )?;
        let r = wire.read_response()?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "x"),
            "answer to {host:?}"
        );
    }
    Ok(())
}
