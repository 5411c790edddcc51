//! Chapter 14, what a queue tells of a call that it has made.
//! It knows callbacks that are lost, doubled, and not true.
//! It refuses the call itself.

use hyper::header::HeaderValue;
use hyper::{Method, Uri};

use super::super::calls::{calls_back, queues};
use super::super::prelude::*;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "async/callback-never",
        &["PR-14.5"],
        "no callback is made",
        when_asked(|asked, _| {
            if queues(asked) {
                asked.headers.remove("x-callback-url");
            }
        }),
    ),
    mutant(
        "async/callback-twice",
        &["PR-14.5"],
        "a callback is made twice",
        Inside(Fault::CallbackTwice),
    ),
    mutant(
        "async/callback-put",
        &["PR-14.5"],
        "a callback is a PUT",
        calls_back(|head, _| head.method = Method::PUT),
    ),
    mutant(
        "async/callback-path-lost",
        &["PR-14.5"],
        "a callback goes to the path /",
        calls_back(|head, _| head.uri = Uri::from_static("/")),
    ),
    mutant(
        "async/callback-empty",
        &["PR-14.5"],
        "a callback does not have what the function answered",
        calls_back(|_, body| body.clear()),
    ),
    mutant(
        "async/callback-fields-lost",
        &["PR-14.5"],
        "a callback has no field of the function's answer",
        calls_back(|head, _| {
            let ours = ["x-call-id", "x-duration-seconds", "x-function-status"];
            let ours = [&ours[..], &["x-function-name", "host"]].concat();
            let kept = head.headers.drain();
            let kept: Vec<_> = kept
                .filter_map(|(name, value)| Some((name?, value)))
                .collect();
            head.headers.extend(
                kept.into_iter()
                    .filter(|(name, _)| ours.contains(&name.as_str())),
            );
        }),
    ),
    mutant(
        "async/callback-without-id",
        &["PR-14.5"],
        "a callback does not tell the id",
        calls_back(|head, _| drop(head.headers.remove("x-call-id"))),
    ),
    mutant(
        "async/callback-in-milliseconds",
        &["PR-14.5"],
        "a callback tells its duration in milliseconds",
        calls_back(|head, _| {
            let told = head.headers.get("x-duration-seconds");
            let told = told.and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
            let text = format!("{:.3}", told.unwrap_or_default() * 1000.0);
            if let Ok(value) = HeaderValue::from_str(&text) {
                head.headers.insert("x-duration-seconds", value);
            }
        }),
    ),
    mutant(
        "async/callback-is-always-200",
        &["PR-14.5"],
        "a callback tells that all went well",
        calls_back(|head, _| {
            let well = HeaderValue::from_static("200");
            head.headers.insert("x-function-status", well);
        }),
    ),
    mutant(
        "async/callback-without-name",
        &["PR-14.5"],
        "a callback does not tell the function",
        calls_back(|head, _| drop(head.headers.remove("x-function-name"))),
    ),
    mutant(
        "async/failures-untold",
        &["PR-14.5"],
        "there is no callback where the function failed",
        Inside(Fault::FailuresUntold),
    ),
    mutant(
        "async/bad-callback-taken",
        &["PR-14.6"],
        "a callback to what is no URL is forgotten",
        when_asked(|asked, _| {
            let url = asked.header("x-callback-url").unwrap_or_default();
            let good = url.parse::<Uri>().is_ok_and(|url| url.host().is_some());
            if queues(asked) && !good {
                asked.headers.remove("x-callback-url");
            }
        }),
    ),
    mutant(
        "async/callback-holds-the-queue",
        &["PR-14.7"],
        "a callback that nobody answers is tried again and again, and the others wait",
        Inside(Fault::CallbackHolds),
    ),
];
