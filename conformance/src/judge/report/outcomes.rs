//! The document in short: what was judged, the counts, and every outcome on a line of its own.
//! It knows which cases were judged at all.
//! It refuses messages and bytes: those are for whoever looks into a failure now.

use serde_json::{Value, json};

use super::{CaseReport, Document};

pub(super) fn render(document: &Document) -> Result<String, String> {
    let mut value = serde_json::to_value(document).map_err(|e| e.to_string())?;
    let head = value.as_object_mut().ok_or("a report is an object")?;
    head.remove("cases");
    let mut lines: Vec<String> = head
        .iter()
        .map(|(name, value)| format!("{}: {value}", json!(name)))
        .collect();
    let judged = document
        .cases
        .iter()
        .filter(|case| case.outcome != "not-applicable");
    let cases: Vec<String> = judged.map(|case| format!("  {}", short(case))).collect();
    lines.push(format!("\"cases\": [\n{}\n]", cases.join(",\n")));
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

fn short(case: &CaseReport) -> Value {
    if case.listed.is_empty() {
        json!({"id": case.id, "outcome": case.outcome})
    } else {
        json!({"id": case.id, "outcome": case.outcome, "listed": case.listed})
    }
}
