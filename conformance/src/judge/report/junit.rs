//! The document as `JUnit` XML.
//! It knows which verdict is a failure, an error or a skip to a CI system.
//! It refuses to call anything a pass that was not judged.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Document;
use super::document::CaseReport;
use crate::judge::Verdict;

pub(super) fn render(document: &Document) -> Result<String, String> {
    let name = format!("conformance {}", document.implementation.name);
    let mut report = Report::new(name);
    let mut chapters: Vec<TestSuite> = Vec::new();
    for case in &document.cases {
        let chapter = case.chapter();
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
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail | Verdict::UnexpectedPass => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Skip | Verdict::NotApplicable | Verdict::KnownDeviation => {
            TestCaseStatus::skipped()
        }
    };
    if case.outcome != Verdict::Pass {
        status.set_type(case.outcome.name());
        status.set_message(case.message.clone());
        if case.outcome.wants_reading() {
            status.set_description(description(case));
        }
    }
    let mut test = TestCase::new(case.id.clone(), status);
    test.set_classname(chapter)
        .set_time(Duration::from_secs_f64(case.seconds));
    test
}

fn description(case: &CaseReport) -> String {
    let mut out = format!("expected: {}\n", case.title);
    let _ = writeln!(out, "clause: {} {}", case.clause, case.level);
    for (name, text) in [
        ("reproduce", &case.reproduce),
        ("wire", &case.wire),
        ("log", &case.log),
        ("commands", &case.commands),
    ] {
        if !text.is_empty() {
            let gap = if text.contains('\n') { '\n' } else { ' ' };
            let _ = writeln!(out, "{name}:{gap}{}", text.trim_end());
        }
    }
    out
}
