//! What a target stands for: indexes, redirects, lists, the fallback.
//! It knows directories.
//! It refuses attacks: `escape`.

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must("files/index", "WD-8.8", "a directory stands for its index")
        .modes(&[Static])
        .run(index),
    Case::must(
        "files/redirects",
        "WD-8.8",
        "directories, indexes and files have one address each",
    )
    .modes(&[Static])
    .run(redirects),
    Case::must(
        "files/raw-target",
        "WD-2.23",
        "a raw target finds the file of that name, and a redirect of it is a proper URL",
    )
    .modes(&[Static])
    .run(raw_target),
    Case::must(
        "files/redirect-query",
        "WD-8.8",
        "a redirect keeps the query",
    )
    .modes(&[Static])
    .run(redirect_query),
    Case::must(
        "files/redirect-stays-here",
        "WD-8.8",
        "no target turns a redirect into one to another host",
    )
    .modes(&[Static])
    .run(redirect_stays_here),
    Case::must(
        "files/no-listing",
        "WD-8.9",
        "a directory without an index is missing",
    )
    .modes(&[Static])
    .bugs(&["BUG-45"])
    .run(no_listing),
    Case::must(
        "files/listing",
        "WD-8.9",
        "static_listing lists names safely, hidden ones left out",
    )
    .modes(&[Static])
    .feature("static-hardening")
    .run(listing),
    Case::must(
        "files/dotfiles",
        "WD-8.9",
        "names with a leading dot are missing, at any depth and in any encoding",
    )
    .modes(&[Static])
    .bugs(&["BUG-45"])
    .run(dotfiles),
    Case::must(
        "files/dotfiles-asked-for",
        "WD-8.9",
        "static_dotfiles serves them",
    )
    .modes(&[Static])
    .feature("static-hardening")
    .run(dotfiles_asked_for),
    Case::must(
        "files/fallback",
        "WD-8.14",
        "missing pages are the fallback with 200, missing assets a 404",
    )
    .modes(&[Static])
    .feature("spa-fallback")
    .run(fallback),
    Case::must(
        "files/fallback-missing",
        "WD-8.14",
        "a fallback that is not there is an error at start",
    )
    .modes(&[Static])
    .feature("spa-fallback")
    .run(fallback_missing),
];

fn index(rig: &mut Rig) -> Outcome {
    rig.write("public/index.html", "root")?;
    rig.write("public/sub/index.html", "sub")?;
    let w = rig.watchdog().start()?;
    for (target, body) in [("/", "root"), ("/?x=1", "root"), ("/sub/", "sub")] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, body),
            "answer of {target}"
        );
        let kind = r.header("content-type").unwrap_or_default();
        check!(kind.starts_with("text/html"), "type {kind} of {target}");
    }
    Ok(())
}

fn redirects(rig: &mut Rig) -> Outcome {
    rig.write("public/index.html", "root")?;
    rig.write("public/sub/index.html", "sub")?;
    rig.write("public/with blank/index.html", "blank")?;
    rig.write("public/a.txt", "a")?;
    let w = rig.watchdog().start()?;
    for (target, location) in [
        ("/sub", "sub/"),
        ("/index.html", "./"),
        ("/sub/index.html", "./"),
        ("/with%20blank", "with%20blank/"),
        ("/a.txt/", "../a.txt"),
    ] {
        let r = w.get(target)?;
        check_eq!(r.status, 301, "status of {target}");
        check_eq!(r.header("location"), Some(location), "Location of {target}");
    }
    Ok(())
}

fn raw_target(rig: &mut Rig) -> Outcome {
    rig.write("public/a\"b<c>#d", "file")?;
    rig.write("public/\u{e4}\"/index.html", "folder")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/a\"b<c>#d")?;
    check_eq!((r.status, r.text().as_str()), (200, "file"), "answer");
    let r = w.get("/\u{e4}\"?\"")?;
    let location = r.header("location");
    check_eq!(location, Some("%C3%A4%22/?%22"), "Location");
    check_eq!(w.get("/%C3%A4%22/?%22")?.text(), "folder", "what is there");
    Ok(())
}

fn redirect_query(rig: &mut Rig) -> Outcome {
    rig.write("public/sub/index.html", "sub")?;
    let w = rig.watchdog().start()?;
    let r = w.get("/sub?x=1&y=%20")?;
    check_eq!(r.header("location"), Some("sub/?x=1&y=%20"), "Location");
    Ok(())
}

