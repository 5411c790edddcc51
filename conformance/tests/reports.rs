//! What becomes of a run in reports: every form, every outcome, and no secret in any of them.
//! It knows a suite of its own that judges nothing but itself.
//! It refuses to need a subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::check;
use conformance::judge::redact::Secret;
use conformance::judge::report::diff::{Change, differences, text};
use conformance::judge::report::standing::Conformity;
use conformance::judge::report::{Document, Form, matrix, verify};
use conformance::judge::runner::run;
use conformance::judge::{
    self, Clause, Deviations, Evidence, Facts, Failure, Implementation, Outcome, Suite, Verdict,
};

type Case = judge::Case<Toy>;
type Run = judge::Run<Toy>;
type Options = judge::Options<Toy>;

const SECRET: &str = "correct-horse-battery";
const TOKEN: &str = "Y29va2llLW1vbnN0ZXI";
const CONTRACTS: &[&str] = &["toy"];

#[derive(Clone, Copy, Debug)]
struct Toy;

#[derive(Debug, Default)]
struct Ground {
    tidied: Arc<AtomicUsize>,
    broken: bool,
}

/// Counts itself gone.
#[derive(Debug)]
struct Rig {
    tidied: Arc<AtomicUsize>,
    broken: bool,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.tidied.fetch_add(1, Ordering::SeqCst);
    }
}

struct Hold;

impl judge::Hold for Hold {
    fn stop(&self) {}

    fn evidence(&self) -> Evidence {
        Evidence {
            wire: format!(
                "> GET / HTTP/1.1\\r\\n\n  Authorization: Bearer {TOKEN}\\r\\n\n  x: <b>&\n"
            ),
            log: format!("password {SECRET}\n"),
            commands: format!("curl -u me:{SECRET}\n"),
            notes: vec![format!("note {SECRET}")],
        }
    }
}

const CHAPTERS: &[judge::Chapter<Toy>] = &[judge::Chapter {
    number: 1,
    name: "toy",
    title: "A chapter",
    intro: "",
    clauses: &[
        Clause::must("TOY-1.1", "It holds."),
        Clause::should("TOY-1.2", "It is kind."),
    ],
    cases: &[&[
        Case::must("toy/pass", "TOY-1.1", "it passes").run(|_| Ok(())),
        Case::must("toy/breaks", "TOY-1.1", "it does not break").run(breaks),
        Case::must("toy/known", "TOY-1.1", "it is known").run(fails),
        Case::should("toy/fail", "TOY-1.2", "it says <nothing> | of it").run(fails),
        Case::may("toy/skip", "TOY-1.1", "it is left out")
            .run(|_| Err(Failure::skipped(format!("no {SECRET}")))),
        Case::may("toy/not-meant", "TOY-1.1", "it is not meant")
            .run(|_| Err(Failure::not_applicable("found out"))),
        Case::may("toy/fault", "TOY-1.1", "it is at fault")
            .run(|_| Err(Failure::fault("my fault"))),
    ]],
}];

fn breaks(rig: &mut Rig) -> Outcome {
    check!(!rig.broken, "it broke");
    Ok(())
}

fn fails(_: &mut Rig) -> Outcome {
    Err(Failure::failed(format!("{SECRET} is <script>\n| not # ok")))
}

