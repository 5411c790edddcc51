//! What a report tells, whatever its form. The names are the schema.
//! It knows what a reader of results needs to trust and repeat them.
//! It refuses secrets, and to judge: verdicts come from the runner.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::standing::{self, Conformity, Standing, Weight};
use crate::judge::redact::Redactor;
use crate::judge::run::expand;
use crate::judge::{Facts, Judged, Level, Options, Suite, Summary, Verdict};

/// The number of the schema that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// The result of one run of a suite. Further fields are the suite's own: `subject` says what was judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// 1.
    pub schema: u32,
    #[serde(flatten)]
    #[cfg_attr(test, schemars(skip))]
    pub facts: Facts,
    /// Which contract it was judged by: `watchdog`, `provider` or `template`.
    pub contract: String,
    pub implementation: ImplementationReport,
    /// The version of the suite.
    pub suite: String,
    /// When the report was made: RFC 3339, UTC.
    pub date: String,
    pub kernel: String,
    pub arch: String,
    /// The command that was run.
    pub reproduce: String,
    pub seconds: f64,
    /// The exit code: 0 pass, 1 failures, 3 suite fault.
    pub exit: u8,
    /// The weakest level of which a failure makes the exit code 1.
    pub fails_on: Level,
    /// What the run made and could not remove, each with the reason: a suite fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// Over the MUSTs of all profiles.
    pub verdict: Conformity,
    pub counts: Vec<Count>,
    /// The verdict of each profile, level by level.
    pub conformance: Vec<Standing>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<ChapterReport>,
    /// The clauses that the cases name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<ClauseReport>,
    /// Every run of every case, in the order of the chapters. A short report leaves out those that are not applicable.
    pub cases: Vec<CaseReport>,
}

