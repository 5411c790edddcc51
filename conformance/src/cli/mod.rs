//! The command line: words in, an exit code out.
//! It knows the suites and the commands that are about any of them.
//! It refuses to run anything it could not understand completely.

mod access;
mod cleanup;
mod interrupt;
mod judging;
#[cfg(feature = "mutants")]
mod mutate;
mod provider;
mod reports;
mod screen;
mod template;
mod watchdog;

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::{Arg, ArgAction, Command};

pub use screen::Screen;

use crate::judge::{Case, Suite, run, spec};
use crate::provider::cases::rows;
use crate::provider::{Suite as Provider, reference};
use crate::template::Suite as Template;
use crate::watchdog::Suite as Watchdog;

const PASS: u8 = 0;
const FAIL: u8 = 1;
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
    #[cfg(feature = "mutants")]
    if let Some(("mutate", args)) = matches.subcommand() {
        return mutate::run(args);
    }
    match matches.subcommand() {
        Some(("watchdog", args)) => watchdog::run(args, words),
        Some(("run", args)) => provider::run(args, words),
        Some(("template", args)) => template::run(args, words),
        Some(("cleanup", args)) => cleanup::run(args),
        Some(("serve", args)) => reference::run(args),
        Some(("list", args)) if args.get_flag("missing") => {
            print(&(rows::missing().join("\n") + "\n"))
        }
        Some(("list", args)) => {
            let globs = judging::texts(args, "run");
            print(
                &(list::<Watchdog>(&globs) + &list::<Provider>(&globs) + &list::<Template>(&globs)),
            )
        }
        Some(("explain", args)) => explain(args.get_one::<String>("id").map_or("", String::as_str)),
        Some(("diff", args)) => reports::diff(args),
        Some(("matrix", args)) => reports::matrix(args),
        Some(("verify", args)) => {
            reports::verify(args, &[Watchdog::NAME, Provider::NAME, Template::NAME])
        }
        _ => print(&whole_spec()),
    }
}

fn command() -> Command {
    let command = Command::new("conformance")
        .about("Judges function watchdogs, providers and language templates against the written contract")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand(watchdog::command())
        .subcommand(provider::command())
        .subcommand(template::command())
        .subcommand(cleanup::command())
        .subcommand(reference::command())
        .subcommand(
            Command::new("list")
                .about("Lists the cases")
                .arg(judging::globs("run"))
                .arg(
                    Arg::new("missing")
                        .long("missing")
                        .action(ArgAction::SetTrue)
                        .help("The rows of the provider contract that have no case and no reason"),
                ),
        )
        .subcommand(
            Command::new("explain")
                .about("Tells what a case expects and why")
                .arg(Arg::new("id").value_name("ID").required(true)),
        )
        .subcommand(reports::diff_command())
        .subcommand(reports::matrix_command())
        .subcommand(reports::verify_command())
        .subcommand(Command::new("spec").about("Prints SPEC.md"));
    #[cfg(feature = "mutants")]
    let command = command.subcommand(mutate::command());
    command
}

/// SPEC.md: one part after the other.
fn whole_spec() -> String {
    let watchdog = spec::markdown::<Watchdog>();
    let provider = spec::markdown::<Provider>() + &rows::markdown();
    let template = spec::markdown::<Template>();
    [watchdog, provider, template].join("\n")
}

fn list<S: Suite>(globs: &[String]) -> String {
    let mut out = String::new();
    for run in run::expand::<S>() {
        if globs.is_empty() || run.matches(globs) {
            let (clause, title) = (run.case.clause, run.case.title);
            let _ = writeln!(out, "{:<60} {clause:<8} {title}", run.id());
        }
    }
    out
}

fn explain(id: &str) -> u8 {
    let bare = id.split('@').next().unwrap_or(id);
    let watchdog = Watchdog::cases().find(|case| case.id == bare);
    let provider = Provider::cases().find(|case| case.id == bare);
    // A chapter of that name may be in several: then so is the answer.
    let template = Template::cases().find(|case| case.id == bare);
    let told = watchdog.map(explanation).into_iter();
    let told = told.chain(provider.map(explanation));
    let told: String = told.chain(template.map(explanation)).collect();
    match told.as_str() {
        told if !told.is_empty() => print(told),
        _ => complain(&format!("no case {id:?}; see `conformance list`"), USAGE),
    }
}

fn explanation<S: Suite>(case: &Case<S>) -> String {
    let clause = S::clause(case.clause).map_or("", |clause| clause.text);
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
    for (name, value) in S::explanation(case) {
        line(name, &value);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_the_clauses_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/SPEC.md");
        let file = std::fs::read_to_string(path).unwrap_or_default();
        let made = whole_spec();
        let differ = file
            .lines()
            .zip(made.lines())
            .find(|(file, made)| file != made);
        let remedy = "run `cargo run -p fwatchdog-conformance -- spec > conformance/SPEC.md`";
        assert!(file == made, "{remedy}; first difference: {differ:?}");
    }
}