impl Suite for Toy {
    const NAME: &'static str = "toy";
    const PREFIXES: &'static [&'static str] = &["TOY-"];
    const SPEC: &'static str = "# Toys\n";
    const PLAIN: () = ();

    type Traits = ();
    type Variant = Infallible;
    type Ground = Ground;
    type Rig = Rig;
    type Hold = Hold;

    fn chapters() -> &'static [judge::Chapter<Self>] {
        CHAPTERS
    }

    fn variants(_: &Case) -> &'static [Infallible] {
        &[]
    }

    fn inapplicable(_: &Ground, _: &Run) -> Option<String> {
        None
    }

    fn rig(ground: &Arc<Ground>, _: &Run) -> Result<Rig, Failure> {
        Ok(Rig {
            tidied: Arc::clone(&ground.tidied),
            broken: ground.broken,
        })
    }

    fn hold(_: &Rig) -> Hold {
        Hold
    }

    fn timeout_scale(_: &Ground) -> f64 {
        1.0
    }

    fn parallel(_: &Ground) -> bool {
        true
    }

    fn implementation(_: &Ground, _: &Deviations) -> Implementation {
        Implementation {
            name: "a toy".to_owned(),
            lines: vec![("url", format!("http://me:{SECRET}@host"))],
            facts: Facts::default().group("subject", Facts::default().told("key", SECRET)),
        }
    }

    fn secrets(_: &Ground) -> Vec<Secret> {
        vec![Secret {
            text: SECRET.to_owned(),
            variable: None,
        }]
    }

    fn facts(_: &Case) -> Facts {
        Facts::default()
    }

    fn explanation(_: &Case) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn reproduce(_: &Ground, run: &Run) -> String {
        format!("toy -p {SECRET} --run {}", run.id())
    }
}

fn options(broken: bool) -> Options {
    let list =
        "subject: x\ndeviations:\n  - case: toy/known\n    bug: TOY-BUG\n    reason: known\n";
    let ground = Ground {
        broken,
        ..Ground::default()
    };
    Options {
        deviations: Deviations::parse(list).unwrap(),
        ..Options::new(ground)
    }
}

