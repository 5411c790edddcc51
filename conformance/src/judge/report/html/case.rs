//! One case on the page: a line, and behind it everything that is known.
//! It knows what a reader looks at first.
//! It refuses to show evidence unasked: it is folded.

use maud::{Markup, html};

use super::super::Document;
use super::super::document::CaseReport;
use super::super::standing::CORE;
use crate::judge::{Fact, Facts, Verdict};

pub(super) fn case(document: &Document, case: &CaseReport) -> Markup {
    let care = if case.outcome.needs_care() { "1" } else { "" };
    html! {
        details .case .(case.outcome.name()) data-outcome=(case.outcome) data-level=(case.level) data-care=(care) {
            summary {
                span .outcome { (case.outcome.name().replace('-', " ")) }
                code .id { (case.id) @if case.round > 1 { " #" (case.round) } }
                span .level { (case.level) }
                span .title { (case.title) }
            }
            (story(document, case))
        }
    }
}

fn story(document: &Document, case: &CaseReport) -> Markup {
    let clause = document.clause(&case.clause);
    html! {
        @if !case.message.is_empty() { pre .message { (case.message) } }
        dl {
            dt { "clause" }
            dd { (case.clause) @if let Some(clause) = clause { " (" (clause.level) ") " (clause.text) } }
            dt { "profile" }
            dd { @if case.profiles.is_empty() { (CORE) } @else { (case.profiles.join(", ")) } }
            @if !case.listed.is_empty() { dt { "listed as" } dd { (case.listed) } }
            @for note in &case.notes { dt { "note" } dd { (note) } }
            (facts(&case.facts))
            @if case.outcome != Verdict::NotApplicable {
                dt { "took" } dd { (format!("{:.2} s", case.seconds)) }
            }
            @if !case.reproduce.is_empty() { dt { "reproduce" } dd { code { (case.reproduce) } } }
        }
        (evidence("Exchanges", &case.wire))
        (evidence("Log", &case.log))
        (evidence("The same by hand", &case.commands))
    }
}

fn evidence(title: &str, text: &str) -> Markup {
    html! {
        @if !text.is_empty() {
            details .evidence { summary { (title) } pre { (text.trim_end()) } }
        }
    }
}

/// What the suite adds, where there is something in it.
fn facts(facts: &Facts) -> Markup {
    let told = facts.0.iter().filter_map(|(name, fact)| match fact {
        Fact::Text(text) => Some((name, text.clone())),
        Fact::List(texts) => Some((name, texts.join(", "))),
        Fact::Group(_) | Fact::Other(_) => None,
    });
    html! {
        @for (name, text) in told.filter(|(_, text)| !text.is_empty()) {
            dt { (name) } dd { (text) }
        }
    }
}
