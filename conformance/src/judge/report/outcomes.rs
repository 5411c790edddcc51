//! The document in short: what was judged, the counts, and every outcome on a line of its own.
//! It knows which cases were judged at all.
//! It refuses messages and bytes: those are for whoever looks into a failure now.

use serde::Serialize;
use serde_json::json;

use super::Document;
use super::document::CaseReport;
use crate::judge::{Level, Verdict};

pub(super) fn render(document: &Document) -> Result<String, String> {
    let mut value = serde_json::to_value(document).map_err(|e| e.to_string())?;
    let head = value.as_object_mut().ok_or("a report is an object")?;
    head.remove("cases");
    head.remove("clauses");
    let mut lines: Vec<String> = head
        .iter()
        .map(|(name, value)| format!("{}: {value}", json!(name)))
        .collect();
    let judged = document
        .cases
        .iter()
        .filter(|case| case.outcome != Verdict::NotApplicable);
    let cases = judged
        .map(|case| serde_json::to_string(&Short::from(case)).map(|line| format!("  {line}")))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| e.to_string())?;
    lines.push(format!("\"cases\": [\n{}\n]", cases.join(",\n")));
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

/// What the sums need, and nothing else.
#[derive(Serialize)]
struct Short<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<usize>,
    clause: &'a str,
    level: Level,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    profiles: &'a [String],
    outcome: Verdict,
    #[serde(skip_serializing_if = "str::is_empty")]
    listed: &'a str,
}

impl<'a> From<&'a CaseReport> for Short<'a> {
    fn from(case: &'a CaseReport) -> Self {
        Self {
            id: &case.id,
            round: (case.round > 1).then_some(case.round),
            clause: &case.clause,
            level: case.level,
            profiles: &case.profiles,
            outcome: case.outcome,
            listed: &case.listed,
        }
    }
}
