//! The command line: words in, an exit code out.
//! It knows the arguments, the terminal and the files of reports.
//! It refuses to run anything it could not understand completely.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::case::{Case, Flavour};
use crate::deviation::Deviations;
use crate::profile::{self, Profile};
use crate::report::{Document, Wanted};
use crate::runner::{self, Judged, Options, Summary, Verdict};
use crate::{cases, spec};

const PASS: u8 = 0;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

/// Runs the command line; the exit code.
pub fn run(words: &[String]) -> u8 {
    let name = std::iter::once("conformance");
    let matches = match command().try_get_matches_from(name.chain(words.iter().map(String::as_str)))
    {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { PASS };
        }
    };
    match matches.subcommand() {
        Some(("watchdog", args)) => watchdog(args, words),
        Some(("serve", args)) => crate::provider::reference::run(args),
        Some(("list", args)) => list(&texts(args, "run")),
        Some(("explain", args)) => explain(args.get_one::<String>("id").map_or("", String::as_str)),
        _ => print(&spec::markdown()),
    }
}

fn command() -> Command {
    let globs = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("GLOB")
            .action(ArgAction::Append)
    };
    let number = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .value_parser(value_parser!(usize))
    };
    let watchdog = Command::new("watchdog")
        .about("Judges a watchdog")
        .arg(
            Arg::new("subject")
                .long("subject")
                .value_name("PATH")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("flavour")
                .long("flavour")
                .value_parser(["classic", "of"]),
        )
        .arg(
            Arg::new("profile")
                .long("profile")
                .default_value("fwatchdog")
                .value_parser(profile::ALL.iter().map(|p| p.name).collect::<Vec<_>>()),
        )
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
                .help("json=FILE, junit=FILE, md=FILE or outcomes=FILE"),
        )
        .arg(
            Arg::new("fixture-exe")
                .long("fixture-exe")
                .hide(true)
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf)),
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
        );
    Command::new("conformance")
        .about("Judges function watchdogs against the written contract")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand(watchdog)
        .subcommand(crate::provider::reference::command())
        .subcommand(
            Command::new("list")
                .about("Lists the cases")
                .arg(globs("run")),
        )
        .subcommand(
            Command::new("explain")
                .about("Tells what a case expects and why")
                .arg(Arg::new("id").value_name("ID").required(true)),
        )
        .subcommand(Command::new("spec").about("Prints SPEC.md"))
}

fn scale(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err("must be over 0".to_owned())
    }
}

fn texts(args: &ArgMatches, name: &str) -> Vec<String> {
    args.get_many::<String>(name)
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

fn watchdog(args: &ArgMatches, words: &[String]) -> u8 {
    let options = match options(args) {
        Ok(options) => options,
        Err(why) => return complain(&why, USAGE),
    };
    let screen = Screen {
        live: io::stderr().is_terminal(),
    };
    let summary = runner::run(&options, &|judged, done, total| {
        screen.show(judged, done, total);
    });
    screen.close(&summary);
    if summary.judged.is_empty() {
        return complain("no case matches", USAGE);
    }
    let reproduce = format!("conformance {}", words.join(" "));
    let document = Document::new(&options, &summary, reproduce);
    for wanted in args.get_many::<Wanted>("report").into_iter().flatten() {
        if let Err(why) = wanted.write(&document) {
            return complain(&why, FAULT);
        }
    }
    summary.exit_code()
}

fn options(args: &ArgMatches) -> Result<Options, String> {
    let subject = args.get_one::<PathBuf>("subject").ok_or("no subject")?;
    let subject = subject
        .canonicalize()
        .map_err(|e| format!("{}: {e}", subject.display()))?;
    let name = args.get_one::<String>("profile").map_or("", String::as_str);
    let profile = Profile::named(name).ok_or_else(|| format!("no profile {name:?}"))?;
    let flavour = match args.get_one::<String>("flavour").map(String::as_str) {
        Some("classic") => Flavour::Classic,
        Some(_) => Flavour::Of,
        None => profile.flavour.unwrap_or(Flavour::Of),
    };
    if profile.flavour.is_some_and(|only| only != flavour) {
        return Err(format!("{name} has no {} flavour", flavour.name()));
    }
    let deviations = match args.get_one::<PathBuf>("deviations") {
        Some(path) => Deviations::read(path)?,
        None => Deviations::default(),
    };
    let fixture_exe = match args.get_one::<PathBuf>("fixture-exe") {
        Some(path) => path.clone(),
        None => std::env::current_exe().map_err(|e| format!("own executable: {e}"))?,
    };
    let all = Options::new(subject, fixture_exe, flavour, profile);
    Ok(Options {
        run: texts(args, "run"),
        skip: texts(args, "skip"),
        jobs: args.get_one::<usize>("jobs").copied().unwrap_or(all.jobs),
        repeat: args.get_one::<usize>("repeat").copied().unwrap_or(1),
        deviations,
        fail_fast: args.get_flag("fail-fast"),
        timeout_scale: args.get_one::<f64>("timeout-scale").copied().unwrap_or(1.0),
        ..all
    })
}

/// What is shown while cases run.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// A terminal: the last result stays on one line.
    pub live: bool,
}

