//! The document as Markdown, for a job summary.
//! It knows tables.
//! It refuses to list what passed: the counts say it.

use std::fmt::Write as _;

use super::Document;

pub(super) fn render(document: &Document) -> String {
    let what = &document.implementation;
    let mut out = format!("# Conformance: {}\n\n", what.title);
    for (word, text) in &what.lines {
        let _ = writeln!(out, "- {word}: {text}");
    }
    let _ = write!(
        out,
        "- date: {}, {}, {}\n- reproduce: `{}`\n\n",
        document.date, document.kernel, document.arch, document.reproduce,
    );
    out.push_str("| outcome | cases |\n|---|---:|\n");
    for count in document.counts.iter().filter(|count| count.count > 0) {
        let _ = writeln!(out, "| {} | {} |", count.outcome, count.count);
    }
    if !document.standings.is_empty() {
        out.push_str("\n| profile | standing | MUST that hold |\n|---|---|---:|\n");
    }
    for one in &document.standings {
        let (profile, standing) = (one.profile, one.standing);
        let _ = writeln!(
            out,
            "| {profile} | {standing} | {} of {} |",
            one.passed, one.must
        );
    }
    let told: Vec<_> = document
        .cases
        .iter()
        .filter(|case| !matches!(case.outcome, "pass" | "not-applicable"))
        .collect();
    if !told.is_empty() {
        out.push_str("\n| case | clause | outcome | message |\n|---|---|---|---|\n");
    }
    for case in told {
        let message = case.message.replace('|', "\\|").replace('\n', "<br>");
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {message} |",
            case.id, case.clause, case.outcome
        );
    }
    out
}
