//! Whole files.
//! It knows types, lengths, times, and files that change.
//! It refuses parts and conditions: `range`, `condition`.

use std::fs::{self, File};

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "files/serve",
        "WD-8.1",
        "a file arrives with type, length and time",
    )
    .modes(&[Static])
    .run(serve),
    Case::must(
        "files/types",
        "WD-8.1",
        "the name tells the type, in any case of letters",
    )
    .modes(&[Static])
    .run(types),
    Case::must(
        "files/types-by-content",
        "WD-8.1",
        "without an ending the content tells the type",
    )
    .modes(&[Static])
    .run(types_by_content),
    Case::must(
        "files/last-modified",
        "WD-8.1",
        "Last-Modified is the time of the file",
    )
    .modes(&[Static])
    .run(last_modified),
    Case::must("files/head", "WD-8.1", "HEAD has the same head and no body")
        .modes(&[Static])
        .run(head),
    Case::must(
        "files/empty",
        "WD-8.1",
        "an empty file is a 200 of length 0",
    )
    .modes(&[Static])
    .run(empty),
    Case::must(
        "files/large",
        "WD-8.1",
        "a file of 60 MB arrives exactly, and costs no memory",
    )
    .modes(&[Static])
    .seconds(60)
    .run(large),
    Case::must(
        "files/sizes",
        "WD-8.1",
        "files around every buffer's size arrive exactly",
    )
    .modes(&[Static])
    .run(sizes),
    Case::must(
        "files/names",
        "WD-8.1",
        "names with blanks, letters beyond ASCII and signs are found by their encoding",
    )
    .modes(&[Static])
    .run(names),
    Case::must(
        "files/fresh",
        "WD-8.1",
        "a file that was replaced is served anew",
    )
    .modes(&[Static])
    .run(fresh),
    Case::must("files/missing", "WD-8.2", "a missing file is a 404")
        .modes(&[Static])
        .run(missing),
    Case::must(
        "files/truncated",
        "WD-8.12",
        "a file that becomes shorter cuts the answer",
    )
    .modes(&[Static])
    .run(truncated),
    Case::must(
        "files/methods",
        "WD-8.10",
        "other methods are a 405 that says which are allowed",
    )
    .modes(&[Static])
    .bugs(&["BUG-45"])
    .run(methods),
    Case::must(
        "files/no-function-headers",
        "WD-8.1",
        "a file is not marked as an answer in the function's place",
    )
    .modes(&[Static])
    .run(no_function_headers),
    Case::must(
        "files/keep-alive",
        "WD-8.1",
        "one connection serves files, misses and redirects",
    )
    .modes(&[Static])
    .run(keep_alive),
    Case::must(
        "files/concurrency",
        "WD-8.1",
        "thirty clients at once get what they asked for, and no descriptor stays open",
    )
    .modes(&[Static])
    .run(concurrency),
    Case::must(
        "files/left",
        "WD-8.1",
        "clients that leave do not keep files open",
    )
    .modes(&[Static])
    .run(left),
    Case::must(
        "files/no-directory",
        "WD-8.13",
        "a missing static_path ends the start with an error that names it",
    )
    .modes(&[Static])
    .run(no_directory),
    Case::must(
        "files/empty-directory",
        "WD-8.2",
        "an empty directory is served: everything is missing, the watchdog healthy",
    )
    .modes(&[Static])
    .run(empty_directory),
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
    check_eq!(r.header("accept-ranges"), Some("bytes"), "Accept-Ranges");
    Ok(())
}

