//! Chapter 13: limits.
//! It knows how slots leak and refusals mislead.
//! It refuses to know who asks.

use std::sync::atomic::{AtomicU64, Ordering};

use super::prelude::*;
use super::tools::hoard;

fn number(name: &str) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Slots that are lost.
static LOST: AtomicU64 = AtomicU64::new(0);

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "full-is-503",
        &["WD-13.1"],
        "a request over the limit is a 503",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 429 {
                head.set_status("503 Service Unavailable");
            }
        })),
    ),
    mutant(
        "full-not-internal",
        &["WD-13.1"],
        "a 429 does not say who refused",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 429 {
                head.remove("x-openfaas-internal");
            }
        })),
    ),
    mutant(
        "failures-keep-slots",
        &["WD-13.2"],
        "a request that fails does not give its slot back (BUG-01)",
        Front(
            Relay::new()
                .request(|_, talk| {
                    let (lost, max) = (LOST.load(Ordering::Relaxed), number("max_inflight"));
                    if max > 0 && lost >= max && !talk.probe() {
                        talk.reply("429 Too Many Requests", "");
                    }
                })
                .answer(|_, talk| {
                    if !talk.probe() && talk.status() >= 408 && talk.status() != 429 {
                        LOST.fetch_add(1, Ordering::Relaxed);
                    }
                }),
        ),
    ),
    mutant(
        "full-in-other-words",
        &["WD-13.4"],
        "the words of a 429 are others",
        Front(Relay::new().body(|data, talk| {
            if talk.status() == 429 {
                data.make_ascii_uppercase();
            }
        })),
    ),
    mutant(
        "one-too-many",
        &["WD-13.5"],
        "one request more than `max_inflight` runs",
        Around(|start| {
            if let Some(max) = start
                .get("max_inflight")
                .and_then(|text| text.parse::<u64>().ok())
            {
                start.set("max_inflight", &(max + 1).to_string());
            }
        }),
    ),
    mutant(
        "zero-is-one",
        &["WD-13.5"],
        "`max_inflight=0` is a limit of one",
        Around(|start| {
            if start
                .get("max_inflight")
                .is_some_and(|text| text == "0" || text == "-1")
            {
                start.set("max_inflight", "1");
            }
        }),
    ),
    mutant(
        "large-fields-are-500",
        &["WD-13.11"],
        "fields that do not fit into an environment are a 500",
        Front(Relay::new().answer(|head, talk| {
            if talk.status() == 431 {
                head.set_status("500 Internal Server Error");
            }
        })),
    ),
    mutant(
        "no-file-no-body",
        &["WD-13.13"],
        "a large body fails where no file takes it",
        Front(Relay::new().answer(|head, talk| {
            let length = talk
                .request
                .get("content-length")
                .and_then(|text| text.parse::<u64>().ok());
            if length.is_some_and(|length| length > 2 << 20) {
                head.set_status("507 Insufficient Storage");
            }
        })),
    ),
    mutant(
        "full-disk-untold",
        &["WD-13.13"],
        "nothing tells that files take no more",
        Stderr(|line| {
            if !line.has("Listening") {
                line.drop_it();
            }
        }),
    ),
    mutant(
        "memory-for-want-of-a-file",
        &["WD-13.14"],
        "what no file takes is kept in memory without a bound (BUG-29)",
        Over(Over::new().relay(Relay::new().up(|bytes| hoard(bytes)))),
    ),
];
