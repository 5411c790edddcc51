//! Chapter 7: streams, upgrades and HTTP/2 through both.
//! It knows how streams are held back, cut off or never ended.
//! It refuses to know messages that end by themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::prelude::*;

/// A limit that the watchdog was given.
fn limit(name: &str) -> Option<Duration> {
    let text = std::env::var(name).ok()?;
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 0.001),
        None => (text.trim_end_matches('s'), 1.0),
    };
    let number: f64 = digits.parse().ok()?;
    (number > 0.0).then(|| Duration::from_secs_f64(number * unit))
}

pub(super) const LIST: &[Mutant] = &[
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
    mutant(
        "idle-http2-children-kept",
        &["WD-7.26"],
        "an HTTP/2 connection to the child is never closed",
        Upstream(Relay::new().deaf()),
    ),
    mutant(
        "answered-streams-stay-open",
        &["WD-7.27"],
        "a stream that has its answer waits for the rest of its upload",
        Front(Relay::new().frame_down(|frame| {
            if frame.kind == Frame::RST_STREAM {
                Fate::Drop
            } else {
                Fate::Pass
            }
        })),
    ),
    mutant(
        "sigterm-ignored",
        &["WD-7.11", "WD-7.17", "WD-10.1", "WD-10.10"],
        "SIGTERM is ignored",
        Over(Over::new().signal(|_, _| None)),
    ),
];
