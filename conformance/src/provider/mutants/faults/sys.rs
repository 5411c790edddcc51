//! Chapter 1: the provider itself.
//! It knows how a provider misleads about itself, and how it gets HTTP and JSON wrong.
//! It refuses what one route alone does: each has a chapter.

use super::prelude::*;

/// Answers that are JSON get something behind it.
fn with_more(told: &mut Told, more: &str) {
    if told.header("content-type") == Some("application/json") {
        told.set_body(told.text() + more);
    }
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "sys/health-locked",
        &["PR-1.1"],
        "the health is behind the password",
        when_told(|told, asked, _| {
            if asked.at("/healthz") && asked.is_strange() {
                told.become_status(401);
            }
        }),
    ),
    mutant(
        "sys/health-204",
        &["PR-1.1"],
        "the health is 204",
        when_told(|told, asked, _| {
            if asked.at("/healthz") {
                told.become_status(204);
            }
        }),
    ),
    mutant(
        "sys/health-405-to-head",
        &["PR-1.2"],
        "HEAD of the health is 405, as at the gateway",
        when_told(|told, asked, _| {
            if asked.is("HEAD", "/healthz") {
                told.become_status(405);
            }
        }),
    ),
    mutant(
        "sys/health-any-method",
        &["PR-1.3"],
        "the health is told to every method",
        when_asked(|asked, _| {
            if asked.at("/healthz") {
                asked.method = hyper::Method::GET;
            }
        }),
    ),
    mutant(
        "sys/info-no-type",
        &["PR-1.4"],
        "the info is JSON that says it is text",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "sys/info-provider-null",
        &["PR-1.4", "PR-1.5"],
        "a gateway that lost its provider says null in its place",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| info["provider"] = Value::Null);
            }
        }),
    ),
    mutant(
        "sys/info-array",
        &["PR-1.4"],
        "the info is in an array",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| *info = json!([info.take()]));
            }
        }),
    ),
    mutant(
        "sys/info-nameless",
        &["PR-1.5"],
        "the provider calls its name `name`",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| {
                    let inner = &mut info["provider"];
                    let name = inner["provider"].take();
                    inner["name"] = name;
                });
            }
        }),
    ),
    mutant(
        "sys/info-no-orchestration",
        &["PR-1.5"],
        "the orchestration is empty",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| info["provider"]["orchestration"] = json!(""));
            }
        }),
    ),
    mutant(
        "sys/info-unversioned",
        &["PR-1.6"],
        "release and commit are empty, as of a build without its flags",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| {
                    info["provider"]["version"] = json!({"release": "", "sha": ""});
                });
            }
        }),
    ),
    mutant(
        "sys/gateway-no-arch",
        &["PR-1.7"],
        "the gateway does not say its architecture",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| info["arch"] = json!(""));
            }
        }),
    ),
    mutant(
        "sys/gateway-no-release",
        &["PR-1.7"],
        "the gateway does not say its own release",
        when_told(|told, asked, _| {
            if asked.at("/system/info") {
                told.edit(|info| info["version"] = json!({}));
            }
        }),
    ),
    mutant(
        "sys/index-for-all",
        &["PR-1.8"],
        "a path that is no route is the page of the UI",
        when_told(|told, asked, _| {
            if asked.at("/system/") && told.text().contains("page not found") {
                told.status = 200;
                told.set_header("content-type", "text/html");
                told.set_body("<!doctype html>");
            }
        }),
    ),
    mutant(
        "sys/patch-deploys",
        &["PR-1.9"],
        "any method that is not known is a deployment",
        when_asked(|asked, _| {
            if asked.is("PATCH", "/system/functions") {
                asked.method = hyper::Method::POST;
            }
        }),
    ),
    mutant(
        "sys/methods-ignored",
        &["PR-1.9"],
        "the info is told to every method",
        when_asked(|asked, _| {
            if asked.at("/system/info") {
                asked.method = hyper::Method::GET;
            }
        }),
    ),
    mutant(
        "sys/slash-deploys",
        &["PR-1.10"],
        "a slash behind a route is ignored, and a deployment there is made",
        when_asked(|asked, _| {
            let path = asked.path().trim_end_matches('/').to_owned();
            if asked.at("/system/") {
                asked.set_path(&path);
            }
        }),
    ),
    mutant(
        "sys/segments-merged",
        &["PR-1.11"],
        "empty segments are taken out in silence",
        when_asked(|asked, _| {
            let path = asked.path().replace("//", "/");
            asked.set_path(&path);
        }),
    ),
    mutant(
        "sys/answered-twice",
        &["PR-1.12"],
        "a handler that goes on after its answer writes a second one",
        when_told(|told, _, _| with_more(told, "{\"error\":null}")),
    ),
    mutant(
        "sys/text-behind",
        &["PR-1.12"],
        "behind JSON there is a line of text",
        when_told(|told, _, _| with_more(told, "OK\n")),
    ),
    mutant(
        "sys/byte-order-mark",
        &["PR-1.12"],
        "JSON begins with a byte order mark",
        when_told(|told, _, _| {
            if told.header("content-type") == Some("application/json") {
                told.set_body(format!("\u{feff}{}", told.text()));
            }
        }),
    ),
    mutant(
        "sys/closes-always",
        &["PR-1.13"],
        "every answer ends its connection",
        when_told(|told, _, _| told.set_header("connection", "close")),
    ),
    mutant(
        "sys/small-heads",
        &["PR-1.14"],
        "heads over 16 KiB are refused",
        when_asked(|asked, _| {
            let size: usize = asked
                .headers
                .values()
                .map(hyper::header::HeaderValue::len)
                .sum();
            if size > 16 * 1024 {
                asked.answer(431, "");
            }
        }),
    ),
    mutant(
        "sys/negotiates",
        &["PR-1.15"],
        "a browser gets a page in the place of JSON",
        when_told(|told, asked, _| {
            let html = asked
                .header("accept")
                .is_some_and(|all| all.contains("text/html"));
            if html && asked.at("/system/") {
                told.set_header("content-type", "text/html");
                told.set_body(format!("<pre>{}</pre>", told.text()));
            }
        }),
    ),
    mutant(
        "sys/not-acceptable",
        &["PR-1.15"],
        "who accepts anything but JSON is told 406",
        when_told(|told, asked, _| {
            let accept = asked.header("accept").unwrap_or("*/*");
            if asked.at("/system/") && !accept.contains("json") && !accept.contains("*/*") {
                told.become_status(406);
            }
        }),
    ),
];
