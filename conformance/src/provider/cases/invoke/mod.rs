//! Invoking a function.
//! It knows what of a request reaches the function, and what of its answer comes back.
//! It refuses streams and queues: they have chapters of their own.

mod answers;
mod bodies;
mod connections;
mod forwarded;
mod headers;
mod methods;
mod paths;
mod queries;
mod trouble;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 12,
    name: "invoke",
    title: "Invoking a function",
    intro: "An invocation is an HTTP request that passes through; a function sees what the client sent, and the client what the function answered.",
    clauses: CLAUSES,
    cases: &[
        methods::CASES,
        bodies::CASES,
        paths::CASES,
        queries::CASES,
        headers::CASES,
        forwarded::CASES,
        answers::CASES,
        trouble::CASES,
        connections::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[(
    "INV-56",
    "A suite that judges over the network cannot take away the provider behind a gateway, and would take it away from everybody else.",
)];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-12.1",
        "GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS reach the function as what they are.",
    ),
    Clause::may(
        "PR-12.2",
        "Other methods are 405, or reach the function as what they are.",
    ),
    Clause::must(
        "PR-12.3",
        "The bytes of a body pass unchanged in both directions, whatever they are and however the client frames them.",
    ),
    Clause::should("PR-12.4", "A body of 50 MiB passes in both directions."),
    Clause::must(
        "PR-12.5",
        "The path behind the name reaches the function as it is, `/` where there is none; what is percent-encoded stays equivalent.",
    ),
    Clause::may(
        "PR-12.6",
        "An encoded slash in the path reaches the function, encoded or not, or is refused.",
    ),
    Clause::must("PR-12.7", "The query reaches the function byte by byte."),
    Clause::should(
        "PR-12.8",
        "A path with empty or dot segments is redirected, refused or passed on; it never reaches another function or a file.",
    ),
    Clause::must(
        "PR-12.9",
        "The header fields of a client reach the function: every field, every value, unchanged.",
    ),
    Clause::should(
        "PR-12.10",
        "`X-Forwarded-Host` is the host that the client asked for, and `X-Forwarded-For` begins with who asked; what a client brings itself is kept.",
    ),
    Clause::must(
        "PR-12.11",
        "A gateway gives each call an `X-Call-Id` and an `X-Start-Time`, which both the function and the client see; an id that the client brings is used.",
    ),
    Clause::should(
        "PR-12.12",
        "Every call without an id gets one of its own, in the form of a UUID.",
    ),
    Clause::must(
        "PR-12.13",
        "The status of the function is the status of the answer.",
    ),
    Clause::should(
        "PR-12.14",
        "A status that is registered nowhere passes, too.",
    ),
    Clause::must(
        "PR-12.15",
        "A redirect of the function is the client's to follow; its `Location` stays as it is.",
    ),
    Clause::must(
        "PR-12.16",
        "The header fields of the answer reach the client: every field, every value, unchanged.",
    ),
    Clause::may(
        "PR-12.17",
        "An answer without `Content-Type` gets one, or none.",
    ),
    Clause::must(
        "PR-12.18",
        "204 and 304 have no body, and the connection is good for the next request.",
    ),
    Clause::should(
        "PR-12.19",
        "A coded body passes as it is to a client that takes the coding; a client that takes none gets a body that is not coded.",
    ),
    Clause::must(
        "PR-12.20",
        "A call of a function that is not there is 404, 502 or 503.",
    ),
    Clause::should(
        "PR-12.21",
        "An error of the platform says so with `X-OpenFaaS-Internal`.",
    ),
    Clause::must(
        "PR-12.22",
        "An error of the function does not bear `X-OpenFaaS-Internal`.",
    ),
    Clause::must(
        "PR-12.23",
        "A function that closes without an answer, or does not listen, is a 5xx, in bounded time.",
    ),
    Clause::must(
        "PR-12.24",
        "A call that takes seconds is answered; one that takes longer than the platform allows ends with a 5xx or a closed connection.",
    ),
    Clause::should(
        "PR-12.25",
        "A client that leaves ends the function's request.",
    ),
    Clause::must(
        "PR-12.26",
        "One connection carries many calls, and each gets its own answer.",
    ),
    Clause::should(
        "PR-12.27",
        "A function that answers before it has read the body gives that answer, or the connection is closed.",
    ),
    Clause::should(
        "PR-12.28",
        "`Expect: 100-continue`, HTTP/1.0, long fields, long queries and hop-by-hop fields of a client do not break a call.",
    ),
    Clause::must(
        "PR-12.29",
        "The name of a function is compared byte by byte.",
    ),
    Clause::should(
        "PR-12.30",
        "The function sees a `Host`: the client's or its own address.",
    ),
];
