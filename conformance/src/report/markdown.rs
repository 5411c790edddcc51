//! The document as Markdown, for a job summary.
//! It knows tables.
//! It refuses to list what passed: the counts say it.

use std::fmt::Write as _;

use super::Document;

pub(super) fn render(document: &Document) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "# Conformance: {} ({} flavour)\n\n\
         - subject: `{}` ({})\n- sha256: `{}`\n- date: {}, {}, {}\n- reproduce: `{}`\n\n",
        document.profile,
        document.flavour,
        document.subject.name,
        document.subject.version,
        document.subject.sha256,
        document.date,
        document.kernel,
        document.arch,
        document.reproduce,
    );
    out.push_str("| outcome | cases |\n|---|---:|\n");
    for count in document.counts.iter().filter(|count| count.count > 0) {
        let _ = writeln!(out, "| {} | {} |", count.outcome, count.count);
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
