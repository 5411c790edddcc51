//! Chapters 4 and 5: what processes print, collected and as it comes.
//! It knows what gets lost between a process and an answer.
//! It refuses to know what a process is told.

use super::prelude::*;
use super::tools::{PLAIN, status};

/// Puts some bytes behind the body of an answer of known length.
fn longer(head: &mut Head, by: u64) {
    head.change("content-length", |text| {
        text.parse::<u64>()
            .map_or(text.to_owned(), |length| (length + by).to_string())
    });
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "serialized-output-cut",
        &["WD-4.1"],
        "the last byte of an output is lost",
        Below(|launch| {
            launch.stdout = Some(|from, to| {
                let mut all = Vec::new();
                from.read_to_end(&mut all)?;
                all.pop();
                to.write_all(&all)
            });
        }),
    ),
    mutant(
        "failure-text-longer",
        &["WD-4.2"],
        "a newline stands behind the exit status",
        Front(
            Relay::new()
                .answer(|head, talk| {
                    if talk.status() == 500 {
                        longer(head, 1);
                    }
                })
                .body(|data, talk| {
                    if talk.status() == 500 && data.is_empty() {
                        data.push(b'\n');
                    }
                }),
        ),
    ),
    mutant(
        "usual-methods-only",
        &["WD-4.4", "WD-5.11"],
        "methods other than the five usual ones are refused",
        Front(Relay::new().request(|_, talk| {
            if !PLAIN.contains(&talk.method()) {
                talk.reply("405 Method Not Allowed", "");
            }
        })),
    ),
    mutant(
        "stderr-in-the-answer",
        &["WD-4.5", "WD-5.13"],
        "what a function writes to stderr is in the answer",
        Below(|launch| launch.merged = true),
    ),
    mutant(
        "not-found-is-404",
        &["WD-4.6"],
        "a command that cannot be started is a 404",
        Front(Relay::new().answer(|head, talk| status(500, "404 Not Found")(head, talk))),
    ),
    mutant(
        "log-says-200",
        &["WD-4.9", "WD-11.8"],
        "access lines say 200, whatever was answered (BUG-32)",
        Stderr(|line| {
            for code in [404, 408, 429, 499, 500, 502, 504] {
                line.replace(&format!(" - {code} "), " - 200 ");
            }
        }),
    ),
    mutant(
        "threads-left",
        &["WD-4.10"],
        "each request leaves a thread behind (BUG-07)",
        Over(Over::new().relay(Relay::new().request(|_, talk| {
            if talk.method() == "POST" {
                std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_mins(1)));
            }
        }))),
    ),
    mutant(
        "streamed-byte-twice",
        &["WD-5.1"],
        "the first byte of every piece of output comes twice",
        Below(|launch| {
            launch.stdout = Some(|from, to| {
                edit(from, to, |piece, at| {
                    if at > 0
                        && let Some(&first) = piece.first()
                    {
                        piece.insert(0, first);
                    }
                })
            });
        }),
    ),
    mutant(
        "output-held-back",
        &["WD-5.2"],
        "output is held back until the function ends (BUG-06)",
        Below(|launch| {
            launch.stdout = Some(|from, to| {
                let mut all = Vec::new();
                from.read_to_end(&mut all)?;
                to.write_all(&all)
            });
        }),
    ),
    mutant(
        "small-pieces-held-back",
        &["WD-5.2", "WD-6.7", "WD-7.3"],
        "pieces of an answer are held back until there are 4 KiB (BUG-06)",
        Front(Relay::new().body(|data, talk| {
            let last = data.is_empty();
            talk.held.append(data);
            if last || talk.held.len() >= 4096 {
                std::mem::swap(data, &mut talk.held);
            }
        })),
    ),
    mutant(
        "streamed-type-is-text",
        &["WD-5.3"],
        "an output is text unless configured",
        Around(|start| {
            if start.get("content_type").is_none() {
                start.set("content_type", "text/plain");
            }
        }),
    ),
    mutant(
        "function-not-found-is-200",
        &["WD-5.4"],
        "a function that cannot be started is an empty 200 (BUG-27)",
        Front(Relay::new().answer(|head, talk| status(500, "200 OK")(head, talk))),
    ),
    mutant(
        "cut-answers-mended",
        &["WD-5.5", "WD-6.6"],
        "an answer that breaks off ends as if it were whole (BUG-12)",
        Front(Relay::new().mends_answers()),
    ),
    mutant(
        "upload-collected",
        &["WD-5.8"],
        "an upload is collected before the function sees any of it",
        Below(|launch| {
            launch.stdin = Some(|from, to| {
                let mut all = Vec::new();
                from.read_to_end(&mut all)?;
                to.write_all(&all)
            });
        }),
    ),
    mutant(
        "x-timeout-counts-everywhere",
        &["WD-5.12"],
        "X-Timeout shortens the time of any function",
        Front(Relay::new().request(|_, talk| {
            if talk.request.has("x-timeout") {
                talk.reply("504 Gateway Timeout", "");
            }
        })),
    ),
];
