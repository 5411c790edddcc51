//! Chapter 12, the way back: statuses, fields and bodies of answers.
//! It knows what proxies tidy up.
//! It refuses errors of the platform: they are with the troubles.

use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, SET_COOKIE};

use super::super::calls::{both, calls, is_ours, unasked, whole, wire};
use super::super::prelude::*;

/// Another status for answers of functions.
fn restated(told: &mut Told, asked: &Asked, change: fn(u16) -> u16) {
    if calls(asked) && !is_ours(told) {
        told.status = change(told.status);
    }
}

/// A field of a function's answer does not pass.
fn loses(told: &mut Told, asked: &Asked, name: &str) {
    if calls(asked) && !is_ours(told) {
        told.headers.remove(name);
    }
}

const fn down(flow: Flow) -> Layer {
    Front(Front {
        told: |told, asked, _| {
            if calls(asked) {
                told.headers.remove(CONTENT_LENGTH);
            }
        },
        flow: Some(flow),
        ..Front::NOTHING
    })
}

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "invoke/line-ends-changed",
        &["PR-12.3"],
        "line ends of an answer are made those of Unix",
        down(|data, _| {
            let text = data.windows(2).filter(|two| two == b"\r\n").count();
            if text > 0 {
                data.retain(|&byte| byte != b'\r');
            }
        }),
    ),
    mutant(
        "invoke/answer-cut",
        &["PR-12.3"],
        "an answer ends after 64 KiB, as if it were whole",
        down(|data, offset| {
            let room = usize::try_from(65_536_u64.saturating_sub(offset)).unwrap_or(0);
            data.truncate(room);
        }),
    ),
    mutant(
        "invoke/large-answers-cut",
        &["PR-12.4"],
        "an answer ends after 32 MiB, as if it were whole",
        down(|data, offset| {
            let room = (32_u64 << 20).saturating_sub(offset);
            data.truncate(usize::try_from(room).unwrap_or(0));
        }),
    ),
    mutant(
        "invoke/success-is-200",
        &["PR-12.13"],
        "every success is told as 200",
        when_told(|told, asked, _| {
            restated(
                told,
                asked,
                |status| if status < 300 { 200 } else { status },
            );
        }),
    ),
    mutant(
        "invoke/failure-is-502",
        &["PR-12.13"],
        "every 5xx of a function is told as 502",
        when_told(|told, asked, _| {
            restated(
                told,
                asked,
                |status| if status < 500 { status } else { 502 },
            );
        }),
    ),
    mutant(
        "invoke/teapot-is-400",
        &["PR-12.13"],
        "a 4xx that is not on a list is told as 400",
        when_told(|told, asked, _| {
            restated(told, asked, |status| match status {
                409 | 418 | 422 => 400,
                other => other,
            });
        }),
    ),
    mutant(
        "invoke/odd-status-is-500",
        &["PR-12.14"],
        "a status that is registered nowhere is told as 500",
        when_told(|told, asked, _| {
            restated(
                told,
                asked,
                |status| if status > 511 { 500 } else { status },
            );
        }),
    ),
    mutant(
        "invoke/redirect-followed",
        &["PR-12.15"],
        "the platform goes where a redirect leads",
        when_told(|told, asked, _| {
            if calls(asked) && told.headers.remove("location").is_some() {
                told.status = 200;
            }
        }),
    ),
    mutant(
        "invoke/location-rewritten",
        &["PR-12.15"],
        "a Location without a host gets the function's path before it",
        when_told(|told, asked, _| {
            let place = told.header("location").unwrap_or_default();
            if calls(asked) && place.starts_with('/') {
                let place = format!("/function/{}{place}", asked.name());
                told.set_header("location", &place);
            }
        }),
    ),
    mutant(
        "invoke/answer-fields-lost",
        &["PR-12.16"],
        "fields of an answer that no standard has are dropped",
        when_told(|told, asked, _| {
            let ours = ["x-call-id", "x-start-time", "x-openfaas-internal"];
            let names: Vec<HeaderName> = told.headers.keys().cloned().collect();
            for name in names {
                if name.as_str().starts_with("x-") && !ours.contains(&name.as_str()) {
                    loses(told, asked, name.as_str());
                }
            }
        }),
    ),
    mutant(
        "invoke/cookies-joined",
        &["PR-12.16"],
        "two Set-Cookie become one",
        when_told(|told, asked, _| {
            let all: Vec<&str> = told
                .headers
                .get_all(SET_COOKIE)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect();
            if calls(asked) && all.len() > 1 {
                let joined = all.join(", ");
                told.set_header("set-cookie", &joined);
            }
        }),
    ),
    mutant(
        "invoke/etag-lost",
        &["PR-12.16"],
        "the ETag of an answer is dropped",
        when_told(|told, asked, _| loses(told, asked, "etag")),
    ),
    mutant(
        "invoke/type-of-the-request",
        &["PR-12.16"],
        "an answer gets the content type of its request",
        when_told(|told, asked, _| {
            if calls(asked)
                && let Some(kind) = asked.headers.get("content-type")
            {
                told.headers.insert("content-type", kind.clone());
            }
        }),
    ),
    mutant(
        "invoke/own-login",
        &["PR-12.16"],
        "a 401 of a function asks for the platform's login",
        when_told(|told, asked, _| {
            if calls(asked) && told.status == 401 {
                told.set_header("www-authenticate", "Basic realm=\"Restricted\"");
            }
        }),
    ),
    mutant(
        "invoke/chunk-behind-nothing",
        &["PR-12.18"],
        "a last chunk follows an answer that has no body",
        wire(
            |_| {},
            |data| {
                if data.starts_with(b"HTTP/1.1 204") || data.starts_with(b"HTTP/1.1 304") {
                    data.extend_from_slice(b"0\r\n\r\n");
                }
            },
        ),
    ),
    mutant(
        "invoke/coding-untold",
        &["PR-12.19"],
        "a compressed answer does not say that it is",
        when_told(|told, asked, _| {
            if calls(asked) {
                told.headers.remove(CONTENT_ENCODING);
            }
        }),
    ),
    mutant(
        "invoke/coding-not-asked-for",
        &["PR-12.19"],
        "the function is told that the client takes no coding",
        when_asked(|asked, _| {
            if calls(asked) {
                asked.headers.remove("accept-encoding");
            }
        }),
    ),
    mutant(
        "invoke/coding-forced",
        &["PR-12.19"],
        "the platform asks for gzip, and passes it to a client that takes none",
        when_asked(|asked, _| {
            if calls(asked) {
                asked.set_header("accept-encoding", "gzip");
            }
        }),
    ),
    mutant(
        "invoke/connection-closed",
        &["PR-12.26"],
        "the connection ends after each call",
        when_told(|told, asked, _| {
            if calls(asked) {
                told.set_header("connection", "close");
            }
        }),
    ),
    mutant(
        "invoke/answer-before",
        &["PR-12.26"],
        "now and then an answer is that of the call before",
        whole(unasked, |told, asked, memory| {
            if !calls(asked) {
                return;
            }
            let now = told.text();
            let before = memory.get("before");
            memory.set("before", now);
            if memory.count("call").is_multiple_of(10)
                && let Some(before) = before.as_ref().and_then(|text| text.as_str())
            {
                told.set_body(before);
            }
        }),
    ),
    mutant(
        "invoke/early-answer-lost",
        &["PR-12.27"],
        "an answer that comes before the upload is whole never comes",
        both(unasked, |told, asked, _| {
            let length = asked.header("content-length").unwrap_or_default();
            let long = length.parse().is_ok_and(|length: u64| length > 1 << 21);
            if calls(asked) && long && told.status == 200 {
                told.delay = FOR_GOOD;
            }
        }),
    ),
];
