//! The document as `JUnit` XML.
//! It knows which verdict is a failure, an error or a skip to a CI system.
//! It refuses to call anything a pass that was not judged.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{CaseReport, Document};

pub(super) fn render(document: &Document) -> Result<String, String> {
    let name = format!("conformance {}", document.implementation.name);
    let mut report = Report::new(name);
    let mut chapters: Vec<TestSuite> = Vec::new();
    for case in &document.cases {
        let chapter = case.id.split('/').next().unwrap_or_default();
        if chapters
            .last()
            .is_none_or(|suite| suite.name.as_str() != chapter)
        {
            chapters.push(TestSuite::new(chapter));
        }
        if let Some(suite) = chapters.last_mut() {
            suite.add_test_case(test_case(case, chapter));
        }
    }
    report.add_test_suites(chapters);
    report.to_string().map_err(|e| e.to_string())
}

fn test_case(case: &CaseReport, chapter: &str) -> TestCase {
    let mut status = match case.outcome {
        "pass" => TestCaseStatus::success(),
        "fail" | "unexpected-pass" => TestCaseStatus::non_success(NonSuccessKind::Failure),
        "error" => TestCaseStatus::non_success(NonSuccessKind::Error),
        _ => TestCaseStatus::skipped(),
    };
    if case.outcome != "pass" {
        status.set_type(case.outcome);
        status.set_message(case.message.clone());
        let evidence = [&case.wire, &case.log, &case.commands];
        let evidence: Vec<&str> = evidence
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        if !evidence.is_empty() {
            status.set_description(evidence.join("\n"));
        }
    }
    let mut test = TestCase::new(case.id.clone(), status);
    test.set_classname(chapter)
        .set_time(Duration::from_secs_f64(case.seconds));
    test
}
