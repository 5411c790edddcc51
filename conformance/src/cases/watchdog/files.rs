//! Chapter 8: the file server.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses anything a function does.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: "files",
    title: "Mode static",
    intro: "Files below `static_path` are served.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-8.1",
        "A file is served with its type, length and modification time.",
    ),
    Clause::must("WD-8.2", "A missing file is a 404."),
    Clause::must("WD-8.3", "Nothing outside `static_path` can be reached."),
    Clause::must("WD-8.4", "A single range of bytes is a 206 with that part."),
];

const CASES: &[Case] = &[
    Case::must(
        "files/serve",
        "WD-8.1",
        "a file arrives with type, length and time",
    )
    .modes(&[Static])
    .run(serve),
    Case::must("files/missing", "WD-8.2", "a missing file is a 404")
        .modes(&[Static])
        .run(missing),
    Case::must(
        "files/dot-dot",
        "WD-8.3",
        "dots and encoded dots do not leave the root",
    )
    .modes(&[Static])
    .run(dot_dot),
    Case::must("files/range", "WD-8.4", "a range is a 206")
        .modes(&[Static])
        .run(range),
];

fn serve(rig: &mut Rig) -> Outcome {
    rig.write("public/a/page.html", "<p>hi")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/a/page.html")?;
    check_eq!((r.status, r.text().as_str()), (200, "<p>hi"), "answer");
    check!(
        r.header("content-type")
            .is_some_and(|t| t.starts_with("text/html")),
        "type"
    );
    check_eq!(r.framing, Framing::Length(5), "framing");
    check!(r.headers.has("last-modified"), "no Last-Modified");
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().start()?;
    check_eq!(w.get("/nothing")?.status, 404, "status");
    Ok(())
}

fn dot_dot(rig: &mut Rig) -> Outcome {
    rig.write("secret.txt", "secret")?;
    rig.write("public/ok.txt", "ok")?;
    let w = rig.watchdog().start()?;
    for target in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
    ] {
        let r = w.get(target)?;
        check!(
            r.status >= 300 && !r.text().contains("secret\n"),
            "{target} gave {}",
            r.status
        );
        check!(r.text() != "secret", "{target} left the root");
    }
    Ok(())
}

fn range(rig: &mut Rig) -> Outcome {
    rig.write("public/digits", "0123456789")?;
    let w = rig.watchdog().start()?;
    let r = w.request(Request::get("/digits").header("Range", "bytes=2-4"))?;
    check_eq!((r.status, r.text().as_str()), (206, "234"), "answer");
    check_eq!(
        r.header("content-range"),
        Some("bytes 2-4/10"),
        "Content-Range"
    );
    Ok(())
}
