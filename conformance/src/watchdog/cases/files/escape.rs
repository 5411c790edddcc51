//! Ways out of the directory, and things in it that are no files.
//! It knows encodings of dots, links and pipes.
//! It refuses what is merely missing: `content`.

use std::fs;
use std::os::unix::fs::symlink;

use crate::watchdog::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "files/dot-dot",
        "WD-8.3",
        "dots, in any encoding, do not leave the root",
    )
    .modes(&[Static])
    .run(dot_dot),
    Case::must(
        "files/dot-dot-directories",
        "WD-8.3",
        "nor do they list or find directories above it",
    )
    .modes(&[Static])
    .run(dot_dot_directories),
    Case::must(
        "files/absolute",
        "WD-8.3",
        "absolute names and targets do not leave the root",
    )
    .modes(&[Static])
    .run(absolute),
    Case::must(
        "files/bad-escape",
        "WD-8.2",
        "broken percent-encodings and zero bytes are refused",
    )
    .modes(&[Static])
    .run(bad_escape),
    Case::must(
        "files/link-out",
        "WD-8.3",
        "links that lead out of the root are not followed",
    )
    .modes(&[Static])
    .bugs(&["BUG-45"])
    .run(link_out),
    Case::must(
        "files/link-within",
        "WD-8.1",
        "links that stay within the root are followed",
    )
    .modes(&[Static])
    .run(link_within),
    Case::must(
        "files/link-out-asked-for",
        "WD-8.3",
        "static_symlinks follows links out of the root",
    )
    .modes(&[Static])
    .feature("static-hardening")
    .run(link_out_asked_for),
    Case::must(
        "files/link-swapped",
        "WD-8.3",
        "a file replaced by a link out of the root is gone",
    )
    .modes(&[Static])
    .bugs(&["BUG-45"])
    .run(link_swapped),
    Case::must(
        "files/link-loop",
        "WD-8.2",
        "links in a circle and dangling ones are an error, not a hang",
    )
    .modes(&[Static])
    .run(link_loop),
    Case::must(
        "files/fifo",
        "WD-8.11",
        "a pipe among the files is missing, and holds nobody up",
    )
    .modes(&[Static])
    .run(fifo),
    Case::must(
        "files/root-is-a-link",
        "WD-8.1",
        "static_path itself may be a link",
    )
    .modes(&[Static])
    .run(root_is_a_link),
];

const SECRET: &str = "top secret";

/// A file beside the root, and one in it.
fn plant(rig: &Rig) -> Outcome {
    rig.write("secret.txt", SECRET)?;
    rig.write("outside/secret.txt", SECRET)?;
    rig.write("public/a/ok.txt", "ok")?;
    Ok(())
}

/// No answer to `target` gives the secret away.
fn safe(w: &Watchdog, target: &str) -> Outcome {
    let r = w.get(target)?;
    check!(r.status >= 300, "{target} is a {}", r.status);
    check!(!r.text().contains(SECRET), "{target} left the root");
    Ok(())
}

fn dot_dot(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let w = rig.watchdog().start()?;
    for target in [
        "/../secret.txt",
        "/a/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/..%252fsecret.txt",
        "/..%c0%afsecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%ef%bc%8e%ef%bc%8e/secret.txt",
        "/a/....//secret.txt",
        "/..;/secret.txt",
        "/./../secret.txt",
        "//../secret.txt",
        "/..%00/secret.txt",
        "/public/../../secret.txt",
        "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    ] {
        safe(&w, target)?;
    }
    check_eq!(w.get("/a/ok.txt")?.text(), "ok", "a file that is there");
    Ok(())
}

fn dot_dot_directories(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let w = rig.watchdog().start()?;
    for target in [
        "/%2e%2e/",
        "/..%2f",
        "/%2e%2e",
        "/a/%2e%2e/%2e%2e/outside/",
        "/..%2foutside%2f",
    ] {
        let r = w.get(target)?;
        check!(
            !r.text().contains("secret.txt"),
            "{target} lists what is above the root"
        );
    }
    Ok(())
}

fn absolute(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let w = rig.watchdog().start()?;
    let path = rig.file("secret.txt").display().to_string();
    let encoded = path.replace('/', "%2F");
    for target in [
        path.clone(),
        format!("/{path}"),
        format!("/{encoded}"),
        format!("//{encoded}"),
        format!("/file:%2F%2F{encoded}"),
        format!("http://localhost{path}"),
        "http://localhost/../secret.txt".to_owned(),
    ] {
        safe(&w, &target)?;
    }
    Ok(())
}

