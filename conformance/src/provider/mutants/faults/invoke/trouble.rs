//! Chapter 12, calls that go wrong.
//! It knows how platforms hide their errors, and how they wait for good.
//! It refuses to wait itself.

use super::super::calls::{calls, is_ours};
use super::super::prelude::*;

/// An error of the platform on the way to a function.
fn ours(told: &Told, asked: &Asked, statuses: &[u16]) -> bool {
    calls(asked) && is_ours(told) && statuses.contains(&told.status)
}

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "invoke/missing-is-200",
        &["PR-12.20"],
        "a call of nobody is answered 200, without a body",
        when_told(|told, asked, _| {
            if ours(told, asked, &[404]) {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "invoke/missing-is-500",
        &["PR-12.20"],
        "a call of nobody is 500",
        when_told(|told, asked, _| {
            if ours(told, asked, &[404]) {
                told.status = 500;
            }
        }),
    ),
    mutant(
        "invoke/missing-hangs",
        &["PR-12.20"],
        "a call of nobody waits for somebody",
        when_told(|told, asked, _| {
            if ours(told, asked, &[404]) {
                told.delay = FOR_GOOD;
            }
        }),
    ),
    mutant(
        "invoke/mark-lost",
        &["PR-12.21"],
        "errors of the platform are not marked",
        when_told(|told, asked, _| {
            if calls(asked) {
                told.headers.remove("x-openfaas-internal");
            }
        }),
    ),
    mutant(
        "invoke/mark-on-all-errors",
        &["PR-12.22"],
        "every 5xx is marked as the platform's",
        when_told(|told, asked, _| {
            if calls(asked) && told.status >= 500 {
                told.set_header("x-openfaas-internal", "proxy");
            }
        }),
    ),
    mutant(
        "invoke/no-answer-is-200",
        &["PR-12.23"],
        "a function that closes without an answer is an empty 200",
        when_told(|told, asked, _| {
            if calls(asked) && told.status == 502 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "invoke/no-answer-hangs",
        &["PR-12.23"],
        "a function that closes without an answer is waited for",
        when_told(|told, asked, _| {
            if calls(asked) && told.status == 502 {
                told.delay = FOR_GOOD;
            }
        }),
    ),
    mutant(
        "invoke/not-listening-is-404",
        &["PR-12.23"],
        "a function that does not listen is told as one that is not there",
        when_told(|told, asked, _| {
            if ours(told, asked, &[503]) {
                told.status = 404;
            }
        }),
    ),
    mutant(
        "invoke/three-seconds-at-most",
        &["PR-12.24"],
        "a call is ended after 3 seconds",
        Inside(Fault::CallsCut),
    ),
    mutant(
        "invoke/left-calls-go-on",
        &["PR-12.25"],
        "a call goes on after its client has left",
        Inside(Fault::CallsDetached),
    ),
    mutant(
        "invoke/http10-refused",
        &["PR-12.28"],
        "HTTP/1.0 is 505",
        Inside(Fault::OldHttpRefused),
    ),
];
