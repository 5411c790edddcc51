//! Chapter 14: calls that are left in a queue.
//! It knows how they are lost, doubled and told of.
//! It refuses what is the same without a queue.

pub(super) mod callbacks;

use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;

use super::calls::{below, both, query, queues, untold, whole};
use super::prelude::*;

/// An id that nobody else has.
fn another(memory: &Memory) -> String {
    format!("00000000-0000-4000-8000-{:012x}", memory.count("id"))
}

/// The call is taken, and never made.
fn swallow(asked: &mut Asked) {
    asked.answer(202, "");
}

fn taken(told: &mut Told, asked: &Asked, memory: &Memory) {
    if queues(asked) && told.status == 202 && told.header("x-call-id").is_none() {
        told.set_header("x-call-id", &another(memory));
    }
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "async/taken-is-200",
        &["PR-14.1"],
        "a call that is taken is 200",
        when_told(|told, asked, _| {
            if queues(asked) && told.status == 202 {
                told.status = 200;
            }
        }),
    ),
    mutant(
        "async/id-untold",
        &["PR-14.1"],
        "the client is not told the id of its call",
        when_told(|told, asked, _| {
            if queues(asked) {
                told.headers.remove("x-call-id");
            }
        }),
    ),
    mutant(
        "async/waits",
        &["PR-14.1"],
        "a call is answered after 3 seconds",
        when_told(|told, asked, _| {
            if queues(asked) {
                told.delay = Duration::from_secs(3);
            }
        }),
    ),
    mutant(
        "async/lost",
        &["PR-14.2"],
        "a call that was taken is never made",
        both(
            |asked, _| {
                if queues(asked) {
                    swallow(asked);
                }
            },
            taken,
        ),
    ),
    mutant(
        "async/made-twice",
        &["PR-14.2"],
        "a call that was taken is made twice",
        whole(
            |asked, _| {
                if queues(asked) {
                    asked.times = 2;
                }
            },
            untold,
        ),
    ),
    mutant(
        "async/body-is-text",
        &["PR-14.2"],
        "the body of a call in the queue is kept as UTF-8",
        whole(
            |asked, _| {
                if queues(asked) {
                    let text = String::from_utf8_lossy(asked.body()).into_owned();
                    asked.set_body(text);
                }
            },
            untold,
        ),
    ),
    mutant(
        "async/fields-lost",
        &["PR-14.2"],
        "the queue keeps no field that no standard has",
        when_asked(|asked, _| {
            if queues(asked) {
                let ours = ["x-call-id", "x-callback-url"];
                let names: Vec<HeaderName> = asked.headers.keys().cloned().collect();
                for name in names {
                    if name.as_str().starts_with("x-") && !ours.contains(&name.as_str()) {
                        asked.headers.remove(name);
                    }
                }
            }
        }),
    ),
    mutant(
        "async/type-lost",
        &["PR-14.2"],
        "a call from the queue has the type application/octet-stream",
        when_asked(|asked, _| {
            if queues(asked) {
                asked.set_header("content-type", "application/octet-stream");
            }
        }),
    ),
    mutant(
        "async/query-lost",
        &["PR-14.2"],
        "the query does not reach the function",
        when_asked(|asked, _| {
            if queues(asked) {
                query(asked, |_| String::new());
            }
        }),
    ),
    mutant(
        "async/path-lost",
        &["PR-14.2"],
        "the path does not reach the function",
        when_asked(|asked, _| {
            if queues(asked) {
                below(asked, |_| "/".to_owned());
            }
        }),
    ),
    mutant(
        "async/another-id",
        &["PR-14.3"],
        "the client is told another id than the function",
        when_told(|told, asked, memory| {
            if queues(asked) && told.status == 202 {
                let id = another(memory);
                told.set_header("x-call-id", &id);
            }
        }),
    ),
    mutant(
        "async/own-id-replaced",
        &["PR-14.4"],
        "an id that the client brings is replaced",
        when_asked(|asked, _| {
            if queues(asked) {
                asked.headers.remove("x-call-id");
            }
        }),
    ),
    mutant(
        "async/missing-stops-the-queue",
        &["PR-14.7"],
        "after a call of nobody no call is made",
        both(
            |asked, memory| {
                if queues(asked) && memory.get("stopped").is_some() {
                    swallow(asked);
                }
            },
            |told, asked, memory| {
                if queues(asked) && told.status == 404 {
                    memory.set("stopped", true);
                }
                taken(told, asked, memory);
            },
        ),
    ),
    mutant(
        "async/get-taken",
        &["PR-14.8"],
        "a GET is queued",
        when_asked(|asked, _| {
            if queues(asked) && asked.method == Method::GET {
                asked.method = Method::POST;
            }
        }),
    ),
    mutant(
        "async/put-taken",
        &["PR-14.8"],
        "a PUT is queued",
        when_asked(|asked, _| {
            if queues(asked) && asked.method == Method::PUT {
                asked.method = Method::POST;
            }
        }),
    ),
    mutant(
        "async/namespace-unknown",
        &["PR-14.9"],
        "a name with its namespace is nobody",
        when_asked(|asked, _| {
            if queues(asked) && asked.name().contains('.') {
                asked.answer(404, "");
            }
        }),
    ),
    mutant(
        "async/one-in-forty-lost",
        &["PR-14.10"],
        "one call in forty is never made",
        both(
            |asked, memory| {
                if queues(asked) && memory.count("call").is_multiple_of(40) {
                    swallow(asked);
                }
            },
            taken,
        ),
    ),
    mutant(
        "async/small-bodies-only",
        &["PR-14.11"],
        "a body of more than 128 KiB is 413",
        when_asked(|asked, _| {
            let length = asked.header("content-length").unwrap_or_default();
            if queues(asked) && length.parse().is_ok_and(|length: u64| length > 131_072) {
                asked.answer(413, "");
            }
        }),
    ),
    mutant(
        "async/large-bodies-wait",
        &["PR-14.11"],
        "a body that is too large is not refused at once",
        when_told(|told, asked, _| {
            if queues(asked) && told.status == 413 {
                told.delay = FOR_GOOD;
            }
        }),
    ),
    mutant(
        "async/taken-without-a-queue",
        &["PR-14.12"],
        "without a queue a call is taken all the same",
        when_told(|told, asked, _| {
            if queues(asked) && told.status == 404 {
                told.become_status(202);
            }
        }),
    ),
    mutant(
        "async/take-back-fails",
        &["PR-14.13"],
        "taking a call back is a fault of the queue",
        when_asked(|asked, _| {
            if asked.is("DELETE", "/async-function/") {
                asked.answer(500, "");
            }
        }),
    ),
    mutant(
        "async/called-with-put",
        &["PR-14.15"],
        "the function is called with PUT",
        Inside(Fault::QueuePuts),
    ),
];
