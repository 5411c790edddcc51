//! The command that judges a language template, before its first case.
//! It knows the executable alone: no language is needed here.
//! It refuses to judge a template: `templates/check` does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::process::{Command, Output};

fn template(folder: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let words = ["template", "--lang", "any", "--native", folder];
    command
        .args(words)
        .args(["--subject", "/bin/false"])
        .args(more);
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_function_that_was_not_built_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = template(path, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("/environment: No such file"));
    fs::write(folder.path().join("environment"), "fprocess\n").unwrap();
    let output = template(path, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("\"fprocess\": NAME=VALUE is expected"));
}

#[test]
fn a_function_that_does_not_start_fails_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("environment"), "fprocess=true\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let report = folder.path().join("report.json");
    let asked = format!("json={}", report.display());
    let output = template(path, &["--run", "answer/head", "--report", &asked]);
    assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
    let told: serde_json::Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(told["contract"], "template");
    assert_eq!(told["cases"][0]["outcome"], "fail");
    let verified = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("verify")
        .arg(&report)
        .status();
    assert!(verified.unwrap().success());
}
