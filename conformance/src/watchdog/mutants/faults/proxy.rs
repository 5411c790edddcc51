//! Chapters 6 and 7: a server behind the watchdog, and streams through both.
//! It knows what proxies get wrong about messages, connections and time.
//! It refuses to know what the server is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::prelude::*;
use super::server::strip_extensions;

/// A limit that the watchdog was given.
pub(super) fn limit(name: &str) -> Option<Duration> {
    let text = std::env::var(name).ok()?;
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 0.001),
        None => (text.trim_end_matches('s'), 1.0),
    };
    let number: f64 = digits.parse().ok()?;
    (number > 0.0).then(|| Duration::from_secs_f64(number * unit))
}

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
        &["WD-6.4", "WD-6.5", "WD-6.10", "WD-6.13"],
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
    mutant(
        "websocket-accept-lost",
        &["WD-7.1"],
        "a WebSocket is not confirmed to its client",
        Front(Relay::new().answer(|head, _| head.remove("sec-websocket-accept"))),
    ),
    mutant(
        "one-spelling-of-websocket",
        &["WD-7.2"],
        "the spelling `websocket` alone is an upgrade (BUG-43)",
        Front(Relay::new().request(|head, talk| {
            if talk
                .request
                .get("upgrade")
                .is_some_and(|token| token != "websocket")
            {
                head.remove("upgrade");
            }
        })),
    ),
    mutant(
        "unasked-events-held-back",
        &["WD-7.3"],
        "events are held back unless Accept asks for them (BUG-06)",
        Front(Relay::new().body(|data, talk| {
            let asked = talk
                .request
                .get("accept")
                .is_some_and(|accept| accept.contains("event-stream"));
            let last = data.is_empty();
            talk.held.append(data);
            if last || asked {
                std::mem::swap(data, &mut talk.held);
            }
        })),
    ),
    mutant(
        "refusals-unheard",
        &["WD-7.5"],
        "where an upgrade is refused the connection ends",
        Front(Relay::new().answer(|_, talk| {
            if talk.request.has("upgrade") && talk.status() != 101 {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "events-end-at-exec-timeout",
        &["WD-7.7"],
        "an event stream ends at `exec_timeout`",
        Front(Relay::new().body(|_, talk| {
            let over = talk.begun.zip(limit("exec_timeout"));
            if over.is_some_and(|(begun, limit)| begun.elapsed() > limit) {
                talk.fate = Fate::Cut;
            }
        })),
    ),
    mutant(
        "silence-lasts",
        &["WD-7.8"],
        "a silent stream stays open",
        Around(|start| {
            start.set("stream_idle_timeout", "0");
        }),
    ),
    mutant(
        "max-inflight-unread",
        &["WD-7.10", "WD-9.14", "WD-13.1", "WD-13.6"],
        "`max_inflight` is not read",
        Around(|start| start.unset("max_inflight")),
    ),
    mutant(
        "connection-window-not-returned",
        &["WD-7.15"],
        "what one upload takes of a connection's window is not given back",
        Front(Relay::new().frame_down(|frame| {
            if frame.kind == Frame::WINDOW_UPDATE && frame.stream == 0 {
                Fate::Drop
            } else {
                Fate::Pass
            }
        })),
    ),
    mutant(
        "no-goaway",
        &["WD-7.16"],
        "an idle connection of HTTP/2 ends without a GOAWAY",
        Front(Relay::new().frame_down(|frame| {
            if frame.kind == Frame::GOAWAY {
                Fate::Drop
            } else {
                Fate::Pass
            }
        })),
    ),
    mutant(
        "whole-urls-in-the-log",
        &["WD-7.18"],
        "access lines show the URL in place of the path",
        Stderr(|line| line.replace("GET /", "GET http://a/")),
    ),
    mutant(
        "bad-http2-requests-pass",
        &["WD-7.19"],
        "what no request may be is one over HTTP/2",
        Front(Relay::new().frame_down(|frame| {
            // `:status 400` and `:status 200` of the static table.
            if frame.kind == Frame::HEADERS && frame.payload.first() == Some(&0x8c) {
                frame.payload.splice(..1, [0x88]);
            }
            Fate::Pass
        })),
    ),
    mutant(
        "required-protocols-lost",
        &["WD-7.20"],
        "a 426 does not say which protocols are required",
        Front(Relay::new().answer(|head, _| head.remove("upgrade"))),
    ),
    mutant(
        "h2c-offer-takes-all",
        &["WD-7.21"],
        "an offer of h2c takes the others of its list along",
        Upstream(Relay::new().request(|head, _| head.remove("upgrade"))),
    ),
    mutant(
        "upstream-window-lost",
        &["WD-7.22"],
        "the connection to the child runs out of window",
        Upstream(Relay::new().frame_down(|frame| {
            if frame.kind == Frame::WINDOW_UPDATE && frame.stream == 0 {
                Fate::Drop
            } else {
                Fate::Pass
            }
        })),
    ),
    mutant(
        "refused-streams-fail",
        &["WD-7.23"],
        "a request whose stream is refused is not sent again",
        Upstream(Relay::new().frame_down(|frame| {
            if frame.kind == Frame::RST_STREAM {
                frame.payload = vec![0, 0, 0, 8];
            }
            Fate::Pass
        })),
    ),
    mutant(
        "mute-connection-used-again",
        &["WD-7.24"],
        "a connection that answers nothing is used for the next request",
        Front(Relay::new().answer(|head, talk| {
            static MUTE: AtomicBool = AtomicBool::new(false);
            if MUTE.load(Ordering::Relaxed) && !talk.probe() {
                head.set_status("504 Gateway Timeout");
            }
            MUTE.fetch_or(talk.status() == 504, Ordering::Relaxed);
        })),
    ),
    mutant(
        "any-trailer-passes",
        &["WD-7.25", "WD-6.21"],
        "fields that no trailer may be pass",
        Front(Relay::new().trailers(|trailers| {
            if trailers.len() > 2 {
                trailers.splice(..0, b"Content-Length: 5\r\n".iter().copied());
            }
        })),
    ),
];
