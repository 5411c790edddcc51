//! The document as a badge: two words beside each other, in SVG.
//! It knows how wide letters are, roughly.
//! It refuses to load anything: a badge is shown as an image.

use maud::html;

use super::Document;
use super::standing::Conformity;
use crate::judge::Level;

const HEIGHT: u32 = 20;
const PADDING: u32 = 6;

pub(super) fn render(document: &Document) -> String {
    let left = format!("{} contract", document.contract);
    let musts = document
        .conformance
        .iter()
        .filter(|standing| standing.level == Level::Must);
    let (held, meant) = musts.fold((0, 0), |(held, meant), one| {
        (held + one.held(), meant + one.meant())
    });
    let right = format!("{} {held}/{meant}", document.verdict);
    let (split, rest) = (width(&left), width(&right));
    let all = split + rest;
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height=(HEIGHT) role="img" aria-label=(format!("{left}: {right}")) {
            title { (left) ": " (right) }
            clipPath id="r" { rect width=(all) height=(HEIGHT) rx="3" {} }
            g clip-path="url(#r)" {
                rect width=(split) height=(HEIGHT) fill="#444" {}
                rect x=(split) width=(rest) height=(HEIGHT) fill=(colour(document.verdict)) {}
            }
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                text x=(PADDING) y="14" textLength=(split - 2 * PADDING) { (left) }
                text x=(split + PADDING) y="14" textLength=(rest - 2 * PADDING) { (right) }
            }
        }
    };
    svg.into_string() + "\n"
}

fn colour(verdict: Conformity) -> &'static str {
    match verdict {
        Conformity::Conformant => "#1a7f37",
        Conformity::PartiallyConformant => "#9a6700",
        Conformity::NotConformant => "#cf222e",
        Conformity::NotApplicable => "#6e7781",
    }
}

/// As wide as the letters need at 11 pixels, or a little more.
fn width(text: &str) -> u32 {
    let letters: u32 = text
        .chars()
        .map(|letter| match letter {
            'i' | 'l' | 'j' | 't' | 'f' | ' ' | '/' => 4,
            'm' | 'w' => 10,
            _ => 7,
        })
        .sum();
    letters + 2 * PADDING
}
