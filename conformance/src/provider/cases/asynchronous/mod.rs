//! Asynchronous invocations.
//! It knows the queue of a gateway and the callbacks it makes.
//! It refuses to expect an order in the queue.

mod callbacks;
mod delivery;
mod taking;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 14,
    name: "async",
    title: "Asynchronous invocations",
    intro: "An invocation can be left in a queue; the answer goes to a callback.",
    clauses: CLAUSES,
    cases: &[taking::CASES, delivery::CASES, callbacks::CASES],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-14.1",
        "A POST to `/async-function/NAME` is 202 with an `X-Call-Id`, without waiting for the function.",
    ),
    Clause::must(
        "PR-14.2",
        "A call that was accepted is made, once, with its body, fields, query and path.",
    ),
    Clause::must(
        "PR-14.3",
        "The function sees the `X-Call-Id` that the client was answered.",
    ),
    Clause::should(
        "PR-14.4",
        "An `X-Call-Id` that the client brings is the call's.",
    ),
    Clause::must(
        "PR-14.5",
        "What the function answers is POSTed to the `X-Callback-Url`, with the id of the call, its duration, its status and the function's name.",
    ),
    Clause::should("PR-14.6", "An `X-Callback-Url` that cannot be read is 400."),
    Clause::should(
        "PR-14.7",
        "Neither a callback that nobody answers nor a function that is not there holds up the queue.",
    ),
    Clause::must("PR-14.8", "A GET is 405."),
    Clause::should(
        "PR-14.9",
        "A name with the default namespace is the same function.",
    ),
    Clause::should(
        "PR-14.10",
        "A hundred calls that are accepted are all made.",
    ),
    Clause::should(
        "PR-14.11",
        "A body of 200 000 bytes is taken; one of 10 MiB is refused at once, or taken.",
    ),
    Clause::must(
        "PR-14.12",
        "Where there is no queue nothing is accepted: 404 or 501.",
    ),
    Clause::may(
        "PR-14.13",
        "A call that waits can be taken back by DELETE with its id, or that is 405.",
    ),
    Clause::may(
        "PR-14.14",
        "A call that was answered 429 is made again, or its status is told.",
    ),
    Clause::should("PR-14.15", "The function is called with POST."),
];
