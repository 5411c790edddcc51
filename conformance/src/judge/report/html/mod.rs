//! The document as one HTML page that needs nothing else: searchable, filtered, evidence folded.
//! It knows the order in which a reader asks: does it conform, what fails, why.
//! It refuses anything from elsewhere, and works as a plain list where scripts are off.

mod case;
mod head;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use head::class;

use super::Document;
use crate::judge::{Level, Verdict};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn render(document: &Document) -> String {
    let title = format!("Conformance: {}", document.implementation.name);
    let body = html! {
        (head::header(document))
        main {
            (filters(document))
            @for (chapter, title) in chapters(document) {
                section data-chapter=(chapter) {
                    h2 { (title) " " span .of {} }
                    @for case in document.cases.iter().filter(|case| case.chapter() == chapter) {
                        (case::case(document, case))
                    }
                }
            }
            p #none hidden { "No case is like this. " button type="button" #all { "Show all" } }
        }
    };
    page(&title, &body, SCRIPT)
}

/// A whole page around what is on it.
pub(super) fn page(title: &str, body: &Markup, script: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(script)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// The chapters that have cases, in the order of the cases.
fn chapters(document: &Document) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for case in &document.cases {
        let name = case.chapter();
        if found.iter().all(|(known, _)| *known != name) {
            let told = document.chapters.iter().find(|one| one.name == name);
            found.push((name, told.map_or(name, |one| one.title.as_str())));
        }
    }
    found
}

/// Nothing here works without the script, which shows it.
fn filters(document: &Document) -> Markup {
    let care: usize = Verdict::ALL
        .into_iter()
        .filter(|verdict| verdict.needs_care())
        .map(|verdict| document.count(verdict))
        .sum();
    let chip = |name: &str, label: &str, count: usize| {
        html! {
            button type="button" .chip .(name) data-outcome=(name) aria-pressed="false" { (label) " " b { (count) } }
        }
    };
    html! {
        form #filters hidden {
            div .chips {
                @if care > document.count(Verdict::Fail) { (chip("care", "failures", care)) }
                @for count in document.counts.iter().filter(|count| count.count > 0) {
                    (chip(count.outcome.name(), &count.outcome.name().replace('-', " "), count.count))
                }
            }
            div .fields {
                input #search type="search" placeholder="Search ids, titles, messages, evidence" aria-label="Search";
                select #chapter aria-label="Chapter" {
                    option value="" { "all chapters" }
                    @for (name, title) in chapters(document) { option value=(name) { (title) } }
                }
                select #level aria-label="Level" {
                    option value="" { "all levels" }
                    @for level in Level::ALL { option { (level) } }
                }
                output #shown {}
            }
        }
    }
}