fn redirect_stays_here(rig: &mut Rig) -> Outcome {
    rig.write("public/evil.example/index.html", "x")?;
    let w = rig.watchdog().start()?;
    for target in [
        "//evil.example",
        "//evil.example/..",
        "/%2Fevil.example",
        "///evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "//evil.example/%2e%2e",
    ] {
        let r = w.get(target)?;
        let location = r.header("location").unwrap_or_default();
        check!(
            !location.starts_with("//") && !location.starts_with("/\\") && !location.contains(":/"),
            "{target} is redirected to {location}"
        );
    }
    Ok(())
}

fn no_listing(rig: &mut Rig) -> Outcome {
    rig.write("public/sub/secret-name.txt", "x")?;
    let w = rig.watchdog().start()?;
    for target in ["/", "/sub/"] {
        let r = w.get(target)?;
        check_eq!(r.status, 404, "status of {target}");
        check!(
            !r.text().contains("secret-name"),
            "{target} lists its files"
        );
    }
    Ok(())
}

fn listing(rig: &mut Rig) -> Outcome {
    rig.write("public/a b.txt", "x")?;
    rig.write("public/<script>.txt", "x")?;
    rig.write("public/.hidden", "x")?;
    rig.write("public/sub/x.txt", "x")?;
    rig.write("public/with-index/index.html", "index")?;
    let w = rig.watchdog().env("static_listing", "true").start()?;
    let r = w.get("/")?;
    check_eq!(r.status, 200, "status");
    let text = r.text();
    for part in ["a%20b.txt", "sub/", "&lt;script"] {
        check!(text.contains(part), "no {part} in {text}");
    }
    for part in ["<script>", ".hidden"] {
        check!(!text.contains(part), "{part} in {text}");
    }
    check_eq!(
        w.get("/with-index/")?.text(),
        "index",
        "a directory with an index"
    );
    Ok(())
}

fn dotfiles(rig: &mut Rig) -> Outcome {
    rig.write("public/.env", "secret")?;
    rig.write("public/.git/config", "secret")?;
    rig.write("public/a/.b/c.txt", "secret")?;
    let w = rig.watchdog().start()?;
    for target in [
        "/.env",
        "/%2Eenv",
        "/.git/config",
        "/.git/",
        "/.git",
        "/a/.b/c.txt",
        "/a%2F.b%2Fc.txt",
    ] {
        let r = w.get(target)?;
        check_eq!(r.status, 404, "status of {target}");
        check!(r.text() != "secret", "{target} is served");
    }
    Ok(())
}

fn dotfiles_asked_for(rig: &mut Rig) -> Outcome {
    rig.write("public/.well-known/security.txt", "contact")?;
    let w = rig.watchdog().env("static_dotfiles", "true").start()?;
    let r = w.get("/.well-known/security.txt")?;
    check_eq!((r.status, r.text().as_str()), (200, "contact"), "answer");
    for target in ["/../public/.well-known/security.txt", "/./a"] {
        check!(w.get(target)?.status >= 300, "{target} is served");
    }
    Ok(())
}

fn fallback(rig: &mut Rig) -> Outcome {
    rig.write("public/index.html", "app")?;
    rig.write("public/real.txt", "real")?;
    let w = rig
        .watchdog()
        .env("static_fallback", "index.html")
        .start()?;
    for target in ["/", "/users/7", "/users/7/", "/a/b?c=d"] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "app"),
            "answer of {target}"
        );
        let kind = r.header("content-type").unwrap_or_default();
        check!(kind.starts_with("text/html"), "type {kind} of {target}");
    }
    check_eq!(w.get("/real.txt")?.text(), "real", "a file that is there");
    for target in ["/missing.js", "/img/missing.png", "/.env", "/../x"] {
        check!(w.get(target)?.status >= 300, "{target} is the fallback");
    }
    Ok(())
}

fn fallback_missing(rig: &mut Rig) -> Outcome {
    rig.write("public/a.txt", "a")?;
    let setup = rig.watchdog().env("static_fallback", "nothing.html");
    let exit = setup.run_to_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("nothing.html"),
        "not named: {}",
        exit.stderr
    );
    Ok(())
}
