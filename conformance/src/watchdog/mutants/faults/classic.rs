//! Chapter 3: a process for every request, and what it is told.
//! It knows what gets lost between a request and a process.
//! It refuses to know how outputs are passed on.

use std::process::Command;

use super::prelude::*;
use super::tools::{PLAIN, status};

/// Whether an upload is announced to be larger than that.
fn larger(talk: &Talk, size: u64) -> bool {
    let length = talk
        .request
        .get("content-length")
        .and_then(|text| text.parse::<u64>().ok());
    length.is_some_and(|length| length > size)
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "stdin-loses-its-last-byte",
        &["WD-3.1"],
        "the last byte of stdin is lost",
        Below(|launch| {
            launch.stdin = Some(|from, to| {
                let mut all = Vec::new();
                from.read_to_end(&mut all)?;
                all.pop();
                to.write_all(&all)
            });
        }),
    ),
    mutant(
        "duration-missing",
        &["WD-3.1", "WD-6.14"],
        "answers carry no X-Duration-Seconds",
        Front(Relay::new().answer(|head, _| head.remove("x-duration-seconds"))),
    ),
    mutant(
        "failure-is-200",
        &["WD-3.2", "WD-4.2", "WD-5.4"],
        "a function that fails is a 200 (BUG-27)",
        Front(Relay::new().answer(|head, talk| status(500, "200 OK")(head, talk))),
    ),
    mutant(
        "exit-code-lost",
        &["WD-3.2", "WD-5.5"],
        "the exit code of a function is lost",
        Below(|launch| launch.exit = Some(|_| 0)),
    ),
    mutant(
        "query-not-told",
        &["WD-3.3"],
        "a function is not told the query",
        Below(|launch| launch.unset("Http_Query")),
    ),
    mutant(
        "path-not-decoded",
        &["WD-3.3"],
        "a function is told the path as it was sent",
        Below(|launch| {
            if let Some(path) = launch.get("Http_Path") {
                let path = path.replace(' ', "%20").replace('é', "%C3%A9");
                launch.set("Http_Path", &path);
            }
        }),
    ),
    mutant(
        "environment-begins-empty",
        &["WD-3.3"],
        "a function has none of the watchdog's own variables",
        Below(|launch| {
            launch.env.retain(|name, _| {
                name.starts_with("Http_") || name == "PATH" || name.starts_with("FIXTURE")
            });
        }),
    ),
    mutant(
        "any-method-runs",
        &["WD-3.4"],
        "mode classic runs the function for any method",
        Front(Relay::new().request(|head, talk| {
            if !PLAIN.contains(&talk.method()) {
                head.set_method("POST");
            }
        })),
    ),
    mutant(
        "timeout-is-another-status",
        &["WD-3.5", "WD-6.5"],
        "a function over its time is a 500",
        Front(Relay::new().answer(|head, talk| {
            if [408, 504].contains(&talk.status()) {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "only-the-child-is-killed",
        &["WD-3.5", "WD-4.7", "WD-5.6"],
        "what a function started is in no group that is killed (BUG-09)",
        Below(|launch| {
            launch.exit = Some(|code| code);
            launch.apart = true;
        }),
    ),
    mutant(
        "exec-timeout-unread",
        &["WD-3.5", "WD-4.7", "WD-5.6", "WD-6.12", "WD-7.6", "WD-7.9"],
        "`exec_timeout` is not kept",
        Around(|start| start.misread("exec_timeout", "0")),
    ),
    mutant(
        "type-is-octet-stream",
        &["WD-3.6"],
        "every answer is an octet stream",
        Front(Relay::new().answer(|head, _| {
            head.change("content-type", |_| "application/octet-stream".to_owned());
        })),
    ),
    mutant(
        "first-value-only",
        &["WD-3.7"],
        "of a repeated field the first value alone is passed on (BUG-49)",
        Front(Relay::new().request(|head, _| {
            let mut seen = Vec::new();
            head.fields.retain(|(name, _)| {
                let new = !seen.contains(&name.to_ascii_lowercase());
                seen.push(name.to_ascii_lowercase());
                new
            });
        })),
    ),
    mutant(
        "query-can-be-spoofed",
        &["WD-3.7"],
        "a field named Query poses as the query (BUG-49)",
        Front(Relay::new().request(|head, talk| {
            if let Some(value) = talk.request.get("query") {
                let target = format!("{}?{value}", talk.target());
                head.set_target(&target);
            }
        })),
    ),
    mutant(
        "large-fields-cut-off",
        &["WD-3.8"],
        "a request that does not fit into an environment ends the connection",
        Front(Relay::new().answer(|_, talk| {
            if talk.status() == 431 {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "reasons-kept-back",
        &["WD-3.9", "WD-4.6"],
        "why a command could not be started is not told",
        Front(Relay::new().body(|data, talk| {
            if talk.status() == 500 {
                data.fill(b'?');
            }
        })),
    ),
    mutant(
        "broken-uploads-mended",
        &["WD-3.10", "WD-4.8", "WD-5.9", "WD-6.10"],
        "an upload that breaks off looks whole to the function (BUG-37)",
        // Where it looks whole, nobody has left either.
        Front(Relay::new().mends_uploads().deaf()),
    ),
    mutant(
        "broken-upload-is-500",
        &["WD-3.10"],
        "a broken upload is the function's fault: a 500",
        Front(
            Relay::new().answer(|head, talk| status(400, "500 Internal Server Error")(head, talk)),
        ),
    ),
    mutant(
        "unread-stdin-is-500",
        &["WD-3.11", "WD-4.3", "WD-5.10"],
        "a function that does not read its stdin is a 500 (BUG-04)",
        Front(Relay::new().answer(|head, talk| {
            if larger(talk, 60_000) {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "stderr-left-out",
        &["WD-3.12"],
        "stderr is logged also with `combine_output`",
        Around(|start| start.set("combine_output", "false")),
    ),
    mutant(
        "stderr-always-answered",
        &["WD-3.12"],
        "`combine_output=false` is not read",
        Around(|start| start.unset("combine_output")),
    ),
    mutant(
        "envelope-with-newline",
        &["WD-3.13"],
        "a newline stands behind the envelope",
        Below(|launch| {
            if launch.get("marshal_request") == Some("true") {
                launch.stdin = Some(|from, to| {
                    std::io::copy(from, to)?;
                    to.write_all(b"\n")
                });
            }
        }),
    ),
    mutant(
        "envelope-unasked",
        &["WD-3.13"],
        "`marshal_request` is not read",
        Around(|start| start.unset("marshal_request")),
    ),
    mutant(
        "variables-all-the-same",
        &["WD-3.14"],
        "`cgi_headers=false` is not read",
        Around(|start| start.unset("cgi_headers")),
    ),
    mutant(
        "debug-says-nothing",
        &["WD-3.15"],
        "`write_debug` and `debug_headers` are not read",
        Around(|start| {
            start.unset("write_debug");
            start.unset("debug_headers");
        }),
    ),
    mutant(
        "nobody-sees-them-leave",
        &["WD-3.16", "WD-5.7", "WD-6.17", "WD-7.4"],
        "a client that leaves stops nothing (BUG-30)",
        Front(Relay::new().deaf()),
    ),
    mutant(
        "work-is-always-finished",
        &["WD-3.16", "WD-5.7", "WD-6.17"],
        "work is finished for clients that are gone (BUG-30)",
        Around(|start| start.set("cancel_on_disconnect", "false")),
    ),
    mutant(
        "leaving-always-stops",
        &["WD-3.16", "WD-5.7", "WD-6.17"],
        "`cancel_on_disconnect=false` is not read",
        Around(|start| start.unset("cancel_on_disconnect")),
    ),
    mutant(
        "killed-without-warning",
        &["WD-3.17"],
        "a function over its time is killed without a SIGTERM before",
        Around(|start| start.set("kill_grace", "0")),
    ),
    mutant(
        "never-killed",
        &["WD-3.17", "WD-10.15", "WD-10.26", "WD-16.9"],
        "who does not mind SIGTERM is left alone",
        Around(|start| start.set("kill_grace", "60s")),
    ),
    mutant(
        "cgi-unknown",
        &["WD-3.18", "WD-3.20", "WD-3.22"],
        "`cgi_env` is not read",
        Around(|start| start.unset("cgi_env")),
    ),
    mutant(
        "cgi-httpoxy",
        &["WD-3.18"],
        "the field Proxy is HTTP_PROXY to the function (httpoxy)",
        Below(|launch| {
            if launch.get("REQUEST_METHOD").is_some() {
                launch.set("HTTP_PROXY", "http://attacker");
            }
        }),
    ),
    mutant(
        "header-block-is-body",
        &["WD-3.19"],
        "`cgi_response` is not read",
        Around(|start| start.unset("cgi_response")),
    ),
    mutant(
        "length-as-announced",
        &["WD-3.20"],
        "CONTENT_LENGTH is what the request announced",
        Below(|launch| {
            if launch.get("HTTP_CONTENT_LENGTH").is_none() {
                launch.unset("CONTENT_LENGTH");
            }
        }),
    ),
    mutant(
        "underscores-are-hyphens",
        &["WD-3.21"],
        "a field with an underscore poses as the one with a hyphen",
        Front(Relay::new().request(|head, _| {
            for (name, _) in &mut head.fields {
                *name = name.replace('_', "-");
            }
        })),
    ),
    mutant(
        "server-port-is-80",
        &["WD-3.22"],
        "SERVER_PORT is always 80",
        Below(|launch| {
            if launch.get("SERVER_PORT").is_some() {
                launch.set("SERVER_PORT", "80");
            }
        }),
    ),
    mutant(
        "no-header-block-is-fine",
        &["WD-3.23"],
        "output that is no header block is a success",
        Front(Relay::new().answer(|head, talk| status(502, "200 OK")(head, talk))),
    ),
    mutant(
        "zombies-left",
        &["WD-3.11", "WD-4.3", "WD-10.4"],
        "an end of a process is not waited for (BUG-04, BUG-21)",
        Over(Over::new().relay(Relay::new().request(|_, talk| {
            if !talk.probe() {
                let _ = Command::new("true").spawn();
            }
        }))),
    ),
];
