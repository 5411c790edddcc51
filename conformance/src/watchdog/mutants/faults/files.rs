//! Chapter 8: files.
//! It knows what servers of files get wrong.
//! It refuses to look at the files.

use super::prelude::*;

fn drop_fields(names: &'static [&'static str]) -> impl Fn(&mut Head) {
    move |head| {
        for name in names {
            head.remove(name);
        }
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "files-without-dates",
        &["WD-8.1"],
        "a file has no modification time",
        Front(Relay::new().answer(|head, _| head.remove("last-modified"))),
    ),
    mutant(
        "files-without-types",
        &["WD-8.1"],
        "every file is text",
        Front(
            Relay::new().answer(|head, _| head.change("content-type", |_| "text/plain".to_owned())),
        ),
    ),
    mutant(
        "missing-file-is-200",
        &["WD-8.2", "WD-8.11"],
        "what is missing is an empty success",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 404 {
                head.set_status("200 OK");
            }
        })),
    ),
    mutant(
        "links-lead-out",
        &["WD-8.3"],
        "links out of the directory are followed (BUG-45)",
        Around(|start| start.set("static_symlinks", "true")),
    ),
    mutant(
        "ranges-unknown",
        &["WD-8.4"],
        "ranges are not known",
        Front(Relay::new().request(|head, _| head.remove("range"))),
    ),
    mutant(
        "range-beyond-is-whole",
        &["WD-8.4"],
        "a range beyond the end is a 206",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 416 {
                head.set_status("206 Partial Content");
            }
        })),
    ),
    mutant(
        "conditions-unknown",
        &["WD-8.5"],
        "conditions of requests are not known",
        Front(Relay::new().request(|head, _| {
            drop_fields(&[
                "if-none-match",
                "if-modified-since",
                "if-match",
                "if-unmodified-since",
            ])(head);
        })),
    ),
    mutant(
        "date-before-tag",
        &["WD-8.5"],
        "a date counts although there is a tag",
        Front(Relay::new().request(|head, _| {
            if head.has("if-modified-since") {
                head.remove("if-none-match");
            }
        })),
    ),
    mutant(
        "redirects-lose-the-query",
        &["WD-8.8"],
        "the redirect of a directory loses the query",
        Front(Relay::new().answer(|head, _| {
            head.change("location", |to| {
                to.split('?').next().unwrap_or_default().to_owned()
            });
        })),
    ),
    mutant(
        "redirects-lead-away",
        &["WD-8.8"],
        "the redirect of a directory is a whole URL",
        Front(
            Relay::new()
                .answer(|head, _| head.change("location", |to| format!("http://localhost/{to}"))),
        ),
    ),
    mutant(
        "directories-listed",
        &["WD-8.9"],
        "directories are listed (BUG-45)",
        Around(|start| start.set("static_listing", "true")),
    ),
    mutant(
        "dotfiles-served",
        &["WD-8.9"],
        "names with a leading dot are served (BUG-45)",
        Around(|start| start.set("static_dotfiles", "true")),
    ),
    mutant(
        "files-for-any-method",
        &["WD-8.10"],
        "any method gets the file (BUG-45)",
        Front(Relay::new().request(|head, talk| {
            if talk.method() != "HEAD" {
                head.set_method("GET");
            }
        })),
    ),
    mutant(
        "shrunk-file-padded",
        &["WD-8.12"],
        "a file that becomes shorter is filled up with zeros",
        Front(Relay::new().mends_answers()),
    ),
    mutant(
        "missing-directory-unnoticed",
        &["WD-8.13"],
        "that `static_path` is missing is noticed by visitors alone",
        Around(|start| {
            let missing = |path: &str| !std::path::Path::new(path).exists();
            if start.get("static_path").is_some_and(missing) {
                start.set("static_path", ".");
            }
        }),
    ),
    mutant(
        "directory-held-by-its-first-name",
        &["WD-8.15"],
        "the name of the directory is looked at once, at start",
        Around(|start| {
            let real = start
                .get("static_path")
                .and_then(|path| std::fs::canonicalize(path).ok());
            if let Some(path) = real {
                start.set("static_path", &path.display().to_string());
            }
        }),
    ),
    mutant(
        "well-known-hidden",
        &["WD-8.16"],
        "`/.well-known/` is hidden like any other name with a dot",
        Front(Relay::new().request(|head, talk| {
            if talk.target().starts_with("/.well-known") {
                head.set_target("/.hidden");
            }
        })),
    ),
];
