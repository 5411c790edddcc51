//! What becomes of outcomes: verdicts, deviations, exit codes and reports.
//! It knows two subjects that are no watchdogs: one that fails everything, one that knows its version.
//! It refuses to need a real subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::os::unix::fs::PermissionsExt;

use conformance::judge::report::{Document, Wanted};
use conformance::judge::runner::run;
use conformance::judge::{Deviations, Entry, Verdict};
use conformance::watchdog::{Flavour, Ground, Profile, Suite};

type Options = conformance::judge::Options<Suite>;
type Summary = conformance::judge::Summary<Suite>;

fn options(subject: &str, profile: &str, case: &str) -> Options {
    let fixture_exe = env!("CARGO_BIN_EXE_conformance").into();
    let profile = Profile::named(profile).unwrap();
    let ground = Ground::new(subject.into(), fixture_exe, Flavour::Of, profile);
    Options {
        run: vec![case.to_owned()],
        ..Options::new(ground)
    }
}

fn listed(case: &str) -> Deviations {
    let entry = Entry {
        case: case.to_owned(),
        bug: "BUG".into(),
        reason: "known".into(),
        flaky: false,
    };
    Deviations {
        deviations: vec![entry],
        ..Deviations::default()
    }
}

fn judge(options: &Options) -> (Verdict, Summary) {
    let summary = run(options, &|_, _, _| {});
    assert_eq!(summary.judged.len(), 1);
    (summary.judged[0].verdict, summary)
}

#[test]
fn outcomes_become_verdicts() {
    let dir = tempfile::tempdir().unwrap();
    let versioned = dir.path().join("versioned");
    std::fs::write(&versioned, "#!/bin/sh\necho 'Version: 1 SHA: 2'\n").unwrap();
    std::fs::set_permissions(&versioned, PermissionsExt::from_mode(0o755)).unwrap();

    let good = options(
        versioned.to_str().unwrap(),
        "fwatchdog",
        "config/version-flag",
    );
    let (verdict, summary) = judge(&good);
    assert_eq!((verdict, summary.exit_code()), (Verdict::Pass, 0));

    let stale = Options {
        deviations: listed("config/*"),
        ..good.clone()
    };
    let (verdict, summary) = judge(&stale);
    assert_eq!((verdict, summary.exit_code()), (Verdict::UnexpectedPass, 1));

    let skipped = Options {
        skip: vec!["config/version-flag".into()],
        ..good.clone()
    };
    assert_eq!(judge(&skipped).0, Verdict::Skip);

    let bad = options("/bin/false", "fwatchdog", "streaming/echo@streaming");
    let (verdict, summary) = judge(&bad);
    assert_eq!((verdict, summary.exit_code()), (Verdict::Fail, 1));
    assert!(summary.judged[0].message.contains("ended at start"));

    let known = Options {
        deviations: listed("streaming/echo@*"),
        ..bad.clone()
    };
    let (verdict, known_summary) = judge(&known);
    assert_eq!(
        (verdict, known_summary.exit_code()),
        (Verdict::KnownDeviation, 0)
    );

    let missing = options("/no/such/subject", "fwatchdog", "streaming/echo@streaming");
    let (verdict, missing_summary) = judge(&missing);
    assert_eq!((verdict, missing_summary.exit_code()), (Verdict::Error, 3));

    let foreign = options("/bin/false", "classic-watchdog", "streaming/echo@streaming");
    assert_eq!(judge(&foreign).0, Verdict::NotApplicable);

    let document = Document::new(&bad, &summary, "conformance watchdog");
    for (form, proof) in [
        ("json", "\"outcome\": \"fail\""),
        ("junit", "<failure"),
        ("md", "| fail |"),
    ] {
        let path = dir.path().join(form);
        let wanted = Wanted::parse(&format!("{form}={}", path.display())).unwrap();
        wanted.write(&document).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(proof), "{form}: {text}");
    }
}
