//! The watchdog suite against the binary just built.
//!
//! `cargo test -p fwatchdog --test conformance` judges all of it but the largest bodies; words after `--` are globs over case ids. The whole suite on a
//! release build is `conformance watchdog --subject PATH`.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use conformance::cli::Screen;
use conformance::judge::{Options, Verdict, runner};
use conformance::watchdog::{Flavour, Ground, Profile, Suite};

/// Memory limits and loads that are meant for a release build.
const HEAVY: [&str; 4] = [
    "integrity/constant-memory*",
    "integrity/many-uploads",
    "integrity/bounded-memory*",
    "integrity/soak*",
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    // The suite's functions live in the executable that runs it.
    if let Some((first, rest)) = words.split_first()
        && first == "fixture"
    {
        return conformance::fixture::run(rest).into();
    }
    match options(words) {
        Ok(options) => judge(&options),
        Err(why) => {
            let _ = writeln!(io::stderr(), "conformance: {why}");
            ExitCode::FAILURE
        }
    }
}

fn options(words: Vec<String>) -> Result<Options<Suite>, String> {
    let flavour = if cfg!(feature = "classic") {
        Flavour::Classic
    } else {
        Flavour::Of
    };
    let ground = Ground::new(
        env!("CARGO_BIN_EXE_fwatchdog").into(),
        env::current_exe().map_err(|e| format!("own executable: {e}"))?,
        flavour,
        Profile::named("fwatchdog").ok_or("no profile \"fwatchdog\"")?,
    );
    let all = Options::new(ground);
    Ok(Options {
        // What is left is cargo's own flags, which mean nothing here.
        run: words
            .into_iter()
            .filter(|word| !word.starts_with('-'))
            .collect(),
        skip: HEAVY.map(str::to_owned).to_vec(),
        jobs: all.jobs * 2,
        ..all
    })
}

fn judge(options: &Options<Suite>) -> ExitCode {
    let screen = Screen::new();
    let summary = runner::run(options, &|judged, done, total| {
        screen.show(judged, done, total);
    });
    screen.close(&summary);
    let failed = summary
        .judged
        .iter()
        .filter(|j| j.verdict.fails() || j.verdict == Verdict::Error);
    let line = format!(
        "{} passed, {} failed, {} skipped\n",
        summary.count(Verdict::Pass),
        failed.count(),
        summary.count(Verdict::Skip)
    );
    let _ = io::stdout().write_all(line.as_bytes());
    summary.exit_code().into()
}
