//! What the command line of every suite has in common: which cases, how, and what is written of it.
//! It knows the arguments, the screen and the files of reports.
//! It refuses to know any suite.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::screen::Screen;
use super::{FAULT, USAGE, complain};
use crate::judge::report::{Document, Wanted};
use crate::judge::{Deviations, Options, Suite, Summary, runner};
use crate::shell::quoted;

/// Adds the arguments to the command of a suite.
pub(super) fn arguments(command: Command) -> Command {
    let number = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .value_parser(value_parser!(usize))
    };
    command
        .arg(globs("run").help("Only these cases: chapter/slug or chapter/slug@mode"))
        .arg(globs("skip"))
        .arg(number("jobs").help("How many cases at a time"))
        .arg(number("repeat").default_value("1"))
        .arg(
            Arg::new("deviations")
                .long("deviations")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("report")
                .long("report")
                .value_name("FORM=FILE")
                .action(ArgAction::Append)
                .value_parser(Wanted::parse)
                .help("FORM is json, junit, md, html, tap, badge (SVG) or outcomes (short JSON)"),
        )
        .arg(
            Arg::new("fail-fast")
                .long("fail-fast")
                .action(ArgAction::SetTrue),
        )
        .arg(
            Arg::new("timeout-scale")
                .long("timeout-scale")
                .value_name("X")
                .default_value("1")
                .value_parser(scale),
        )
}

pub(super) fn globs(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("GLOB")
        .action(ArgAction::Append)
}

pub(super) fn texts(args: &ArgMatches, name: &str) -> Vec<String> {
    args.get_many::<String>(name)
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

/// What the ground of any suite is given.
pub(super) fn timeout_scale(args: &ArgMatches) -> f64 {
    args.get_one::<f64>("timeout-scale").copied().unwrap_or(1.0)
}

fn scale(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err("must be over 0".to_owned())
    }
}

/// What is asked for, on this ground.
pub(super) fn options<S: Suite>(
    args: &ArgMatches,
    ground: S::Ground,
) -> Result<Options<S>, String> {
    let all = Options::new(ground);
    Ok(Options {
        run: texts(args, "run"),
        skip: texts(args, "skip"),
        jobs: args.get_one::<usize>("jobs").copied().unwrap_or(all.jobs),
        repeat: args.get_one::<usize>("repeat").copied().unwrap_or(1),
        deviations: deviations(args)?,
        fail_fast: args.get_flag("fail-fast"),
        ..all
    })
}

/// What is known not to hold, if a file says so.
pub(super) fn deviations(args: &ArgMatches) -> Result<Deviations, String> {
    match args.get_one::<PathBuf>("deviations") {
        Some(path) => Deviations::read(path),
        None => Ok(Deviations::default()),
    }
}

/// Judges, shows and reports; the exit code.
pub(super) fn judge<S: Suite>(options: &Options<S>, args: &ArgMatches, words: &[String]) -> u8 {
    let summary = run(options);
    if summary.judged.is_empty() {
        return complain("no case matches", USAGE);
    }
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let reproduce = format!("conformance {}", quoted.join(" "));
    match report(options, &summary, args, &reproduce) {
        Ok(document) => document.exit,
        Err(why) => complain(&why, FAULT),
    }
}

/// Judges and shows.
pub(super) fn run<S: Suite>(options: &Options<S>) -> Summary<S> {
    let screen = Screen::new();
    let summary = runner::run(options, &|judged, done, total| {
        screen.show(judged, done, total);
    });
    screen.close(&summary);
    summary
}

/// Writes the reports that are asked for; what they say.
pub(super) fn report<S: Suite>(
    options: &Options<S>,
    summary: &Summary<S>,
    args: &ArgMatches,
    reproduce: &str,
) -> Result<Document, String> {
    let document = Document::new(options, summary, reproduce);
    for wanted in args.get_many::<Wanted>("report").into_iter().flatten() {
        wanted.write(&document)?;
    }
    Ok(document)
}
