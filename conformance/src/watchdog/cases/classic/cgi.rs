//! Functions that say status and headers themselves (`cgi_response`).
//! It knows every fork mode.
//! It refuses the CGI variables: they are with the environment.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "classic/cgi-response",
        "WD-3.19",
        "status, headers and body come from the output",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(status),
    Case::must(
        "classic/cgi-response-line-ends",
        "WD-3.19",
        "bare newlines end lines as well",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(line_ends),
    Case::must(
        "classic/cgi-response-redirect",
        "WD-3.19",
        "a Location alone is a 302",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(redirect),
    Case::must(
        "classic/cgi-response-framing",
        "WD-3.19",
        "the function cannot break the framing of the answer",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(framing),
    Case::must(
        "classic/cgi-response-in-pieces",
        "WD-3.19",
        "a header block may come in pieces",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(pieces),
    Case::must(
        "classic/cgi-response-malformed",
        "WD-3.19",
        "output without a header block is an error of the upstream kind",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(malformed),
    Case::must(
        "classic/cgi-response-strict",
        "WD-3.23",
        "status codes, names, line ends and repeated fields as in RFC 3875, 6.3",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(strict),
    Case::must(
        "classic/cgi-response-none",
        "WD-3.23",
        "no output at all is no answer",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(none),
    Case::must(
        "classic/cgi-response-empty-field",
        "WD-3.23",
        "a field without a value counts as not sent",
    )
    .modes(FORK)
    .feature("cgi-response")
    .run(empty_field),
    Case::must(
        "classic/cgi-response-streams",
        "WD-3.19",
        "the body after the block is streamed",
    )
    .modes(&[Streaming])
    .feature("cgi-response")
    .run(streams),
];

fn start(rig: &Rig, steps: &[&str]) -> Result<Watchdog, Failure> {
    rig.watchdog()
        .fprocess(&rig.fixture("script", steps))
        .env("cgi_response", "true")
        .start()
}

fn status(rig: &mut Rig) -> Outcome {
    let block = "out:Status:%20404%20Not%20Here%0D%0AContent-Type:%20text/x-own%0D%0AX-A:%201%0D%0AX-A:%202%0D%0A%0D%0Abody";
    let w = start(rig, &[block])?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (404, "body"), "answer");
    check_eq!(r.headers.all("content-type"), ["text/x-own"], "type");
    check_eq!(r.headers.all("x-a"), ["1", "2"], "repeated header");
    check_eq!(r.header("status"), None, "header Status");
    Ok(())
}

fn line_ends(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:X-A:%201%0A%0Abody%0A%0Amore"])?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (200, "body\n\nmore"),
        "answer"
    );
    check_eq!(r.header("x-a"), Some("1"), "header");
    Ok(())
}

fn redirect(rig: &mut Rig) -> Outcome {
    let w = start(rig, &["out:Location:%20/elsewhere%0A%0A"])?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.header("location")),
        (302, Some("/elsewhere")),
        "answer"
    );
    Ok(())
}

fn framing(rig: &mut Rig) -> Outcome {
    let block = "out:Content-Length:%202%0ATransfer-Encoding:%20chunked%0AConnection:%20close%0A%0Aall%20of%20it";
    let w = start(rig, &[block])?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "all of it"), "answer");
    check_eq!(r.end, End::Clean, "end");
    Ok(())
}

fn pieces(rig: &mut Rig) -> Outcome {
    let steps = &[
        "out:Sta",
        "wait:50ms",
        "out:tus:%20202%0D",
        "wait:50ms",
        "out:%0A%0D%0Abo",
        "out:dy",
    ];
    let r = start(rig, steps)?.get("/")?;
    check_eq!((r.status, r.text().as_str()), (202, "body"), "answer");
    Ok(())
}

fn malformed(rig: &mut Rig) -> Outcome {
    for output in [
        "out:just%20words%0A%0A",
        "out:X-A:%201%0A",
        "out:Status:%20abc%0A%0A",
    ] {
        let r = start(rig, &[output])?.get("/")?;
        check_eq!(r.status, 502, "status for {output:?}");
    }
    Ok(())
}

fn strict(rig: &mut Rig) -> Outcome {
    for block in [
        "Status:%202000%20OK",
        "Status:%20200OK",
        "Status:%20101%20Switching",
        "Status:%20600%20x",
        "Status:%20200%20OK%0AStatus:%20200%20OK",
        "Content-Type:%20a/b%0AContent-Type:%20a/c",
        "Location:%20/a%0ALocation:%20/b",
        "X-A%20:%201",
        "%20X-A:%201",
        "X-A:%201%0A%20folded",
        "X(A):%201",
        "X-A:%201%0DX-B:%202",
        "X-A:%201%0D",
        "X-A:%201%0C",
    ] {
        let output = format!("out:Content-Length:%200%0D%0A{block}%0D%0A%0D%0Abody");
        let r = start(rig, &[&output])?.get("/")?;
        check_eq!(r.status, 502, "status for {block:?}");
    }
    Ok(())
}

fn none(rig: &mut Rig) -> Outcome {
    for steps in [&["wait:1ms"][..], &["out:%0D%0Abody"]] {
        let r = start(rig, steps)?.get("/")?;
        check_eq!(r.status, 502, "status for {steps:?}");
    }
    Ok(())
}

fn empty_field(rig: &mut Rig) -> Outcome {
    let w = start(
        rig,
        &["out:Status:%0ALocation:%20%0AX-A:%0AX-B:%09b%0A%0Abody"],
    )?;
    let r = w.get("/")?;
    check_eq!((r.status, r.text().as_str()), (200, "body"), "answer");
    check_eq!(r.header("location"), None, "Location");
    check_eq!(
        (r.header("x-a"), r.header("x-b")),
        (None, Some("b")),
        "fields"
    );
    Ok(())
}

fn streams(rig: &mut Rig) -> Outcome {
    let steps = &[
        "out:Status:%20201%0AContent-Type:%20text/x%0A%0Afirst",
        "until:go",
        "out:last",
    ];
    let w = start(rig, steps)?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/"))?;
    check_eq!(wire.read_head()?.status, 201, "status");
    wire.read_until(b"first")?;
    rig.write("go", "")?;
    check_eq!(wire.read_body()?, b"last", "rest of the body");
    Ok(())
}