fn types(rig: &mut Rig) -> Outcome {
    let wanted = [
        ("a.html", "text/html"),
        ("a.HTM", "text/html"),
        ("a.css", "text/css"),
        ("a.js", "text/javascript"),
        ("a.mjs", "javascript"),
        ("a.json", "application/json"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.gif", "image/gif"),
        ("a.webp", "image/webp"),
        ("a.pdf", "application/pdf"),
        ("a.wasm", "application/wasm"),
        ("a.xml", "xml"),
        ("a.txt", "text/plain"),
    ];
    for (name, _) in wanted {
        rig.write(&format!("public/{name}"), "content")?;
    }
    let w = rig.watchdog().start()?;
    for (name, want) in wanted {
        let r = w.get(&format!("/{name}"))?;
        let got = r.header("content-type").unwrap_or_default();
        check!(got.contains(want), "{name} has the type {got}");
        let text = got.starts_with("text/") && want != "xml";
        check!(
            !text || got.to_lowercase().contains("charset=utf-8"),
            "{name} has no charset: {got}"
        );
    }
    Ok(())
}

fn types_by_content(rig: &mut Rig) -> Outcome {
    let wanted: &[(&str, &[u8], &str)] = &[
        ("page", b"<!DOCTYPE html><p>", "text/html; charset=utf-8"),
        ("words", b"just words", "text/plain; charset=utf-8"),
        ("image", b"\x89PNG\r\n\x1a\n0000", "image/png"),
        ("bytes", b"\0\x01\x02\x03", "application/octet-stream"),
    ];
    for (name, content, _) in wanted {
        rig.write(&format!("public/{name}"), content)?;
    }
    let w = rig.watchdog().start()?;
    for (name, content, kind) in wanted {
        let r = w.get(&format!("/{name}"))?;
        check_eq!(r.header("content-type"), Some(*kind), "type of {name}");
        check_eq!(r.body, *content, "content of {name}");
    }
    Ok(())
}

/// Sets the time of a file to a known one.
pub(super) const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

pub(super) fn write_then(rig: &Rig, name: &str, content: &[u8]) -> Outcome {
    let path = rig.write(name, content)?;
    let then = std::time::UNIX_EPOCH + Duration::from_secs(784_111_777);
    File::options().write(true).open(path)?.set_modified(then)?;
    Ok(())
}

fn last_modified(rig: &mut Rig) -> Outcome {
    write_then(rig, "public/old.txt", b"old")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/old.txt")?;
    check_eq!(r.header("last-modified"), Some(THEN), "Last-Modified");
    Ok(())
}

fn head(rig: &mut Rig) -> Outcome {
    write_then(rig, "public/a.txt", b"0123456789")?;
    let w = rig.watchdog().start()?;
    let mut wire = w.connect()?;
    let head = wire.exchange(&Request::new("HEAD", "/a.txt"))?;
    let get = wire.exchange(&Request::get("/a.txt"))?;
    check_eq!(get.text(), "0123456789", "body after HEAD");
    for name in [
        "content-type",
        "content-length",
        "last-modified",
        "etag",
        "accept-ranges",
    ] {
        check_eq!(head.header(name), get.header(name), "{name}");
    }
    check_eq!(
        w.request(Request::new("HEAD", "/missing"))?.status,
        404,
        "status of a miss"
    );
    Ok(())
}

fn empty(rig: &mut Rig) -> Outcome {
    rig.write("public/empty.txt", "")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/empty.txt")?;
    check_eq!((r.status, r.framing), (200, Framing::Length(0)), "answer");
    Ok(())
}

fn large(rig: &mut Rig) -> Outcome {
    let want = Pattern::new(11, 60_000_000);
    let path = rig.write("public/large.bin", "")?;
    want.write_to(&mut File::create(path)?, false)?;
    let w = rig.watchdog().start()?;
    let before = w.rss();
    let r = w.request_pattern(&Request::get("/large.bin"), want)?;
    check_eq!(r.framing, Framing::Length(60_000_000), "framing");
    let grown = w.peak_rss().saturating_sub(before);
    check!(grown < 30_000_000, "{grown} bytes of memory");
    Ok(())
}

fn sizes(rig: &mut Rig) -> Outcome {
    let sizes = [
        1, 511, 512, 513, 4096, 16_384, 65_535, 65_536, 65_537, 131_072, 200_001,
    ];
    for size in sizes {
        let content = Pattern::new(size, size).bytes();
        rig.write(&format!("public/{size}.bin"), content)?;
    }
    let w = rig.watchdog().start()?;
    for size in sizes {
        let r = w.request_pattern(
            &Request::get(&format!("/{size}.bin")),
            Pattern::new(size, size),
        )?;
        check_eq!(r.framing, Framing::Length(size), "framing");
    }
    Ok(())
}

fn names(rig: &mut Rig) -> Outcome {
    let names = [
        ("with blank.txt", "/with%20blank.txt"),
        ("gr\u{fc}n.txt", "/gr%C3%BCn.txt"),
        ("a+b.txt", "/a+b.txt"),
        ("100%.txt", "/100%25.txt"),
        ("a;b=c,d.txt", "/a;b=c,d.txt"),
        ("q?x.txt", "/q%3Fx.txt"),
        ("a:b.txt", "/a:b.txt"),
        ("back\\slash.txt", "/back%5Cslash.txt"),
    ];
    for (name, _) in names {
        rig.write(&format!("public/{name}"), name)?;
    }
    let w = rig.watchdog().start()?;
    for (name, target) in names {
        let r = w.get(&format!("{target}?query=ignored"))?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, name),
            "answer of {target}"
        );
    }
    Ok(())
}

