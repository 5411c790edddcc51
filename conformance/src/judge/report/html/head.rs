//! The top of the page: what was judged, and how far it conforms.
//! It knows profiles and levels.
//! It refuses single cases: those are below.

use maud::{Markup, html};

use super::super::Document;
use super::super::standing::{Conformity, Standing};
use crate::judge::Level;

pub(super) fn header(document: &Document) -> Markup {
    let what = &document.implementation;
    html! {
        header {
            h1 { (what.name) " " span .verdict .(class(document.verdict)) { (document.verdict) } }
            p .sub { "judged by the " (document.contract) " contract, suite " (document.suite) }
            (profiles(document))
            details {
                summary { "What was judged, and how" }
                dl {
                    @for told in &what.facts { dt { (told.name) } dd { (told.value) } }
                    dt { "date" } dd { (document.date) }
                    dt { "on" } dd { (document.kernel) ", " (document.arch) }
                    dt { "took" } dd { (format!("{:.1} s", document.seconds)) }
                    dt { "exit code" } dd { (document.exit) }
                    @for left in &document.left_behind { dt { "left behind" } dd { (left) } }
                    dt { "reproduce" } dd { code { (document.reproduce) } }
                }
            }
        }
    }
}

fn profiles(document: &Document) -> Markup {
    html! {
        div .wide {
            table {
                thead {
                    tr { th { "profile" } @for level in Level::ALL { th { (level) } } }
                }
                tbody {
                    @for name in document.profiles() {
                        tr { th scope="row" { (name) } @for level in Level::ALL { (cell(document.standing(name, level))) } }
                    }
                }
            }
        }
    }
}

/// How far one profile conforms at one level.
fn cell(standing: Option<&Standing>) -> Markup {
    let Some(one) = standing else {
        return html! { td {} };
    };
    let numbers = format!("{}/{}", one.held(), one.meant());
    html! {
        td .(class(one.verdict)) title=(one.verdict) {
            span .sign { (one.verdict.sign()) }
            span .word { " " (one.verdict) }
            @if one.verdict != Conformity::NotApplicable { " " span .of { (numbers) } }
        }
    }
}

pub(in super::super) fn class(verdict: Conformity) -> &'static str {
    match verdict {
        Conformity::Conformant => "good",
        Conformity::PartiallyConformant => "some",
        Conformity::NotConformant => "bad",
        Conformity::NotApplicable => "none",
    }
}
