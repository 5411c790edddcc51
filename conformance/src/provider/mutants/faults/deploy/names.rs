//! Chapter 3: what names of functions and of images fall foul of.
//! It knows lengths, letters, dashes, digits, ports and digests.
//! It refuses names that nobody would give.

use super::super::prelude::*;
use super::super::tools::{FUNCTIONS, deploys, field, put, text};
use crate::provider::reference::is_label;

pub(in super::super) const FAULTS: &[Mutant] = &[
    mutant(
        "deploy/names-of-50",
        &["PR-3.12"],
        "names of more than 50 characters are refused, as a suffix has to fit behind them",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) && asked.name().len() > 50 {
                asked.answer(400, "service: expected at most 50 characters");
            }
        }),
    ),
    mutant(
        "deploy/names-cut",
        &["PR-3.12"],
        "names are cut after 60 characters",
        when_asked(|asked, _| cut(asked, 60)),
    ),
    mutant(
        "deploy/dashes-refused",
        &["PR-3.12"],
        "two dashes in a row are refused",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) && asked.name().contains("--") {
                asked.answer(400, "service: expected no --");
            }
        }),
    ),
    mutant(
        "deploy/names-cleaned",
        &["PR-3.11"],
        "what cannot stand in a name is replaced, and the function gets another one",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) {
                field(asked, "service", |name| {
                    let text = name.as_str().unwrap_or_default();
                    let clean = text.replace(['/', ' ', '.', '%'], "-");
                    *name = clean.trim_matches('-').into();
                });
            }
        }),
    ),
    mutant(
        "deploy/names-folded",
        &["PR-3.13"],
        "capitals in a name become small letters, and the function gets another one",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) {
                field(asked, "service", |name| {
                    *name = name.as_str().unwrap_or_default().to_lowercase().into();
                });
            }
        }),
    ),
    mutant(
        "deploy/underscores-folded",
        &["PR-3.13"],
        "underscores in a name become dashes, and the function gets another one",
        when_asked(|asked, _| {
            if asked.is("POST", FUNCTIONS) {
                field(asked, "service", |name| {
                    *name = name.as_str().unwrap_or_default().replace('_', "-").into();
                });
            }
        }),
    ),
    mutant(
        "deploy/names-cut-at-63",
        &["PR-3.13"],
        "names are cut after 63 characters in place of being refused",
        when_asked(|asked, _| cut(asked, 63)),
    ),
    mutant(
        "deploy/digits-half-made",
        &["PR-3.13"],
        "a name that begins with a digit is taken, and then cannot be the name of a service",
        when_asked(|asked, _| {
            let digit = asked.name().starts_with(|one: char| one.is_ascii_digit());
            if asked.is_call() && digit {
                asked.answer(503, "no endpoints");
            }
        }),
    ),
    mutant(
        "deploy/ports-refused",
        &["PR-3.25"],
        "an image ends at its first colon, and the port of a registry is taken for a tag",
        when_asked(|asked, _| {
            let image = text(&asked.json(), "image");
            if deploys(asked) && image.split(':').nth(1).is_some_and(|tag| tag.contains('/')) {
                asked.answer(400, "image: expected NAME:TAG");
            }
        }),
    ),
    mutant(
        "deploy/digests-refused",
        &["PR-3.25"],
        "an image with a digest is refused",
        when_asked(|asked, _| {
            if deploys(asked) && text(&asked.json(), "image").contains('@') {
                asked.answer(400, "image: expected NAME:TAG");
            }
        }),
    ),
];

/// Cuts the name of a new function, where it would have been one but for its length.
fn cut(asked: &mut Asked, most: usize) {
    let name = asked.name();
    let start = name.get(..most).filter(|_| asked.is("POST", FUNCTIONS));
    if let Some(start) = start.map(|start| start.trim_end_matches('-'))
        && is_label(start)
    {
        let start = start.to_owned();
        put(asked, "service", start);
    }
}
