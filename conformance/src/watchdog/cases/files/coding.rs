//! Compressed siblings.
//! It knows `Accept-Encoding` and what caches must be told.
//! It refuses compression itself: there is none.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "files/precompressed",
        "WD-8.7",
        "the preferred coding is served under the file's own type",
    )
    .modes(&[Static])
    .feature("precompressed")
    .run(precompressed),
    Case::must(
        "files/precompressed-weights",
        "WD-8.7",
        "weights choose between codings and exclude them",
    )
    .modes(&[Static])
    .feature("precompressed")
    .run(weights),
    Case::must(
        "files/precompressed-tags",
        "WD-8.7",
        "each coding has a tag of its own, and a known one is a 304",
    )
    .modes(&[Static])
    .feature("precompressed")
    .run(tags),
    Case::must(
        "files/precompressed-missing",
        "WD-8.7",
        "without a sibling the file itself is served, with Vary all the same",
    )
    .modes(&[Static])
    .feature("precompressed")
    .run(missing),
    Case::must(
        "files/compressed-by-name",
        "WD-8.1",
        "a compressed file asked for by its own name is a file like any other",
    )
    .modes(&[Static])
    .run(by_name),
];

/// A subject with `/app.js` in three codings.
fn app(rig: &Rig) -> Result<Watchdog, Failure> {
    rig.write("public/app.js", "plain")?;
    rig.write("public/app.js.br", "as br")?;
    rig.write("public/app.js.gz", "as gz")?;
    rig.watchdog().start()
}

fn ask(w: &Watchdog, accept: &str) -> Result<Response, Failure> {
    w.request(Request::get("/app.js").header("Accept-Encoding", accept))
}

fn precompressed(rig: &mut Rig) -> Outcome {
    let w = app(rig)?;
    for (accept, body, coding) in [
        ("gzip, deflate, br", "as br", Some("br")),
        ("gzip", "as gz", Some("gzip")),
        ("identity", "plain", None),
        ("zstd", "plain", None),
    ] {
        let r = ask(&w, accept)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, body),
            "answer to {accept}"
        );
        check_eq!(r.header("content-encoding"), coding, "coding for {accept}");
        check!(
            r.headers.lists("vary", "accept-encoding"),
            "no Vary for {accept}"
        );
        let kind = r.header("content-type").unwrap_or_default();
        check!(
            kind.starts_with("text/javascript"),
            "type {kind} for {accept}"
        );
        check_eq!(r.framing, Framing::Length(5), "framing for {accept}");
    }
    check_eq!(
        w.get("/app.js")?.text(),
        "plain",
        "answer without Accept-Encoding"
    );
    Ok(())
}

fn weights(rig: &mut Rig) -> Outcome {
    let w = app(rig)?;
    for (accept, body) in [
        ("br;q=0.5, gzip;q=0.9", "as gz"),
        ("br;q=0, gzip", "as gz"),
        ("br;q=0, gzip;q=0", "plain"),
        ("*", "as br"),
        ("*;q=0.5, br;q=0", "as gz"),
        ("GZIP", "as gz"),
        ("gzip; q=0.1, identity", "plain"),
        ("", "plain"),
    ] {
        check_eq!(ask(&w, accept)?.text(), body, "answer to {accept:?}");
    }
    Ok(())
}

fn tags(rig: &mut Rig) -> Outcome {
    let w = app(rig)?;
    let mut seen = Vec::new();
    for accept in ["br", "gzip", "identity"] {
        let r = ask(&w, accept)?;
        let tag = r.header("etag").unwrap_or_default().to_owned();
        check!(!seen.contains(&tag), "{tag} for two codings");
        let request = Request::get("/app.js")
            .header("Accept-Encoding", accept)
            .header("If-None-Match", &tag);
        let r = w.request(request)?;
        check_eq!(r.status, 304, "status of a known tag");
        check!(
            r.headers.lists("vary", "accept-encoding"),
            "no Vary on a 304"
        );
        seen.push(tag);
    }
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    rig.write("public/app.js", "plain")?;
    let w = rig.watchdog().start()?;
    let r = ask(&w, "gzip, br")?;
    check_eq!(r.text(), "plain", "answer");
    check!(
        !r.headers.has("content-encoding"),
        "a coding without a sibling"
    );
    check!(r.headers.lists("vary", "accept-encoding"), "no Vary");
    Ok(())
}

fn by_name(rig: &mut Rig) -> Outcome {
    rig.write("public/archive.tar.gz", b"\x1f\x8b\x08content")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/archive.tar.gz")?;
    check_eq!(r.body, b"\x1f\x8b\x08content", "content");
    check!(!r.headers.has("content-encoding"), "a coding on an archive");
    Ok(())
}
