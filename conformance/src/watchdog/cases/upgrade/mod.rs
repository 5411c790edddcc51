//! Chapter 7: what goes beyond a request and its answer.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses ordinary proxying: chapter 6.

mod h2c;
mod h2c_last;
mod h2c_limits;
mod h2c_shared;
mod h2c_states;
mod h2c_upstream;
mod rules;
mod streams;
mod websocket;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 7,
    name: "upgrade",
    title: "Upgrades and streams through http mode",
    intro: "WebSockets and other upgrades, event streams and HTTP/2 pass.",
    clauses: CLAUSES,
    cases: &[
        websocket::CASES,
        streams::CASES,
        h2c::CASES,
        h2c_limits::CASES,
        h2c_last::CASES,
        h2c_upstream::CASES,
        rules::CASES,
        h2c_shared::CASES,
        h2c_states::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-7.1",
        "A WebSocket passes, in both directions, and outlives `exec_timeout` and `write_timeout` while it is in use.",
    ),
    Clause::must(
        "WD-7.2",
        "Any other upgrade token passes too, in any case of letters.",
    ),
    Clause::must(
        "WD-7.3",
        "An event stream reaches the client event by event, whatever it said in `Accept`.",
    ),
    Clause::must(
        "WD-7.4",
        "A client that leaves an event stream or an upgraded connection frees what it held.",
    ),
    Clause::must(
        "WD-7.5",
        "A child that refuses an upgrade is heard as with any other request.",
    ),
    Clause::must(
        "WD-7.6",
        "`exec_timeout` bounds the time to the head of an upgrade and of an event stream.",
    ),
    Clause::must(
        "WD-7.7",
        "An event stream, told by the type of the answer, lives past `exec_timeout` and `write_timeout` while events flow.",
    ),
    Clause::must(
        "WD-7.8",
        "A silence longer than `stream_idle_timeout` (`exec_timeout` unless set) ends an event stream and an upgraded connection, visibly.",
    ),
    Clause::must(
        "WD-7.9",
        "No header of a request lifts a limit from an ordinary answer.",
    ),
    Clause::must(
        "WD-7.10",
        "An upgraded connection holds its slot of `max_inflight` until it is closed.",
    ),
    Clause::must(
        "WD-7.11",
        "An open WebSocket does not keep the watchdog from stopping.",
    ),
    Clause::may(
        "WD-7.12",
        "HTTP/2 with prior knowledge is served on the same port, with the same answers.",
    ),
    Clause::may(
        "WD-7.13",
        "With `upstream_protocol=h2c` the child is spoken to in HTTP/2, trailers included.",
    ),
    Clause::must(
        "WD-7.14",
        "Over HTTP/2, too, an answer is over when its client has taken it: until then it is in flight, and has its time; one that is out of time is reset alone.",
    ),
    Clause::must(
        "WD-7.15",
        "No stream of a connection takes the room that another one needs.",
    ),
    Clause::must(
        "WD-7.16",
        "A connection of HTTP/2 with nothing in flight is closed after `read_timeout`, whatever comes on it that is no request.",
    ),
    Clause::must(
        "WD-7.17",
        "A client with nothing in flight does not hold the end of a watchdog.",
    ),
    Clause::must(
        "WD-7.18",
        "Logs and figures do not depend on the version of HTTP.",
    ),
    Clause::must(
        "WD-7.19",
        "A request over HTTP/2 is held to the rules of one over HTTP/1.1: one host, a path, a method that is served, one length, not more fields.",
    ),
    Clause::must(
        "WD-7.20",
        "A 426 of the child names the protocols that it requires (RFC 9110, 15.5.22).",
    ),
    Clause::must(
        "WD-7.21",
        "An offer to upgrade to h2c is taken out of a list of protocols, and the others stay.",
    ),
    Clause::must(
        "WD-7.22",
        "Over HTTP/2 to the child no request waits for another: not for an answer that its client does not read, nor for an upload that the child does not take (RFC 9113, 5.2).",
    ),
    Clause::must(
        "WD-7.23",
        "A request whose stream the child refuses (REFUSED_STREAM) is sent again a few times (RFC 9113, 8.7).",
    ),
    Clause::must(
        "WD-7.24",
        "An HTTP/2 connection to the child that answers nothing is given up, and costs one request.",
    ),
    Clause::must(
        "WD-7.25",
        "Fields that no trailer may be (RFC 9110, 6.5.1; RFC 9113, 8.2.2) are dropped from a child's trailers, and do not cost the body.",
    ),
    Clause::must(
        "WD-7.26",
        "An HTTP/2 connection to the child on which nothing happens is closed.",
    ),
    Clause::must(
        "WD-7.27",
        "A stream that has its answer is not open for ever because its client might go on sending.",
    ),
];

fn server(rig: &Rig) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("http-server", &[]))
}
