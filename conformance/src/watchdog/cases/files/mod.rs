//! Chapter 8: the file server.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses anything a function does.

mod coding;
mod condition;
mod content;
mod deploy;
mod escape;
mod range;
mod route;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 8,
    name: "files",
    title: "Mode static",
    intro: "Files below `static_path` are served.",
    clauses: CLAUSES,
    cases: &[
        content::CASES,
        condition::CASES,
        range::CASES,
        coding::CASES,
        route::CASES,
        escape::CASES,
        deploy::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-8.1",
        "A file is served with its type, length and modification time.",
    ),
    Clause::must("WD-8.2", "A missing file is a 404."),
    Clause::must("WD-8.3", "Nothing outside `static_path` can be reached."),
    Clause::must(
        "WD-8.4",
        "Ranges of bytes are a 206 with those parts; a range beyond the end is a 416.",
    ),
    Clause::must(
        "WD-8.5",
        "Conditional requests are judged in the order of RFC 9110: a 304 has no body, a failed precondition is a 412.",
    ),
    Clause::should(
        "WD-8.6",
        "A file has a strong `ETag`, which changes with its content.",
    ),
    Clause::may(
        "WD-8.7",
        "A compressed sibling (`.br`, `.gz`) is served where the client prefers its coding, with `Vary`.",
    ),
    Clause::must(
        "WD-8.8",
        "A directory stands for its `index.html`; directories without a slash, index files and files with a slash are redirected by relative references, the query kept.",
    ),
    Clause::must(
        "WD-8.9",
        "Directories are not listed and names with a leading dot are not served, unless asked for by `static_listing` and `static_dotfiles`.",
    ),
    Clause::must("WD-8.10", "Only GET and HEAD are served: others are a 405."),
    Clause::must(
        "WD-8.11",
        "What is neither a file nor a directory is missing, and holds nobody up.",
    ),
    Clause::must(
        "WD-8.12",
        "A file that becomes shorter while it is sent cuts the answer.",
    ),
    Clause::must("WD-8.13", "A missing `static_path` is an error at start."),
    Clause::may(
        "WD-8.14",
        "`static_fallback` is served for missing pages, not for missing assets.",
    ),
    Clause::must(
        "WD-8.15",
        "Where the name in `static_path` comes to stand for another directory, that one is served, as confined as the first; where it stands for none, `/_/ready` is 503.",
    ),
    Clause::must(
        "WD-8.16",
        "`/.well-known/` is served although other names with a leading dot are not (RFC 8615).",
    ),
];
