//! Chapter 18, requests that are no HTTP, or that two readers read differently.
//! It knows the first lines of answers, and the lengths of requests.
//! It refuses to know what was asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::calls::wire;
use super::super::prelude::*;

/// Replaces a part of what goes over a connection.
pub(super) fn swap(data: &mut Vec<u8>, old: &[u8], new: &[u8]) -> bool {
    let at = data.windows(old.len()).position(|part| part == old);
    if let Some(at) = at {
        data.splice(at..at + old.len(), new.iter().copied());
    }
    at.is_some()
}

/// The lines of the head of a request, for as long as they are all there.
fn drop_line(data: &mut Vec<u8>, unwanted: impl Fn(&str, &[&str]) -> bool) {
    let Some(end) = data.windows(4).position(|part| part == b"\r\n\r\n") else {
        return;
    };
    let head = String::from_utf8_lossy(data.get(..end).unwrap_or_default()).into_owned();
    let mut kept: Vec<&str> = Vec::new();
    for line in head.split("\r\n") {
        if !unwanted(&line.to_ascii_lowercase(), &kept) {
            kept.push(line);
        }
    }
    data.splice(..end, kept.join("\r\n").into_bytes());
}

fn is_length(line: &str) -> bool {
    line.to_ascii_lowercase().starts_with("content-length:")
}

static DOWN: AtomicBool = AtomicBool::new(false);

const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request";

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "robustness/garbage-is-200",
        &["PR-18.6"],
        "what is no HTTP is answered 200",
        wire(
            |_| {},
            |data| {
                swap(data, REFUSED, b"HTTP/1.1 200 OK");
            },
        ),
    ),
    mutant(
        "robustness/garbage-takes-it-down",
        &["PR-18.6"],
        "after what is no HTTP nothing is answered",
        wire(
            |_| {},
            |data| {
                if data.starts_with(REFUSED) {
                    DOWN.store(true, Ordering::SeqCst);
                } else if DOWN.load(Ordering::SeqCst) {
                    swap(
                        data,
                        b"HTTP/1.1 200 OK",
                        b"HTTP/1.1 503 Service Unavailable",
                    );
                }
            },
        ),
    ),
    mutant(
        "robustness/length-before-chunks",
        &["PR-18.7"],
        "where there are a length and chunks the length counts",
        wire(
            |data| {
                let head = String::from_utf8_lossy(data).to_ascii_lowercase();
                if head.contains("content-length:") {
                    drop_line(data, |line, _| line.starts_with("transfer-encoding:"));
                }
            },
            |_| {},
        ),
    ),
    mutant(
        "robustness/first-length-counts",
        &["PR-18.7"],
        "of two lengths the first one counts",
        wire(
            |data| {
                drop_line(data, |line, kept| {
                    is_length(line) && kept.iter().any(|kept| is_length(kept))
                });
            },
            |_| {},
        ),
    ),
    mutant(
        "robustness/large-is-500",
        &["PR-18.1"],
        "a body that is too large is a fault of the provider",
        wire(
            |_| {},
            |data| {
                let refused = b"HTTP/1.1 413 Payload Too Large";
                swap(data, refused, b"HTTP/1.1 500 Internal Server Error");
            },
        ),
    ),
    mutant(
        "robustness/long-address-is-500",
        &["PR-18.8"],
        "an address that is too long is a fault of the provider",
        wire(
            |_| {},
            |data| {
                for refused in [
                    &b"HTTP/1.1 414 URI Too Long"[..],
                    b"HTTP/1.1 431 Request Header Fields Too Large",
                ] {
                    swap(data, refused, b"HTTP/1.1 500 Internal Server Error");
                }
            },
        ),
    ),
];