fn document(options: &Options) -> Document {
    let summary = run(options, &|judged, _, _| {
        let shown = format!("{judged:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    });
    Document::new(options, &summary, &format!("toy -p {SECRET}"))
}

/// Verifies what this text would be as a file.
fn faults(text: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("report.json");
    std::fs::write(&path, text).unwrap();
    verify::faults(&path, CONTRACTS).unwrap()
}

#[test]
fn every_outcome_has_its_verdict_and_every_rig_is_tidied_up() {
    let options = options(false);
    let document = document(&options);
    let outcomes: Vec<Verdict> = document.cases.iter().map(|case| case.outcome).collect();
    let want = [
        Verdict::Pass,
        Verdict::Pass,
        Verdict::KnownDeviation,
        Verdict::Fail,
        Verdict::Skip,
        Verdict::NotApplicable,
        Verdict::Error,
    ];
    assert_eq!(outcomes, want);
    assert_eq!(options.ground.tidied.load(Ordering::SeqCst), want.len());
    assert_eq!(
        (document.exit, document.verdict),
        (1, Conformity::PartiallyConformant)
    );
}

#[test]
fn no_form_has_a_secret_and_each_names_the_failure() {
    let document = document(&options(false));
    for (name, form) in Form::ALL {
        let text = form.render(&document).unwrap();
        for secret in [SECRET, TOKEN] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
        let names_cases = form != Form::Badge;
        assert_eq!(text.contains("toy/fail"), names_cases, "{name}: {text}");
        let told =
            text.contains("[redacted, 21 bytes]") && text.contains("Bearer [redacted, 19 bytes]");
        let shows = !matches!(form, Form::Badge | Form::Outcomes);
        assert_eq!(told, shows, "{name}: {text}");
    }
    let html = Form::Html.render(&document).unwrap();
    assert!(html.contains("is &lt;script&gt;") && !html.contains("is <script>"));
    for loads in ["src=", "href=", "@import", "url("] {
        assert!(!html.contains(loads), "it loads something: {loads}");
    }
    let documents = [document];
    for text in [matrix::html(&documents), matrix::markdown(&documents)] {
        assert!(
            text.contains("A chapter") && !text.contains(SECRET),
            "{text}"
        );
    }
    let picture = matrix::picture(&documents);
    assert!(
        picture.contains("core") && picture.contains("What holds of the MUSTs of the toy contract"),
        "{picture}"
    );
    assert!(!picture.contains(SECRET), "{picture}");
}

#[test]
fn tap_says_what_counts() {
    let tap = Form::Tap.render(&document(&options(false))).unwrap();
    for line in [
        "TAP version 14",
        "1..7",
        "ok 1 - toy/pass",
        "not ok 3 - toy/known # TODO TOY-BUG: [redacted, 21 bytes] is <script>",
        "not ok 4 - toy/fail",
        "ok 5 - toy/skip # SKIP no [redacted, 21 bytes]",
        "ok 6 - toy/not-meant # SKIP not applicable: found out",
        "not ok 7 - toy/fault",
    ] {
        assert!(tap.lines().any(|one| one == line), "{line}: {tap}");
    }
}

#[test]
fn what_was_not_run_is_never_conformant() {
    let only = |globs: &[&str]| Options {
        run: globs.iter().map(|&glob| glob.to_owned()).collect(),
        ..options(false)
    };
    let part = document(&only(&["toy/pass"]));
    assert_eq!(part.verdict, Conformity::PartiallyConformant);
    assert_eq!(part.conformance[0].not_run, 2);
}

#[test]
fn a_report_that_was_changed_is_found_out() {
    let document = document(&options(false));
    let whole = Form::Json.render(&document).unwrap();
    let short = Form::Outcomes.render(&document).unwrap();
    assert_eq!(faults(&whole), Vec::<String>::new());
    assert_eq!(faults(&short), Vec::<String>::new());
    for (from, to, want) in [
        ("\"exit\": 1", "\"exit\": 0", "exit code 0"),
        (
            "\"outcome\": \"fail\",\n      \"seconds\"",
            "\"outcome\": \"pass\",\n      \"seconds\"",
            "counts tell 1 fail, the cases 0",
        ),
        (
            "\"contract\": \"toy\"",
            "\"contract\": \"tool\"",
            "contract \"tool\" is not known",
        ),
        ("\"suite\": \"", "\"suite\": \"9", "suite \"9"),
        ("\"schema\": 1", "\"schema\": 2", "schema 2"),
        ("toy/skip", "toy/pass", "toy/pass (round 1) is there twice"),
        (
            "\"outcome\": \"skip\",\n      \"seconds\"",
            "\"outcome\": \"sick\",\n      \"seconds\"",
            "cases[4] (toy/skip): unknown variant",
        ),
        (
            "\"verdict\": \"partially-conformant\"",
            "\"verdict\": \"conformant\"",
            "told conformant",
        ),
    ] {
        assert!(whole.contains(from), "{from}: {whole}");
        let found = faults(&whole.replacen(from, to, 1));
        assert!(
            found.iter().any(|fault| fault.contains(want)),
            "{want}: {found:?}"
        );
    }
}

#[test]
fn what_is_left_behind_is_told_and_is_a_fault() {
    let options = Options {
        run: vec!["toy/pass".to_owned()],
        ..options(false)
    };
    let mut summary = run(&options, &|_, _, _| {});
    assert_eq!(summary.exit_code(), 0);
    summary.left_behind = vec![format!("function one: {SECRET} is not enough")];
    let document = Document::new(&options, &summary, "toy");
    assert_eq!((summary.exit_code(), document.exit), (3, 3));
    for form in [Form::Json, Form::Html, Form::Markdown] {
        let text = form.render(&document).unwrap();
        assert!(
            text.contains("function one: [redacted, 21 bytes] is not enough"),
            "{text}"
        );
    }
    let whole = Form::Json.render(&document).unwrap();
    assert_eq!(faults(&whole), Vec::<String>::new());
    let found = faults(&whole.replace("\"exit\": 3", "\"exit\": 0"));
    assert_eq!(
        found,
        ["exit code 0, but the cases and what was left behind make it 3"]
    );
}

#[test]
fn a_regression_comes_first() {
    let (good, bad) = (document(&options(false)), document(&options(true)));
    let found = differences(&good, &bad);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].change, found[0].id.as_str()),
        (Change::Regression, "toy/breaks")
    );
    assert!(text(&found).starts_with("1 regressions\n  toy/breaks"));
    assert_eq!(differences(&bad, &good)[0].change, Change::Fixed);
    assert_eq!(text(&differences(&good, &good)), "no difference\n");
}

#[test]
fn the_reports_kept_here_hold_together() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/reports");
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let faults = verify::faults(&path, &["watchdog", "provider"]).unwrap();
        assert_eq!(faults, Vec::<String>::new(), "{}", path.display());
    }
}
