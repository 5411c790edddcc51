//! Chapter 5: one process per request, both directions streamed.
//! It knows the clauses of mode `streaming` and the cases that judge them.
//! It refuses what other modes share: that stands in their chapters.

mod failures;
mod flow;
mod leaving;
mod limits;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 5,
    name: "streaming",
    title: "Mode streaming",
    intro: "Every request starts a process; the upload is its stdin and its stdout is the answer, both as they come.",
    clauses: CLAUSES,
    cases: &[flow::CASES, failures::CASES, limits::CASES, leaving::CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-5.1",
        "The request's body reaches stdin and stdout reaches the client, byte for byte.",
    ),
    Clause::must(
        "WD-5.2",
        "What the function writes reaches the client as it is written, without waiting for more.",
    ),
    Clause::must(
        "WD-5.3",
        "The answer's Content-Type is `content_type`, by default `application/octet-stream`.",
    ),
    Clause::must(
        "WD-5.4",
        "A function that fails before its first byte is answered with an error status.",
    ),
    Clause::must(
        "WD-5.5",
        "A function that fails after its first byte leads to an answer that is visibly cut.",
    ),
    Clause::must(
        "WD-5.6",
        "After `exec_timeout` the function and all its descendants in the group are killed and the answer ends.",
    ),
    Clause::must("WD-5.7", "A client that leaves stops the function."),
    Clause::must(
        "WD-5.8",
        "What the client sends reaches the function as it is sent, while the function answers.",
    ),
    Clause::must(
        "WD-5.9",
        "An upload that breaks off is never shown to the function as a whole one.",
    ),
    Clause::must(
        "WD-5.10",
        "A function may end without reading its input; the answer does not wait for the upload.",
    ),
    Clause::must("WD-5.11", "Any method runs the function, HEAD to its end."),
    Clause::must(
        "WD-5.12",
        "No header of a request changes the limits of its function.",
    ),
    Clause::must(
        "WD-5.13",
        "What the function writes to stderr is logged and never answered.",
    ),
];
