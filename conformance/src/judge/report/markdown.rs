//! The document as Markdown, for a job summary.
//! It knows tables and folds.
//! It refuses to list what passed: the counts say it.

use std::fmt::Write as _;

use super::Document;
use super::document::CaseReport;
use crate::judge::{Level, Verdict};

/// More failures than these are named, but not shown: a job summary has an end.
const SHOWN: usize = 20;
/// How much of a message stands in a table, and how much of evidence in a fold.
const TOLD: usize = 400;
const EVIDENCE: usize = 8 << 10;

pub(super) fn render(document: &Document) -> String {
    let what = &document.implementation;
    let mut out = format!(
        "# Conformance: {}\n\n**{}** with the {} contract.\n\n",
        cell(&what.name),
        document.verdict,
        document.contract
    );
    for told in &what.facts {
        let _ = writeln!(out, "- {}: `{}`", told.name, told.value.replace('`', "'"));
    }
    for left in &document.left_behind {
        let _ = writeln!(out, "- left behind: {}", cell(left));
    }
    let _ = write!(
        out,
        "- date: {}, {}, {}\n- reproduce: `{}`\n\n",
        document.date, document.kernel, document.arch, document.reproduce,
    );
    profiles(&mut out, document);
    out.push_str("\n| outcome | cases |\n|---|---:|\n");
    for count in document.counts.iter().filter(|count| count.count > 0) {
        let _ = writeln!(out, "| {} | {} |", count.outcome, count.count);
    }
    let (care, rest): (Vec<_>, Vec<_>) = document
        .cases
        .iter()
        .filter(|case| !matches!(case.outcome, Verdict::Pass | Verdict::NotApplicable))
        .partition(|case| case.outcome.needs_care());
    table(&mut out, "What fails", &care);
    for case in care.iter().take(SHOWN) {
        fold(&mut out, case);
    }
    table(&mut out, "What does not count", &rest);
    out
}

fn profiles(out: &mut String, document: &Document) {
    out.push_str("| profile | MUST | SHOULD | MAY |\n|---|---|---|---|\n");
    for name in document.profiles() {
        let _ = write!(out, "| {} |", cell(name));
        for level in Level::ALL {
            let one = document.standing(name, level);
            let text = one.map_or(String::new(), |one| match one.meant() {
                0 => format!(" {}", one.verdict),
                meant => format!(" {} {}/{meant}", one.verdict, one.held()),
            });
            let _ = write!(out, "{text} |");
        }
        out.push('\n');
    }
}

fn table(out: &mut String, title: &str, cases: &[&CaseReport]) {
    if cases.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "\n## {title}\n\n| case | clause | outcome | message |\n|---|---|---|---|\n"
    );
    for case in cases {
        let (id, clause, outcome) = (&case.id, &case.clause, case.outcome);
        let message = cell(&short(&case.message, TOLD));
        let _ = writeln!(out, "| `{id}` | {clause} | {outcome} | {message} |");
    }
}

/// Everything a failure has to tell, folded.
fn fold(out: &mut String, case: &CaseReport) {
    let _ = write!(out, "\n<details><summary>{}</summary>\n\n", cell(&case.id));
    let _ = writeln!(out, "Expected: {}\n", cell(&case.title));
    for text in [
        &case.reproduce,
        &case.message,
        &case.wire,
        &case.log,
        &case.commands,
    ] {
        if !text.is_empty() {
            let fence = fence(text);
            let text = short(text.trim_end(), EVIDENCE);
            let _ = writeln!(out, "{fence}text\n{text}\n{fence}\n");
        }
    }
    out.push_str("</details>\n");
}

/// The beginning of a long text.
fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
    }
}

/// Longer than any that stands in the text.
fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}

/// Text for one cell of a table.
pub(super) fn cell(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('|', "\\|").replace('\n', "<br>")
}
