//! What a provider stands.
//! It knows broken requests, broken functions, and how one tries to get where one must not.
//! It refuses floods: one request at a time is enough to show a weakness.

mod bodies;
mod functions;
mod injection;
mod requests;

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 18,
    name: "robustness",
    title: "What a provider stands",
    intro: "Neither a broken client nor a broken function takes the platform down, or gets what is not its own.",
    clauses: CLAUSES,
    cases: &[
        bodies::CASES,
        requests::CASES,
        injection::CASES,
        functions::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[(
    "ROB-14",
    "A suite that judges over the network cannot start a provider anew, and would do it to everybody else.",
)];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-18.1",
        "A deployment that is nested deeply or very large is refused or taken, and the provider goes on.",
    ),
    Clause::must(
        "PR-18.2",
        "Bytes that are no UTF-8 are refused or replaced; what is told of them is JSON.",
    ),
    Clause::should(
        "PR-18.3",
        "A field that is there twice is no fault of the provider.",
    ),
    Clause::must(
        "PR-18.4",
        "A deployment whose body breaks off creates nothing.",
    ),
    Clause::should(
        "PR-18.5",
        "A client that takes for ever to send its body is cut off.",
    ),
    Clause::must(
        "PR-18.6",
        "What is no HTTP is answered with 400, or the connection is closed; the provider goes on.",
    ),
    Clause::must(
        "PR-18.7",
        "A request whose length can be read in two ways is refused, or read as chunked; never is its body taken for a request.",
    ),
    Clause::should(
        "PR-18.8",
        "An address of over 1 MiB is a 4xx, or the connection is closed.",
    ),
    Clause::must(
        "PR-18.9",
        "Line ends in variables, labels and annotations become no header fields.",
    ),
    Clause::should(
        "PR-18.10",
        "What a shell would act on is text like any other.",
    ),
    Clause::should(
        "PR-18.11",
        "The path of a call selects a function, and no other host or port.",
    ),
    Clause::should(
        "PR-18.12",
        "No path behind a function's name leads to a system route.",
    ),
    Clause::must(
        "PR-18.13",
        "An answer of a function that is no HTTP is a 5xx.",
    ),
    Clause::must(
        "PR-18.14",
        "An answer that breaks off is an error to the client, too; it never looks whole.",
    ),
    Clause::should(
        "PR-18.15",
        "An answer with 1 MiB of header fields passes whole, or is a 5xx.",
    ),
    Clause::should(
        "PR-18.16",
        "A function that ends at every start does not disturb others.",
    ),
    Clause::should(
        "PR-18.17",
        "Whatever was made can be removed, and is gone then.",
    ),
];
