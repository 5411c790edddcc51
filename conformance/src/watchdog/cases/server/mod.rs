//! Chapter 2: HTTP itself, whatever answers.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what a mode puts into an answer.

mod chunks;
mod connections;
mod known;
mod malformed;
mod routing;
mod smuggling;
mod targets;
mod unread;
mod uploads;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 2,
    name: "server",
    title: "The HTTP envelope",
    intro: "What every mode shares towards its clients: framing, connections, bad requests.",
    clauses: CLAUSES,
    cases: &[
        routing::CASES,
        connections::CASES,
        uploads::CASES,
        malformed::CASES,
        smuggling::CASES,
        chunks::CASES,
        known::CASES,
        targets::CASES,
        unread::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-2.1",
        "HTTP/1.1 connections are kept for further requests, unless either side says `close`.",
    ),
    Clause::must(
        "WD-2.2",
        "A malformed request is answered with 400 and the connection is closed; no function sees it.",
    ),
    Clause::must("WD-2.3", "Pipelined requests are answered in order."),
    Clause::must(
        "WD-2.4",
        "An HTTP/1.0 client gets an answer it can read: no chunks, and a close unless it asked to keep.",
    ),
    Clause::must(
        "WD-2.5",
        "An idle connection, and one whose request does not come to its end, is closed after `read_timeout`: the one counts from the last answer, the other from the first byte.",
    ),
    Clause::must(
        "WD-2.6",
        "`/_/health` is matched on the decoded path, exactly and whatever the query; all else is the function's.",
    ),
    Clause::must(
        "WD-2.7",
        "Paths reach the function as they were sent: no redirect tidies them up.",
    ),
    Clause::must(
        "WD-2.8",
        "A target in absolute form is taken apart: path and query go to the function, its authority is the Host.",
    ),
    Clause::must(
        "WD-2.9",
        "CONNECT with an authority is no request for the function; `OPTIONS *` gets an answer.",
    ),
    Clause::must(
        "WD-2.10",
        "An HTTP/1.1 request has exactly one Host; any other number is a 400.",
    ),
    Clause::must(
        "WD-2.11",
        "A head beyond the limit for heads is a 431 and a close.",
    ),
    Clause::must(
        "WD-2.12",
        "A request has one framing: where two are said, it is refused or the chunks count, and nobody is answered twice.",
    ),
    Clause::must(
        "WD-2.13",
        "An upload whose chunks are malformed is never a success.",
    ),
    Clause::must(
        "WD-2.14",
        "An answer to HEAD, and a 204 or 304, has no body; the next answer begins right after it.",
    ),
    Clause::must(
        "WD-2.15",
        "A client that waits for `100 Continue` gets it when its body is wanted.",
    ),
    Clause::must(
        "WD-2.16",
        "A client that sends its whole upload gets the whole answer, even if nobody read the upload.",
    ),
    Clause::must(
        "WD-2.17",
        "What is left of an unread upload is never taken for the next request.",
    ),
    Clause::must("WD-2.18", "Answers carry a Date."),
    Clause::must(
        "WD-2.19",
        "Names of header fields are written with a capital after each hyphen.",
    ),
    Clause::must(
        "WD-2.20",
        "An offer to upgrade to h2c is no obstacle to an answer in HTTP/1.1.",
    ),
    Clause::must(
        "WD-2.21",
        "An answer is over when its client has taken its last byte: until then it is in flight, and has its time.",
    ),
    Clause::should(
        "WD-2.22",
        "Who speaks something else than HTTP is told so at once.",
    ),
    Clause::must(
        "WD-2.23",
        "A target passes as it was sent, whatever is in it but control bytes and blanks, and however long the limit for heads lets it be.",
    ),
    Clause::must(
        "WD-2.24",
        "A Host that is neither empty nor a name or an address, with or without a port, is a 400 (RFC 9112, 3.2).",
    ),
    Clause::must(
        "WD-2.25",
        "No control byte stands in the line before a chunk, and the extensions of a body's chunks are bound (RFC 9112, 7.1.1).",
    ),
    Clause::must(
        "WD-2.26",
        "A connection that is to end is read for seconds behind its last answer, and not for as long as its client likes to send.",
    ),
];
