//! Chapter 2: the envelope of HTTP.
//! It knows what servers get wrong about connections, heads and framing.
//! It refuses to know what answers.

use super::prelude::*;
use super::tools::strip_extensions;

/// Whether a path has something to tidy up.
fn untidy(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.starts_with('/') && ["//", "/./", "/../"].iter().any(|part| path.contains(part))
}

fn keep_first(head: &mut Head, name: &str) {
    let mut seen = false;
    head.fields
        .retain(|(key, _)| !key.eq_ignore_ascii_case(name) || !std::mem::replace(&mut seen, true));
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "connections-serve-once",
        &["WD-2.1"],
        "a kept connection is closed when its second request comes",
        Front(Relay::new().request(|_, talk| {
            if talk.nth > 1 {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "close-is-forgotten",
        &["WD-2.1"],
        "`Connection: close` of a client is not heard",
        Front(Relay::new().request(|head, _| head.remove("Connection"))),
    ),
    mutant(
        "bad-requests-are-500",
        &["WD-2.2"],
        "a malformed request is answered with 500",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 400 {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "pipelined-request-lost",
        &["WD-2.3"],
        "what was read behind a request is thrown away with it",
        Front(Relay::new().up(|bytes| {
            let lines: Vec<usize> = (0..bytes.len())
                .filter(|&at| {
                    bytes
                        .get(at..)
                        .is_some_and(|rest| rest.starts_with(b" HTTP/1.1\r\n"))
                })
                .collect();
            let second = lines.get(1).and_then(|&end| {
                let before = bytes.get(..end)?;
                before.iter().rposition(|&byte| byte == b'\n')
            });
            if let Some(at) = second {
                bytes.truncate(at + 1);
            }
        })),
    ),
    mutant(
        "old-clients-get-chunks",
        &["WD-2.4"],
        "a client of HTTP/1.0 is treated as one of HTTP/1.1",
        Front(
            Relay::new().request(|head, _| head.start = head.start.replace("HTTP/1.0", "HTTP/1.1")),
        ),
    ),
    mutant(
        "read-timeout-unread",
        &["WD-2.5", "WD-7.16"],
        "`read_timeout` is not kept",
        Around(|start| start.misread("read_timeout", "0")),
    ),
    mutant(
        "late-head-untold",
        &["WD-2.5"],
        "a head that comes too late ends the connection without a word",
        Front(Relay::new().answer(|_, talk| {
            if talk.status() == 408 {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "query-hides-probe",
        &["WD-2.6"],
        "a query makes a probe a request for the function",
        Front(Relay::new().request(|head, talk| {
            if talk.target().starts_with("/_/health?") {
                head.set_target("/-/health");
            }
        })),
    ),
    mutant(
        "probe-by-raw-path",
        &["WD-2.6"],
        "probes are matched on the path as it was sent",
        Front(Relay::new().request(|head, talk| {
            if talk.target().starts_with("/%5") {
                head.set_target("/-/health");
            }
        })),
    ),
    mutant(
        "paths-tidied",
        &["WD-2.7"],
        "untidy paths are redirected to tidy ones (BUG-41)",
        Front(Relay::new().request(|_, talk| {
            if untidy(talk.target()) {
                talk.reply("301 Moved Permanently", "");
            }
        })),
    ),
    mutant(
        "absolute-target-whole",
        &["WD-2.8"],
        "the path of an absolute target is the whole of it",
        Front(Relay::new().request(|head, talk| {
            if talk.target().starts_with("http://") {
                let target = format!("/{}", talk.target());
                head.set_target(&target);
            }
        })),
    ),
    mutant(
        "connect-runs",
        &["WD-2.9"],
        "CONNECT with an authority runs the function",
        Front(Relay::new().request(|head, talk| {
            if talk.method() == "CONNECT" {
                head.set_method("POST");
                head.set_target("/");
            }
        })),
    ),
    mutant(
        "asterisk-unanswered",
        &["WD-2.9"],
        "`OPTIONS *` closes the connection",
        Front(Relay::new().request(|_, talk| {
            if talk.target() == "*" {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "host-not-needed",
        &["WD-2.10"],
        "a request of HTTP/1.1 without Host is served",
        Front(Relay::new().request(|head, _| {
            if !head.has("host") {
                head.add("Host", "none");
            }
        })),
    ),
    mutant(
        "first-host-counts",
        &["WD-2.10"],
        "of two Hosts the first counts",
        Front(Relay::new().request(|head, _| keep_first(head, "host"))),
    ),
    mutant(
        "large-head-untold",
        &["WD-2.11"],
        "a head that is too large is a 400",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 431 {
                head.set_status("400 Bad Request");
            }
        })),
    ),
    mutant(
        "first-length-counts",
        &["WD-2.12"],
        "of two lengths the first counts",
        Front(Relay::new().request(|head, _| keep_first(head, "content-length"))),
    ),
    mutant(
        "coding-unknown",
        &["WD-2.12"],
        "a length beside chunks counts, and the chunks are the next request",
        Front(Relay::new().request(|head, _| {
            if head.has("content-length") {
                head.remove("transfer-encoding");
            }
        })),
    ),
    mutant(
        "bad-chunks-are-fine",
        &["WD-2.13", "WD-2.25"],
        "an upload whose chunks are malformed is a success",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 400 && talk.request.has("transfer-encoding") {
                head.set_status("200 OK");
            }
        })),
    ),
    mutant(
        "head-has-body",
        &["WD-2.14"],
        "an answer to HEAD has a body",
        Front(Relay::new().body(|data, talk| {
            if talk.method() == "HEAD" && data.is_empty() {
                data.extend(b"body");
            }
        })),
    ),
    mutant(
        "no-content-has-body",
        &["WD-2.14"],
        "a 204 ends with an empty chunk",
        Front(Relay::new().body(|data, talk| {
            if talk.status() == 204 && data.is_empty() {
                data.extend(b"0\r\n\r\n");
            }
        })),
    ),
    mutant(
        "continue-withheld",
        &["WD-2.15"],
        "nobody is told to continue",
        Front(Relay::new().answer(|_, talk| {
            if talk.status() == 100 {
                talk.fate = Fate::Drop;
            }
        })),
    ),
    mutant(
        "unread-upload-resets",
        &["WD-2.16", "WD-5.10"],
        "an answer before the end of a large upload resets the connection",
        Front(Relay::new().answer(|_, talk| {
            let length = talk
                .request
                .get("content-length")
                .and_then(|text| text.parse().ok());
            if length.is_some_and(|length: u64| length > 100_000) {
                talk.fate = Fate::Reset;
            }
        })),
    ),
    mutant(
        "unread-upload-is-a-request",
        &["WD-2.17"],
        "the body of a probe is taken for the next request",
        Front(Relay::new().request(|head, talk| {
            if talk.probe() {
                head.remove("content-length");
            }
        })),
    ),
    mutant(
        "no-date",
        &["WD-2.18"],
        "answers carry no Date",
        Front(Relay::new().answer(|head, _| head.remove("date"))),
    ),
    mutant(
        "names-in-lower-case",
        &["WD-2.19"],
        "names of fields are in lower case",
        Front(Relay::new().answer(|head, _| {
            for (name, _) in &mut head.fields {
                name.make_ascii_lowercase();
            }
        })),
    ),
    mutant(
        "h2c-offer-refused",
        &["WD-2.20"],
        "an offer of h2c is a bad request",
        Front(Relay::new().request(|_, talk| {
            if talk
                .request
                .get("upgrade")
                .is_some_and(|token| token == "h2c")
            {
                talk.reply("400 Bad Request", "");
            }
        })),
    ),
    mutant(
        "write-timeout-unread",
        &["WD-2.21", "WD-7.14"],
        "a client that does not read its answer has all the time in the world",
        Around(|start| start.misread("write_timeout", "0")),
    ),
    mutant(
        "fragment-cut",
        &["WD-2.23"],
        "what follows a `#` in a target is lost",
        Front(Relay::new().request(|head, talk| {
            if let Some((target, _)) = talk.target().split_once('#') {
                let target = target.to_owned();
                head.set_target(&target);
            }
        })),
    ),
    mutant(
        "long-target-cut",
        &["WD-2.23"],
        "a target of more than 64 KiB is cut",
        Front(Relay::new().request(|head, talk| {
            if let Some(target) = talk.target().get(..65_536) {
                let target = target.to_owned();
                head.set_target(&target);
            }
        })),
    ),
    mutant(
        "any-host-passes",
        &["WD-2.24"],
        "nobody looks at the grammar of Host",
        Front(Relay::new().request(|head, _| {
            let plain = |host: &str| {
                host.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c))
            };
            head.change("host", |host| {
                if plain(host) {
                    host.to_owned()
                } else {
                    "a".to_owned()
                }
            });
        })),
    ),
    mutant(
        "extensions-unread",
        &["WD-2.25"],
        "extensions of chunks are cut off without a look at their bytes",
        Front(Relay::new().up(strip_extensions)),
    ),
    mutant(
        "refused-uploads-taken-for-ever",
        &["WD-2.26"],
        "a connection that is to end is read for as long as its client sends",
        Front(Relay::new().holds_open().swallows()),
    ),
];
