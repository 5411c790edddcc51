//! Chapter 6: a server behind the watchdog.
//! It knows what proxies get wrong about messages, connections and time.
//! It refuses to know what the server is.

use super::prelude::*;
use super::tools::strip_extensions;

/// Makes one field of several.
fn join(head: &mut Head, name: &str) {
    let of = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
    let all: Vec<String> = head
        .fields
        .iter()
        .filter(of)
        .map(|(_, value)| value.clone())
        .collect();
    if all.len() > 1 {
        head.set(name, &all.join(", "));
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "upstream-sees-one-value",
        &["WD-6.1"],
        "of a repeated field the first value alone reaches the server",
        Upstream(Relay::new().request(|head, _| {
            let mut seen = Vec::new();
            head.fields.retain(|(name, _)| {
                let new = !seen.contains(name);
                seen.push(name.clone());
                new
            });
        })),
    ),
    mutant(
        "upstream-sees-its-own-host",
        &["WD-6.1"],
        "the server sees its own authority as Host",
        Upstream(Relay::new().request(|head, _| head.change("host", |_| "127.0.0.1".to_owned()))),
    ),
    mutant(
        "upstream-path-decoded",
        &["WD-6.1"],
        "a target is decoded on its way to the server",
        Upstream(Relay::new().request(|head, talk| {
            let target = talk.target().replace("%2F", "/").replace("%2f", "/");
            head.set_target(&target);
        })),
    ),
    mutant(
        "hop-by-hop-passes-up",
        &["WD-6.1"],
        "fields of one connection reach the server (BUG-34)",
        Upstream(Relay::new().request(|head, _| head.add("Keep-Alive", "timeout=5"))),
    ),
    mutant(
        "upstream-body-misses-a-byte",
        &["WD-6.1"],
        "the byte at 65,536 of an upload is lost in chunks",
        Upstream(Relay::new().upload(|data, talk| {
            if talk.chunked && talk.at > 0 {
                data.pop();
            }
        })),
    ),
    mutant(
        "hop-by-hop-passes-down",
        &["WD-6.2"],
        "fields of one connection reach the client (BUG-34)",
        Front(Relay::new().answer(|head, _| head.add("Keep-Alive", "timeout=5"))),
    ),
    mutant(
        "redirects-followed",
        &["WD-6.2"],
        "a redirect does not reach the client",
        Upstream(Relay::new().answer(|head, talk| {
            if talk.status() / 100 == 3 {
                head.set_status("200 OK");
                head.remove("location");
            }
        })),
    ),
    mutant(
        "cookies-joined",
        &["WD-6.2"],
        "cookies of one answer are joined to one field",
        Upstream(Relay::new().answer(|head, _| join(head, "set-cookie"))),
    ),
    mutant(
        "unusual-statuses-changed",
        &["WD-6.2"],
        "a status that is not known becomes a 500",
        Upstream(Relay::new().answer(|head, talk| {
            if talk.status() > 511 || talk.status() == 299 {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "uploads-always-chunked",
        &["WD-6.3"],
        "a body of known length is sent on in chunks (BUG-02)",
        Upstream(
            Relay::new()
                .request(|head, talk| {
                    if head.has("content-length") {
                        head.remove("content-length");
                        head.add("Transfer-Encoding", "chunked");
                        talk.chunked = true;
                    }
                })
                .upload(|_, _| {}),
        ),
    ),
    mutant(
        "empty-posts-unsized",
        &["WD-6.3"],
        "an empty POST has no length",
        Upstream(Relay::new().request(|head, _| {
            if head.get("content-length") == Some("0") {
                head.remove("content-length");
            }
        })),
    ),
    mutant(
        "bad-gateway-is-500",
        &["WD-6.4"],
        "a child that gives no answer is a 500",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 502 {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "failures-not-internal",
        &["WD-6.4", "WD-6.5", "WD-6.10", "WD-6.13", "WD-6.28"],
        "failures of the watchdog's own are not marked as internal",
        Front(Relay::new().answer(|head, _| head.remove("x-openfaas-internal"))),
    ),
    mutant(
        "all-failures-internal",
        &["WD-6.13"],
        "failures of the child are marked as internal",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() >= 500 {
                head.set("X-Openfaas-Internal", "of-watchdog");
            }
        })),
    ),
    mutant(
        "upload-held-until-whole",
        &["WD-6.7"],
        "the child sees an upload when it is whole",
        Upstream(Relay::new().upload(|data, talk| {
            let last = data.is_empty();
            talk.held.append(data);
            if last {
                std::mem::swap(data, &mut talk.held);
            }
        })),
    ),
    mutant(
        "base-path-ignored",
        &["WD-6.8"],
        "the path of `upstream_url` is ignored (BUG-14)",
        Around(|start| {
            for name in ["upstream_url", "http_upstream_url"] {
                let Some(url) = start.get(name) else { continue };
                let authority: Vec<&str> = url.split('/').take(3).collect();
                let url = authority.join("/");
                start.set(name, &url);
            }
        }),
    ),
    mutant(
        "gzip-asked-for",
        &["WD-6.9"],
        "User-Agent and Accept-Encoding are invented (BUG-34)",
        Upstream(Relay::new().request(|head, _| {
            if !head.has("accept-encoding") {
                head.add("Accept-Encoding", "gzip");
            }
            if !head.has("user-agent") {
                head.add("User-Agent", "watchdog");
            }
        })),
    ),
    mutant(
        "late-upload-is-504",
        &["WD-6.10"],
        "an upload that is too late is a timeout of the child",
        Front(Relay::new().answer(|head, talk| {
            if [400, 408].contains(&talk.status()) {
                head.set_status("504 Gateway Timeout");
            }
        })),
    ),
    mutant(
        "x-timeout-unread",
        &["WD-6.11"],
        "X-Timeout is not read",
        Front(Relay::new().request(|head, _| head.remove("x-timeout"))),
    ),
    mutant(
        "x-timeout-in-milliseconds",
        &["WD-6.11"],
        "an X-Timeout without a unit counts",
        Front(Relay::new().request(|head, _| {
            head.change("x-timeout", |text| match text.parse::<u32>() {
                Ok(number) => format!("{number}ms"),
                Err(_) => text.to_owned(),
            });
        })),
    ),
    mutant(
        "duration-of-the-child",
        &["WD-6.14"],
        "X-Duration-Seconds has three decimals",
        Front(Relay::new().answer(|head, _| {
            head.change("x-duration-seconds", |text| {
                text.get(..text.len().saturating_sub(3))
                    .unwrap_or(text)
                    .to_owned()
            });
        })),
    ),
    mutant(
        "posts-sent-twice",
        &["WD-6.15"],
        "a POST is sent again before it is answered (BUG-47)",
        Upstream(Relay::new().up(|bytes| {
            if bytes.starts_with(b"POST") || bytes.starts_with(b"GET") {
                bytes.extend_from_within(..);
            }
        })),
    ),
    mutant(
        "child-not-waited-for",
        &["WD-6.18"],
        "requests do not wait for a child that does not listen yet",
        Around(|start| start.set("startup_timeout", "0")),
    ),
    mutant(
        "answers-kept-in-memory",
        &["WD-6.19", "WD-15.2"],
        "what a slow client does not take piles up in memory",
        Over(Over::new().relay(Relay::new().greedy())),
    ),
    mutant(
        "answer-trailers-lost",
        &["WD-6.21"],
        "trailers of answers are lost",
        Upstream(Relay::new().trailers(|trailers| {
            trailers.clear();
            trailers.extend(b"\r\n");
        })),
    ),
    mutant(
        "request-trailers-lost",
        &["WD-6.21"],
        "trailers of requests are lost",
        Upstream(Relay::new().request_trailers(|trailers| {
            trailers.clear();
            trailers.extend(b"\r\n");
        })),
    ),
    mutant(
        "early-hints-dropped",
        &["WD-6.22"],
        "interim answers are dropped",
        Upstream(Relay::new().answer(|_, talk| {
            if talk.status() == 103 {
                talk.fate = Fate::Drop;
            }
        })),
    ),
    mutant(
        "first-length-of-an-answer",
        &["WD-6.23"],
        "of two lengths of an answer the first counts",
        Upstream(Relay::new().answer(|head, _| {
            let mut seen = false;
            head.fields.retain(|(name, _)| {
                !name.eq_ignore_ascii_case("content-length") || !std::mem::replace(&mut seen, true)
            });
        })),
    ),
    mutant(
        "blank-names-dropped",
        &["WD-6.24"],
        "a field with a blank before its colon is lost",
        Upstream(
            Relay::new().answer(|head, _| head.fields.retain(|(name, _)| !name.ends_with(' '))),
        ),
    ),
    mutant(
        "answer-extensions-unread",
        &["WD-6.26"],
        "extensions of an answer's chunks are cut off without a look at their bytes",
        Upstream(Relay::new().down(strip_extensions)),
    ),
    mutant(
        "ends-not-noticed",
        &["WD-6.27"],
        "nobody notices that the child closed an idle connection",
        Upstream(Relay::new().holds_open()),
    ),
];
