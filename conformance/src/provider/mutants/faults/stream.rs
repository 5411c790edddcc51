//! Chapter 13: streams.
//! It knows buffers, time limits and tunnels.
//! It refuses ordinary calls.

use hyper::header::CONTENT_LENGTH;

use super::calls::{calls, is_ours};
use super::prelude::*;

/// What the client would like to be answered with.
fn accepts(asked: &Asked) -> &str {
    asked.header("accept").unwrap_or_default()
}

fn wants_events(asked: &Asked) -> bool {
    calls(asked) && accepts(asked).contains("text/event-stream")
}

fn wants_lines(asked: &Asked) -> bool {
    calls(asked) && accepts(asked).contains("application/x-ndjson")
}

fn wants_stream(asked: &Asked) -> bool {
    wants_events(asked) || wants_lines(asked)
}

fn wants_socket(asked: &Asked) -> bool {
    calls(asked) && asked.header("upgrade") == Some("websocket")
}

/// Changes the pieces of event streams.
fn pieces(told: &mut Told, asked: &Asked, flow: Flow) {
    if wants_events(asked) {
        told.headers.remove(CONTENT_LENGTH);
        told.flow = Some(flow);
    }
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "stream/events-gathered",
        &["PR-13.1"],
        "events come all at the end",
        when_told(|told, asked, _| told.gather = wants_events(asked)),
    ),
    mutant(
        "stream/events-are-text",
        &["PR-13.1"],
        "the type of an event stream is text/plain",
        when_told(|told, asked, _| {
            if wants_events(asked) {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "stream/pings",
        &["PR-13.1"],
        "comments are put between events to keep the connection",
        when_told(|told, asked, _| {
            pieces(told, asked, |data, offset| {
                if offset > 0 {
                    data.extend_from_slice(b": ping\n\n");
                }
            });
        }),
    ),
    mutant(
        "stream/empty-lines-lost",
        &["PR-13.1"],
        "the empty line that ends an event is dropped",
        when_told(|told, asked, _| {
            pieces(told, asked, |data, _| {
                if data.ends_with(b"\n\n") {
                    data.pop();
                }
            });
        }),
    ),
    mutant(
        "stream/lines-gathered",
        &["PR-13.2", "PR-13.3"],
        "lines of JSON come all at the end",
        when_told(|told, asked, _| told.gather = wants_lines(asked)),
    ),
    mutant(
        "stream/lines-are-json",
        &["PR-13.2", "PR-13.3"],
        "the type of lines of JSON is application/json",
        when_told(|told, asked, _| {
            if wants_lines(asked) {
                told.set_header("content-type", "application/json");
            }
        }),
    ),
    mutant(
        "stream/one-piece-only",
        &["PR-13.4"],
        "of what nobody asked for as a stream the first piece comes",
        when_told(|told, asked, _| {
            if calls(asked) && accepts(asked).is_empty() {
                told.headers.remove(CONTENT_LENGTH);
                told.flow = Some(|data, offset| {
                    if offset > 0 {
                        data.clear();
                    }
                });
            }
        }),
    ),
    mutant(
        "stream/events-first-in-accept",
        &["PR-13.5"],
        "events are streamed only where Accept begins with their type",
        when_told(|told, asked, _| {
            let first = accepts(asked).starts_with("text/event-stream");
            told.gather = wants_events(asked) && !first;
        }),
    ),
    mutant(
        "stream/left-streams-go-on",
        &["PR-13.6"],
        "a stream goes on after its client has left",
        Inside(Fault::StreamsDetached),
    ),
    mutant(
        "stream/dead-function-is-200",
        &["PR-13.7"],
        "a stream from a function that does not answer is an empty 200",
        when_told(|told, asked, _| {
            if wants_stream(asked) && is_ours(told) && told.status >= 500 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "stream/closed-is-200",
        &["PR-13.7"],
        "a stream from a function that closes without an answer is an empty 200",
        when_told(|told, asked, _| {
            if wants_stream(asked) && told.status == 502 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "stream/missing-is-200",
        &["PR-13.7"],
        "a stream from nobody is an empty 200",
        when_told(|told, asked, _| {
            if wants_stream(asked) && is_ours(told) && told.status == 404 {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "stream/missing-lines-hang",
        &["PR-13.7"],
        "lines of nobody are waited for",
        when_told(|told, asked, _| {
            if wants_lines(asked) && is_ours(told) && told.status == 404 {
                told.delay = FOR_GOOD;
            }
        }),
    ),
    mutant(
        "stream/cut-after-5-seconds",
        &["PR-13.8"],
        "a stream is cut after 5 seconds",
        Inside(Fault::StreamsCut),
    ),
    mutant(
        "stream/websocket-stripped",
        &["PR-13.9"],
        "Upgrade does not pass",
        when_asked(|asked, _| {
            if wants_socket(asked) {
                asked.headers.remove("upgrade");
            }
        }),
    ),
    mutant(
        "stream/websocket-one-way",
        &["PR-13.9"],
        "nothing comes back through a WebSocket",
        Inside(Fault::TunnelOneWay),
    ),
    mutant(
        "stream/websocket-short",
        &["PR-13.9"],
        "a WebSocket ends after 64 KiB",
        Inside(Fault::TunnelShort),
    ),
    mutant(
        "stream/websocket-unclosed",
        &["PR-13.9"],
        "a WebSocket stays open after its closing handshake",
        Inside(Fault::TunnelUnclosed),
    ),
    mutant(
        "stream/ten-websockets",
        &["PR-13.10"],
        "the eleventh WebSocket is 503",
        when_asked(|asked, memory| {
            if wants_socket(asked) && memory.count("socket") > 10 {
                asked.answer(503, "");
            }
        }),
    ),
    mutant(
        "stream/websocket-to-nobody",
        &["PR-13.11"],
        "a WebSocket to nobody is a 200",
        when_told(|told, asked, _| {
            if wants_socket(asked) && is_ours(told) {
                told.become_status(200);
            }
        }),
    ),
    mutant(
        "stream/upload-gathered",
        &["PR-13.12"],
        "an upload is passed on once it is whole",
        Front(Front {
            whole: true,
            ..Front::NOTHING
        }),
    ),
];