fn bad_escape(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let w = rig.watchdog().start()?;
    for target in [
        "/%",
        "/%4",
        "/%zz",
        "/a/ok.txt%",
        "/a%00",
        "/a/ok.txt%00.html",
    ] {
        let r = w.get(target)?;
        check!(
            (400..500).contains(&r.status) || r.status == 301,
            "{target} is a {}",
            r.status
        );
        check!(r.text() != "ok", "{target} is served");
    }
    check_eq!(w.get("/a/ok.txt")?.text(), "ok", "a file that is there");
    Ok(())
}

fn link_out(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let root = rig.file("public");
    symlink("../secret.txt", root.join("relative.txt"))?;
    symlink(rig.file("secret.txt"), root.join("absolute.txt"))?;
    symlink(rig.file("outside"), root.join("directory"))?;
    symlink("/", root.join("system"))?;
    symlink("relative.txt", root.join("twice.txt"))?;
    let w = rig.watchdog().start()?;
    for target in [
        "/relative.txt",
        "/absolute.txt",
        "/directory/secret.txt",
        "/twice.txt",
        "/system/etc/passwd",
        "/system/etc/hostname",
    ] {
        safe(&w, target)?;
    }
    Ok(())
}

fn link_within(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let root = rig.file("public");
    symlink("a/ok.txt", root.join("alias.txt"))?;
    symlink("a", root.join("b"))?;
    symlink("../a/ok.txt", root.join("a/up-and-down.txt"))?;
    let w = rig.watchdog().start()?;
    for target in ["/alias.txt", "/b/ok.txt", "/a/up-and-down.txt"] {
        let r = w.get(target)?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ok"),
            "answer of {target}"
        );
    }
    Ok(())
}

fn link_out_asked_for(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    symlink(rig.file("secret.txt"), rig.file("public/absolute.txt"))?;
    symlink(rig.file("outside"), rig.file("public/directory"))?;
    let w = rig.watchdog().env("static_symlinks", "true").start()?;
    for target in ["/absolute.txt", "/directory/secret.txt"] {
        check_eq!(w.get(target)?.text(), SECRET, "answer of {target}");
    }
    safe(&w, "/..%2fsecret.txt")
}

fn link_swapped(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    let w = rig.watchdog().start()?;
    check_eq!(w.get("/a/ok.txt")?.text(), "ok", "the file");
    fs::rename(rig.file("public/a"), rig.file("public/old"))?;
    symlink(rig.file("outside"), rig.file("public/a"))?;
    safe(&w, "/a/secret.txt")
}

fn link_loop(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    symlink("loop-b", rig.file("public/loop-a"))?;
    symlink("loop-a", rig.file("public/loop-b"))?;
    symlink("nowhere", rig.file("public/dangling"))?;
    let w = rig.watchdog().start()?;
    for target in ["/loop-a", "/loop-a/x", "/dangling"] {
        let r = w.get(target)?;
        check!(r.status >= 400, "{target} is a {}", r.status);
    }
    Ok(())
}

fn fifo(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    nix::unistd::mkfifo(
        &rig.file("public/pipe"),
        nix::sys::stat::Mode::from_bits_truncate(0o644),
    )
    .map_err(|e| Failure::fault(format!("mkfifo: {e}")))?;
    let w = rig.watchdog().start()?;
    let mut wire = w.connect()?;
    wire.set_timeout(rig.timeout(5.0))?;
    for _ in 0..3 {
        check_eq!(wire.exchange(&Request::get("/pipe"))?.status, 404, "status");
    }
    check_eq!(w.get("/a/ok.txt")?.text(), "ok", "a file beside it");
    Ok(())
}

fn root_is_a_link(rig: &mut Rig) -> Outcome {
    plant(rig)?;
    symlink(rig.file("public"), rig.file("link"))?;
    let root = rig.file("link").display().to_string();
    let w = rig.watchdog().env("static_path", &root).start()?;
    check_eq!(w.get("/a/ok.txt")?.text(), "ok", "a file");
    drop(w);
    let w = rig.watchdog().env("static_path", "public").start()?;
    check_eq!(
        w.get("/a/ok.txt")?.text(),
        "ok",
        "a file of a relative root"
    );
    Ok(())
}
