//! Chapter 15: large bodies and many requests.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses speed.

mod connections;
mod echoes;
mod memory;
mod soak;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 15,
    name: "integrity",
    title: "Integrity",
    intro: "No byte is lost, whatever the size, the framing or the number of requests.",
    clauses: CLAUSES,
    cases: &[
        echoes::CASES,
        memory::CASES,
        connections::CASES,
        soak::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-15.1",
        "A body of any size comes back byte for byte, sized or chunked.",
    ),
    Clause::must(
        "WD-15.2",
        "Streaming modes pass bodies of any size in constant memory.",
    ),
    Clause::must(
        "WD-15.3",
        "Many requests leave no descriptors, processes or threads behind.",
    ),
    Clause::must("WD-15.4", "The pace of a client changes no byte."),
    Clause::must(
        "WD-15.5",
        "Requests at the same time do not see each other's bytes.",
    ),
    Clause::must(
        "WD-15.6",
        "Buffering modes hold large bodies elsewhere than in memory.",
    ),
    Clause::should(
        "WD-15.7",
        "Uploads at the same time take less than a megabyte of memory each.",
    ),
    Clause::should(
        "WD-15.8",
        "Connections that ask for nothing, or not yet, take little memory, however many there are.",
    ),
];
