//! Chapter 12, the header fields of a call: the client's, and those that the platform adds.
//! It knows what proxies drop, join and overwrite.
//! It refuses the fields of answers.

use hyper::header::{HeaderName, HeaderValue};

use super::super::calls::{behind, calls};
use super::super::prelude::*;

/// A field of a call does not pass.
fn loses(asked: &mut Asked, name: &str) {
    if calls(asked) {
        asked.headers.remove(name);
    }
}

/// The platform's word, whatever the client brings.
fn overwrites(asked: &mut Asked, name: &'static str, value: &str) {
    if calls(asked) {
        asked.set_header(name, value);
    }
}

/// Too much for a server with that limit.
fn refuses(asked: &mut Asked, too_much: bool, status: u16) {
    if calls(asked) && too_much {
        asked.answer(status, "");
    }
}

/// The fields that a proxy with a list of its own lets through.
const KNOWN: [&str; 9] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
    "user-agent",
];

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "invoke/unknown-fields-lost",
        &["PR-12.9"],
        "fields that are on no list do not reach the function",
        when_asked(|asked, _| {
            if calls(asked) {
                let names: Vec<HeaderName> = asked.headers.keys().cloned().collect();
                for name in names {
                    if !KNOWN.contains(&name.as_str()) {
                        asked.headers.remove(name);
                    }
                }
            }
        }),
    ),
    mutant(
        "invoke/first-of-many-fields",
        &["PR-12.9"],
        "of a field that is there several times the first value passes",
        when_asked(|asked, _| {
            if calls(asked) {
                let names: Vec<HeaderName> = asked.headers.keys().cloned().collect();
                for name in names {
                    if let Some(first) = asked.headers.get(&name).cloned() {
                        asked.headers.insert(name, first);
                    }
                }
            }
        }),
    ),
    mutant(
        "invoke/content-type-cut",
        &["PR-12.9"],
        "the parameters of Content-Type are cut off",
        when_asked(|asked, _| {
            let kind = asked.header("content-type").map(str::to_owned);
            if let Some(kind) = kind.as_deref().and_then(|kind| kind.split(';').next()) {
                overwrites(asked, "content-type", kind);
            }
        }),
    ),
    mutant(
        "invoke/cookie-lost",
        &["PR-12.9"],
        "cookies do not reach the function",
        when_asked(|asked, _| loses(asked, "cookie")),
    ),
    mutant(
        "invoke/range-lost",
        &["PR-12.9"],
        "a cache on the way asks for all of it",
        when_asked(|asked, _| loses(asked, "range")),
    ),
    mutant(
        "invoke/user-agent-overwritten",
        &["PR-12.9"],
        "the function sees the platform's User-Agent",
        when_asked(|asked, _| overwrites(asked, "user-agent", "gateway/1.0")),
    ),
    mutant(
        "invoke/trace-lost",
        &["PR-12.9"],
        "the platform begins a trace of its own",
        when_asked(|asked, _| {
            let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            overwrites(asked, "traceparent", own);
        }),
    ),
    mutant(
        "invoke/forwarded-host-lost",
        &["PR-12.10"],
        "the function does not learn which host was asked for",
        behind(|head| drop(head.headers.remove("x-forwarded-host"))),
    ),
    mutant(
        "invoke/forwarded-host-inner",
        &["PR-12.10"],
        "X-Forwarded-Host is the address of the function",
        behind(|head| {
            if let Some(host) = head.headers.get("host").cloned() {
                head.headers.insert("x-forwarded-host", host);
            }
        }),
    ),
    mutant(
        "invoke/forwarded-for-bridge",
        &["PR-12.10"],
        "X-Forwarded-For is the address of the bridge between containers",
        when_asked(|asked, _| {
            if asked.header("x-forwarded-for").is_none() {
                overwrites(asked, "x-forwarded-for", "10.62.0.1");
            }
        }),
    ),
    mutant(
        "invoke/forwarded-for-overwritten",
        &["PR-12.10"],
        "an X-Forwarded-For that came along is replaced",
        when_asked(|asked, _| loses(asked, "x-forwarded-for")),
    ),
    mutant(
        "invoke/call-id-outside-only",
        &["PR-12.11"],
        "the function sees no X-Call-Id",
        behind(|head| drop(head.headers.remove("x-call-id"))),
    ),
    mutant(
        "invoke/start-time-in-seconds",
        &["PR-12.11"],
        "X-Start-Time is in seconds",
        when_asked(|asked, _| overwrites(asked, "x-start-time", "1700000000")),
    ),
    mutant(
        "invoke/call-id-inside-only",
        &["PR-12.11"],
        "the client is not told the X-Call-Id",
        when_told(|told, asked, _| {
            if calls(asked) {
                told.headers.remove("x-call-id");
            }
        }),
    ),
    mutant(
        "invoke/call-id-another",
        &["PR-12.11"],
        "the client is told another X-Call-Id than the function",
        when_told(|told, asked, memory| {
            if calls(asked) {
                let number = memory.count("call");
                let id = format!("00000000-0000-4000-8000-{number:012x}");
                told.set_header("x-call-id", &id);
            }
        }),
    ),
    mutant(
        "invoke/call-id-replaced",
        &["PR-12.11"],
        "an X-Call-Id that the client brings is replaced",
        when_asked(|asked, _| loses(asked, "x-call-id")),
    ),
    mutant(
        "invoke/call-id-always-the-same",
        &["PR-12.12"],
        "each call without an id has the same",
        when_asked(|asked, _| {
            if asked.header("x-call-id").is_none() {
                let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
                overwrites(asked, "x-call-id", id);
            }
        }),
    ),
    mutant(
        "invoke/call-id-counted",
        &["PR-12.12"],
        "ids of calls are numbers",
        when_asked(|asked, memory| {
            if asked.header("x-call-id").is_none() {
                let number = memory.count("call").to_string();
                overwrites(asked, "x-call-id", &number);
            }
        }),
    ),
    mutant(
        "invoke/long-query-refused",
        &["PR-12.28"],
        "an address of more than 4 KiB is 414",
        when_asked(|asked, _| refuses(asked, asked.target.len() > 4096, 414)),
    ),
    mutant(
        "invoke/long-field-refused",
        &["PR-12.28"],
        "a field of more than 8 KiB is 431",
        when_asked(|asked, _| {
            let long = asked.headers.values().any(|value| value.len() > 8192);
            refuses(asked, long, 431);
        }),
    ),
    mutant(
        "invoke/upgrade-refused",
        &["PR-12.28"],
        "an Upgrade to what is not known is 400",
        when_asked(|asked, _| {
            let upgrade = asked.header("upgrade").is_some_and(|to| to != "websocket");
            refuses(asked, upgrade, 400);
        }),
    ),
    mutant(
        "invoke/expect-refused",
        &["PR-12.28"],
        "Expect: 100-continue is 417",
        when_asked(|asked, _| refuses(asked, asked.header("expect").is_some(), 417)),
    ),
    mutant(
        "invoke/host-empty",
        &["PR-12.30"],
        "the function sees no host in Host",
        behind(|head| drop(head.headers.insert("host", HeaderValue::from_static("")))),
    ),
];