impl Screen {
    pub fn show(self, judged: &Judged, done: usize, total: usize) {
        let mut err = io::stderr().lock();
        let id = judged.run.id();
        let _ = match judged.verdict {
            Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass => {
                let clear = if self.live { "\r\x1b[K" } else { "" };
                err.write_all(format!("{clear}{}", story(judged)).as_bytes())
            }
            _ if self.live => write!(err, "\r\x1b[K[{done}/{total}] {id}"),
            _ => Ok(()),
        };
        let _ = err.flush();
    }

    pub fn close(self, summary: &Summary) {
        let counts: Vec<String> = Verdict::ALL
            .iter()
            .map(|&verdict| (verdict, summary.count(verdict)))
            .filter(|(_, count)| *count > 0)
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        let clear = if self.live { "\r\x1b[K" } else { "" };
        for judged in &summary.judged {
            if judged.verdict == Verdict::Skip {
                let line = format!("{clear}left out: {}: {}", judged.run.id(), judged.message);
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
        let took = summary.took.as_secs_f64();
        let _ = writeln!(io::stderr(), "{clear}{} in {took:.1} s", counts.join(", "));
    }
}

/// Everything a failure has to tell.
fn story(judged: &Judged) -> String {
    let case = judged.run.case;
    let text = cases::clause(case.clause).map_or("", |clause| clause.text);
    let mut out = format!(
        "{} {} ({:.2} s)\n  expected: {}\n  clause:   {} {} {text}\n  {}\n",
        judged.verdict.name().to_uppercase(),
        judged.run.id(),
        judged.took.as_secs_f64(),
        case.title,
        case.clause,
        case.level,
        judged.message.replace('\n', "\n  "),
    );
    for (title, body) in [("wire", &judged.wire), ("log", &judged.log)] {
        if !body.is_empty() {
            let _ = writeln!(out, "  --- {title}");
            for line in body.lines().filter(|line| !line.trim().is_empty()) {
                let line: String = line.chars().take(400).collect();
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    out.push('\n');
    out
}

fn list(globs: &[String]) -> u8 {
    let mut out = String::new();
    for run in runner::expand(Flavour::Of) {
        if globs.is_empty() || runner::matches(globs, &run) {
            let (clause, title) = (run.case.clause, run.case.title);
            let _ = writeln!(out, "{:<60} {clause:<8} {title}", run.id());
        }
    }
    print(&out)
}

fn explain(id: &str) -> u8 {
    let bare = id.split('@').next().unwrap_or(id);
    match cases::all().find(|case| case.id == bare) {
        Some(case) => print(&explanation(case)),
        None => complain(&format!("no case {id:?}; see `conformance list`"), USAGE),
    }
}

fn explanation(case: &Case) -> String {
    let clause = cases::clause(case.clause).map_or("", |clause| clause.text);
    let modes: Vec<&str> = case.modes.iter().map(|mode| mode.name()).collect();
    let mut out = format!("{}\n  expects:  {}\n", case.id, case.title);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {:<9} {value}", format!("{name}:"));
        }
    };
    line(
        "clause",
        &format!("{} {} {clause}", case.clause, case.level),
    );
    line("modes", &modes.join(", "));
    line("feature", case.feature.unwrap_or(""));
    line("shows", &case.bugs.join(", "));
    line("deadline", &format!("{} s", case.seconds));
    line("alone", if case.exclusive { "yes" } else { "" });
    out
}

fn print(text: &str) -> u8 {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => PASS,
        Err(_) => FAULT,
    }
}

fn complain(why: &str, code: u8) -> u8 {
    let _ = writeln!(io::stderr(), "conformance: {why}");
    code
}