fn fresh(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().start()?;
    for content in ["first", "second, longer", "3"] {
        rig.write("public/a.txt", content)?;
        check_eq!(w.get("/a.txt")?.text(), content, "content");
    }
    fs::remove_file(rig.file("public/a.txt"))?;
    check_eq!(w.get("/a.txt")?.status, 404, "status after removal");
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    rig.write("public/a.txt", "a")?;
    let w = rig.watchdog().start()?;
    for target in [
        "/nothing",
        "/a.txt.txt",
        "/a.tx",
        "/no/where/",
        "/a.txt/b",
        "/A.TXT",
    ] {
        let r = w.get(target)?;
        check_eq!(r.status, 404, "status of {target}");
        check_eq!(r.text(), "404 page not found\n", "body of {target}");
    }
    Ok(())
}

fn truncated(rig: &mut Rig) -> Outcome {
    let path = rig.write("public/shrinks.bin", "")?;
    let file = File::create(path)?;
    file.set_len(100_000_000)?;
    let w = rig.watchdog().start()?;
    let mut wire = w.connect()?;
    wire.send_request(&Request::get("/shrinks.bin"))?;
    check_eq!(
        wire.read_head()?.framing,
        Framing::Length(100_000_000),
        "framing"
    );
    file.set_len(1000)?;
    wire.read_body()?;
    check!(
        !wire.end().is_clean(),
        "the answer ended as if it were complete"
    );
    Ok(())
}

fn methods(rig: &mut Rig) -> Outcome {
    rig.write("public/a.txt", "a")?;
    let w = rig.watchdog().start()?;
    for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        let r = w.request(Request::new(method, "/a.txt").body("x"))?;
        check_eq!(r.status, 405, "status of {method}");
        check!(
            r.headers.lists("allow", "GET") && r.headers.lists("allow", "HEAD"),
            "no Allow: {:?}",
            r.header("allow")
        );
    }
    check_eq!(rig.evidence("public/a.txt"), "a", "content of the file");
    Ok(())
}

fn no_function_headers(rig: &mut Rig) -> Outcome {
    rig.write("public/a.txt", "a")?;
    let w = rig.watchdog().start()?;
    for target in ["/a.txt", "/missing"] {
        let r = w.get(target)?;
        for name in ["x-openfaas-internal", "x-duration-seconds"] {
            check!(!r.headers.has(name), "{name} on {target}");
        }
    }
    Ok(())
}

fn keep_alive(rig: &mut Rig) -> Outcome {
    rig.write("public/d/index.html", "index")?;
    let w = rig.watchdog().start()?;
    let mut wire = w.connect()?;
    for _ in 0..5 {
        for (target, status) in [("/d/", 200), ("/d", 301), ("/missing", 404)] {
            check_eq!(
                wire.exchange(&Request::get(target))?.status,
                status,
                "{target}"
            );
        }
    }
    Ok(())
}

fn concurrency(rig: &mut Rig) -> Outcome {
    for seed in 0..30_u64 {
        let content = Pattern::new(seed, 150_000 + seed).bytes();
        rig.write(&format!("public/{seed}.bin"), content)?;
    }
    let w = rig.watchdog().start()?;
    let before = w.open_fds();
    let answers = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..30_u64)
            .map(|seed| {
                let w = &w;
                scope.spawn(move || {
                    let request = Request::get(&format!("/{seed}.bin"));
                    w.request_pattern(&request, Pattern::new(seed, 150_000 + seed))
                })
            })
            .collect();
        clients
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect::<Vec<_>>()
    });
    for answer in answers {
        answer.map_err(|_| Failure::fault("a client panicked"))??;
    }
    rig.poll(10.0, "all files closed", || {
        (w.open_fds() <= before + 2).then_some(())
    })
}

fn left(rig: &mut Rig) -> Outcome {
    let path = rig.write("public/large.bin", "")?;
    File::create(path)?.set_len(50_000_000)?;
    let w = rig.watchdog().start()?;
    let before = w.open_fds();
    for _ in 0..5 {
        let mut wire = w.connect()?;
        wire.send_request(&Request::get("/large.bin"))?;
        wire.read_head()?;
        wire.reset()?;
    }
    rig.poll(10.0, "all files closed", || {
        (w.open_fds() <= before + 2).then_some(())
    })
}

fn no_directory(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().env("static_path", "/nonexistent/public");
    let exit = setup.run_to_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("/nonexistent/public"),
        "the directory is not named: {}",
        exit.stderr
    );
    Ok(())
}

fn empty_directory(rig: &mut Rig) -> Outcome {
    let w = rig.watchdog().start()?;
    check_eq!(w.get("/a")?.status, 404, "status");
    check_eq!(w.get("/_/health")?.status, 200, "health");
    Ok(())
}