/// What was judged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImplementationReport {
    /// Few words that tell it from others.
    pub name: String,
    pub facts: Vec<Told>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Told {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Count {
    pub outcome: Verdict,
    pub count: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChapterReport {
    /// The first part of the ids of its cases.
    pub name: String,
    pub title: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClauseReport {
    pub id: String,
    pub level: Level,
    pub text: String,
}

/// One run of one case. Further fields are the suite's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaseReport {
    /// `chapter/slug`, or `chapter/slug@variant`.
    pub id: String,
    /// Which repetition.
    #[serde(default = "first")]
    pub round: usize,
    pub clause: String,
    pub level: Level,
    /// What it counts for; none: the core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// What is expected.
    #[serde(default)]
    pub title: String,
    #[serde(flatten)]
    #[cfg_attr(test, schemars(skip))]
    pub facts: Facts,
    pub outcome: Verdict,
    /// The handle under which a deviation is listed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub listed: String,
    #[serde(default)]
    pub seconds: f64,
    /// What happened instead.
    #[serde(default)]
    pub message: String,
    /// What was sent and received.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wire: String,
    /// What the judged side wrote.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log: String,
    /// Commands that repeat what was asked, each with what came.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commands: String,
    /// What a reader should know although nothing failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The command that runs this alone again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reproduce: String,
}

fn first() -> usize {
    1
}

impl CaseReport {
    pub fn chapter(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

impl Document {
    pub fn new<S: Suite>(options: &Options<S>, summary: &Summary<S>, reproduce: &str) -> Self {
        let redactor = Redactor::new(&S::secrets(&options.ground));
        let implementation = S::implementation(&options.ground, &options.deviations);
        let mut facts = implementation.facts;
        facts.clean(&redactor);
        let told = implementation.lines.iter().map(|(name, value)| Told {
            name: (*name).to_owned(),
            value: redactor.clean(value),
        });
        let judged = &summary.judged;
        let cases: Vec<CaseReport> = judged
            .iter()
            .map(|one| case(options, one, &redactor))
            .collect();
        let counts = counts(&cases.iter().collect::<Vec<_>>());
        let conformance = standing::of(&cases, &left_out(options, summary));
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            schema: SCHEMA,
            facts,
            contract: S::NAME.to_owned(),
            implementation: ImplementationReport {
                name: implementation.name,
                facts: told.collect(),
            },
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            date: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            kernel: format!("{} {}", std::env::consts::OS, release.trim()),
            arch: std::env::consts::ARCH.to_owned(),
            reproduce: redactor.clean(reproduce),
            seconds: summary.took.as_secs_f64(),
            exit: summary.exit_code(),
            fails_on: summary.fails_on,
            left_behind: summary
                .left_behind
                .iter()
                .map(|line| redactor.clean(line))
                .collect(),
            verdict: standing::overall(&conformance),
            counts,
            conformance,
            chapters: chapters::<S>(&cases),
            clauses: clauses::<S>(&cases),
            cases,
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts
            .iter()
            .find(|c| c.outcome == verdict)
            .map_or(0, |c| c.count)
    }

    pub fn standing(&self, profile: &str, level: Level) -> Option<&Standing> {
        self.conformance
            .iter()
            .find(|one| one.profile == profile && one.level == level)
    }

    /// The profiles that it has a verdict on, in order.
    pub fn profiles(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        names.extend(self.conformance.iter().map(|one| one.profile.as_str()));
        names.dedup();
        names
    }

    pub fn clause(&self, id: &str) -> Option<&ClauseReport> {
        self.clauses.iter().find(|clause| clause.id == id)
    }
}

/// How many of each outcome, none left out.
pub(super) fn counts(cases: &[&CaseReport]) -> Vec<Count> {
    let count = |outcome| Count {
        outcome,
        count: cases.iter().filter(|case| case.outcome == outcome).count(),
    };
    Verdict::ALL.into_iter().map(count).collect()
}

fn case<S: Suite>(options: &Options<S>, judged: &Judged<S>, redactor: &Redactor) -> CaseReport {
    let case = judged.run.case;
    let listed = options.deviations.of(&judged.run);
    CaseReport {
        id: judged.run.id(),
        round: judged.run.round,
        clause: case.clause.to_owned(),
        level: case.level,
        profiles: S::profiles(case).into_iter().map(str::to_owned).collect(),
        title: case.title.to_owned(),
        facts: S::facts(case),
        outcome: judged.verdict,
        listed: listed.map(|entry| entry.bug.clone()).unwrap_or_default(),
        seconds: judged.took.as_secs_f64(),
        message: judged.message.clone(),
        wire: judged.evidence.wire.clone(),
        log: judged.evidence.log.clone(),
        commands: judged.evidence.commands.clone(),
        notes: judged.evidence.notes.clone(),
        reproduce: if judged.verdict.wants_reading() {
            redactor.clean(&S::reproduce(&options.ground, &judged.run))
        } else {
            String::new()
        },
    }
}

/// What the contract has, and what was judged could have been asked, but this run was not to ask, or did not come to.
fn left_out<S: Suite>(options: &Options<S>, summary: &Summary<S>) -> Vec<Weight> {
    let asked: BTreeSet<String> = summary.judged.iter().map(|one| one.run.id()).collect();
    let meant = |run: &crate::judge::Run<S>| {
        !run.case.named_only
            && !asked.contains(&run.id())
            && S::inapplicable(&options.ground, run).is_none()
    };
    let left = expand::<S>().into_iter().filter(meant);
    left.map(|run| Weight {
        profiles: S::profiles(run.case)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        level: run.case.level,
    })
    .collect()
}

fn chapters<S: Suite>(cases: &[CaseReport]) -> Vec<ChapterReport> {
    let named: BTreeSet<&str> = cases.iter().map(CaseReport::chapter).collect();
    let chapters = S::chapters().iter();
    chapters
        .filter(|chapter| named.contains(chapter.name))
        .map(|chapter| ChapterReport {
            name: chapter.name.to_owned(),
            title: chapter.title.to_owned(),
        })
        .collect()
}

fn clauses<S: Suite>(cases: &[CaseReport]) -> Vec<ClauseReport> {
    let named: BTreeSet<&str> = cases.iter().map(|case| case.clause.as_str()).collect();
    let clauses = S::chapters().iter().flat_map(|chapter| chapter.clauses);
    clauses
        .filter(|clause| named.contains(clause.id))
        .map(|clause| ClauseReport {
            id: clause.id.to_owned(),
            level: clause.level,
            text: clause.text.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/report.schema.json");
        let made = serde_json::to_string_pretty(&schemars::schema_for!(Document)).unwrap() + "\n";
        if std::env::var_os("WRITE_SCHEMA").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let file = std::fs::read_to_string(path).unwrap_or_default();
        let remedy = "run `WRITE_SCHEMA=1 cargo test -p fwatchdog-conformance schema`";
        assert!(file == made, "report.schema.json is stale: {remedy}");
    }
}
