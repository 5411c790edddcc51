//! Streams, in both directions, and upgraded connections.
//! It knows when the bytes came, not only which.
//! It refuses to judge the bodies of ordinary calls.

mod endings;
mod pace;
mod uploads;
mod websocket;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 13,
    name: "stream",
    title: "Streams",
    intro: "What a function sends piece by piece reaches the client piece by piece.",
    clauses: CLAUSES,
    cases: &[
        pace::CASES,
        endings::CASES,
        websocket::CASES,
        uploads::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-13.1",
        "To a client that accepts `text/event-stream` events come as they are produced, unchanged, with their content type.",
    ),
    Clause::must(
        "PR-13.2",
        "At a provider lines come as they are produced to a client that accepts `application/x-ndjson`.",
    ),
    Clause::should(
        "PR-13.3",
        "At a gateway lines come as they are produced to a client that accepts `application/x-ndjson`.",
    ),
    Clause::may(
        "PR-13.4",
        "To a client that asks for no stream pieces come as they are produced, or all at the end; they all come.",
    ),
    Clause::should(
        "PR-13.5",
        "`text/event-stream` counts wherever it stands in `Accept`.",
    ),
    Clause::must(
        "PR-13.6",
        "A client that leaves a stream ends the function's request.",
    ),
    Clause::must(
        "PR-13.7",
        "A stream from a function that does not answer is a 5xx, and from one that is not there 404, 502 or 503.",
    ),
    Clause::should(
        "PR-13.8",
        "A stream goes on for as long as an answer may take; a longer one is ended, and the platform goes on.",
    ),
    Clause::must(
        "PR-13.9",
        "A WebSocket is opened, carries texts and bytes both ways, and is closed by its handshake.",
    ),
    Clause::should("PR-13.10", "Many WebSockets at once keep apart."),
    Clause::should(
        "PR-13.11",
        "A WebSocket to a function that is not there is an error.",
    ),
    Clause::should(
        "PR-13.12",
        "A function sees the first bytes of a body before the client has sent the last.",
    ),
];
