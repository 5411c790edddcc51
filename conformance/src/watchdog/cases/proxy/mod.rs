//! Chapter 6: the ordinary way of a request to the child and back.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses upgrades, event streams and HTTP/2: chapter 7.

mod answer;
mod broken;
mod deadline;
mod framing;
mod links;
mod pool;
mod request;
mod seen;
mod upload;
pub(super) mod upstream;

use crate::watchdog::prelude::*;

pub use seen::Seen;

pub const CHAPTER: Chapter = Chapter {
    number: 6,
    name: "proxy",
    title: "Mode http",
    intro: "One long-lived child serves HTTP; the watchdog passes requests to it.",
    clauses: CLAUSES,
    cases: &[
        request::CASES,
        upload::CASES,
        answer::CASES,
        deadline::CASES,
        broken::CASES,
        framing::CASES,
        pool::CASES,
        links::CASES,
        upstream::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-6.1",
        "Method, target, headers and body reach the child unchanged, hop-by-hop headers excepted.",
    ),
    Clause::must(
        "WD-6.2",
        "Status, headers and body of the child reach the client, hop-by-hop headers excepted.",
    ),
    Clause::must(
        "WD-6.3",
        "A body of known length reaches the child with `Content-Length`.",
    ),
    Clause::must(
        "WD-6.4",
        "A child that gives no answer is a 502 with `X-OpenFaaS-Internal`.",
    ),
    Clause::must(
        "WD-6.5",
        "A child over `exec_timeout` is a 504 with `X-OpenFaaS-Internal`.",
    ),
    Clause::must("WD-6.6", "A body that the child breaks off is visibly cut."),
    Clause::must(
        "WD-6.7",
        "What the child writes reaches the client as it is written, while the upload goes on.",
    ),
    Clause::must(
        "WD-6.8",
        "No target and no header of a request chooses where it is sent: that is `upstream_url`, and its path is put before every target's.",
    ),
    Clause::must(
        "WD-6.9",
        "The watchdog invents no header of a request but `X-Call-Id`, changes no body and answers `Expect` itself.",
    ),
    Clause::must(
        "WD-6.10",
        "An upload that breaks off, or is malformed or late, never reaches the child as a whole one, and is a 400 or 408 with `X-OpenFaaS-Internal`.",
    ),
    Clause::must(
        "WD-6.11",
        "`X-Timeout` (a duration with a unit) can shorten `exec_timeout` and do nothing else.",
    ),
    Clause::must(
        "WD-6.12",
        "`exec_timeout` holds from the head of the request to the last byte of an ordinary answer, however slow the upload; passed after the head it cuts the connection.",
    ),
    Clause::must(
        "WD-6.13",
        "`X-OpenFaaS-Internal` is on every answer that is not the child's own, and never added to one that is.",
    ),
    Clause::must(
        "WD-6.14",
        "`X-Duration-Seconds` is the watchdog's own, with six decimals.",
    ),
    Clause::must(
        "WD-6.15",
        "The child is never given a request twice, unless it has a safe method, no body, and met a kept connection that was closed.",
    ),
    Clause::should("WD-6.16", "Connections to the child are used again."),
    Clause::must(
        "WD-6.17",
        "A client that leaves ends what the child does for it, and is not taken for a timeout.",
    ),
    Clause::must(
        "WD-6.18",
        "Requests wait for a child that does not listen yet, up to `startup_timeout`; then they are a 503.",
    ),
    Clause::must(
        "WD-6.19",
        "A client that reads slowly slows the child down, and costs no memory.",
    ),
    Clause::may("WD-6.20", "The child may listen on a unix socket."),
    Clause::must(
        "WD-6.21",
        "Trailers pass in both directions; to the client, where it says `TE: trailers`.",
    ),
    Clause::must(
        "WD-6.22",
        "Interim answers (1xx, but for 100 and 101) reach a client of HTTP/1.1 as they come, and no client of HTTP/1.0 (RFC 9110, 15.2).",
    ),
    Clause::must(
        "WD-6.23",
        "Where an answer of the child ends is decided by RFC 9112, 6.1 to 6.3: what that does not allow is a 502, what is in doubt the last of its connection.",
    ),
    Clause::must(
        "WD-6.24",
        "A blank between a field's name and its colon is removed from an answer of the child (RFC 9112, 5.1).",
    ),
    Clause::should(
        "WD-6.25",
        "Limits on the head of the child's answer are told and out of the way.",
    ),
    Clause::must(
        "WD-6.26",
        "The lines of an answer in chunks are held to the rules of those of an upload.",
    ),
    Clause::must(
        "WD-6.27",
        "A child that closes connections without saying so, after an answer or when idle, costs no request that could not be sent again (RFC 9112, 9.3.1).",
    ),
    Clause::must(
        "WD-6.28",
        "A connection to the child that comes to nothing is given up within seconds, and is a 502 with `X-OpenFaaS-Internal`.",
    ),
    Clause::should(
        "WD-6.29",
        "Who closes an idle connection to the child first is the watchdog.",
    ),
];

fn server(rig: &Rig) -> Setup {
    server_with(rig, &[])
}

fn server_with(rig: &Rig, args: &[&str]) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("http-server", args))
}

/// Whether an exchange ended so that the client can tell that something is missing.
fn is_cut(answer: Result<Response, Failure>) -> bool {
    answer.map_or(true, |r| !r.end.is_clean())
}

/// The answer is the watchdog's own, with this status.
fn own_answer(r: &Response, status: u16, of: &str) -> Outcome {
    check_eq!(r.status, status, "status of {of}");
    check!(
        r.headers.has("x-openfaas-internal"),
        "no X-OpenFaaS-Internal on the {status} of {of}"
    );
    Ok(())
}
