//! Reports: one document, three forms.
//! It knows what a reader of results needs to trust and repeat them.
//! It refuses to judge: verdicts come from the runner.

mod json;
mod junit;
mod markdown;
mod outcomes;

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::{Facts, Implementation, Judged, Options, Standing, Suite, Summary, Verdict};

/// A report that was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub form: Form,
    pub path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Junit,
    Markdown,
    /// The short form, to be kept beside the source.
    Outcomes,
}

impl Wanted {
    /// `json=FILE`, `junit=FILE`, `md=FILE` or `outcomes=FILE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (form, path) = text.split_once('=').ok_or("expected FORM=FILE")?;
        let form = match form {
            "json" => Form::Json,
            "junit" => Form::Junit,
            "md" => Form::Markdown,
            "outcomes" => Form::Outcomes,
            other => {
                return Err(format!(
                    "unknown report {other:?}: json, junit, md or outcomes"
                ));
            }
        };
        Ok(Self {
            form,
            path: PathBuf::from(path),
        })
    }

    pub fn write(&self, document: &Document) -> Result<(), String> {
        let text = match self.form {
            Form::Json => json::render(document)?,
            Form::Junit => junit::render(document)?,
            Form::Markdown => markdown::render(document),
            Form::Outcomes => outcomes::render(document)?,
        };
        fs::write(&self.path, text).map_err(|e| format!("{}: {e}", self.path.display()))
    }
}

/// What a report tells, whatever its form. The names are the schema.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub schema: u32,
    /// What was judged, in the words of its suite.
    #[serde(flatten)]
    facts: Facts,
    #[serde(skip)]
    implementation: Implementation,
    pub suite: &'static str,
    pub date: String,
    pub kernel: String,
    pub arch: &'static str,
    pub reproduce: String,
    pub seconds: f64,
    pub counts: Vec<Count>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    pub cases: Vec<CaseReport>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Count {
    pub outcome: &'static str,
    pub count: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    pub id: String,
    pub round: usize,
    pub clause: &'static str,
    pub level: String,
    pub title: &'static str,
    #[serde(flatten)]
    pub facts: Facts,
    pub outcome: &'static str,
    /// The handle under which a deviation is listed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub listed: String,
    pub seconds: f64,
    pub message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub wire: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commands: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Document {
    pub fn new<S: Suite>(options: &Options<S>, summary: &Summary<S>, reproduce: String) -> Self {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let implementation = S::implementation(&options.ground, &options.deviations);
        Self {
            schema: 1,
            facts: implementation.facts.clone(),
            implementation,
            suite: env!("CARGO_PKG_VERSION"),
            date: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            kernel: format!("{} {}", std::env::consts::OS, release.trim()),
            arch: std::env::consts::ARCH,
            reproduce,
            seconds: summary.took.as_secs_f64(),
            counts: Verdict::ALL
                .iter()
                .map(|&verdict| Count {
                    outcome: verdict.name(),
                    count: summary.count(verdict),
                })
                .collect(),
            standings: S::standings(&options.ground, summary),
            cases: summary
                .judged
                .iter()
                .map(|judged| case_report(options, judged))
                .collect(),
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts
            .iter()
            .find(|c| c.outcome == verdict.name())
            .map_or(0, |c| c.count)
    }
}

fn case_report<S: Suite>(options: &Options<S>, judged: &Judged<S>) -> CaseReport {
    let case = judged.run.case;
    CaseReport {
        id: judged.run.id(),
        round: judged.run.round,
        clause: case.clause,
        level: case.level.to_string(),
        title: case.title,
        facts: S::facts(case),
        outcome: judged.verdict.name(),
        listed: options
            .deviations
            .of(&judged.run)
            .map(|entry| entry.bug.clone())
            .unwrap_or_default(),
        seconds: judged.took.as_secs_f64(),
        message: judged.message.clone(),
        wire: judged.evidence.wire.clone(),
        log: judged.evidence.log.clone(),
        commands: judged.evidence.commands.clone(),
        notes: judged.evidence.notes.clone(),
    }
}
