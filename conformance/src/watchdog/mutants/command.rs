//! `conformance mutate watchdog`: words in, a score out.
//! It knows the arguments, the terminal and the file of the table.
//! It refuses to judge: that is the suite's part.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use wildmatch::WildMatch;

use super::faults;
use super::layers::Mutant;
use super::prove::{Bench, Proof, is_control};
use super::suite::{Flavour, Profile, Subject};
use super::table::{Score, line, unaimed};

const PASS: u8 = 0;
const SURVIVORS: u8 = 1;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

pub(super) fn run(words: &[String]) -> u8 {
    let name = std::iter::once("conformance mutate watchdog");
    let words = name.chain(words.iter().map(String::as_str));
    match command().try_get_matches_from(words) {
        Ok(args) => attempt(&args).unwrap_or_else(|(why, code)| {
            say(&format!("conformance: {why}"));
            code
        }),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { USAGE } else { PASS }
        }
    }
}

fn command() -> Command {
    let path = || value_parser!(PathBuf);
    Command::new("conformance mutate watchdog")
        .about("Proves the suite: each mutant of a watchdog has to be noticed")
        .arg(
            Arg::new("subject")
                .long("subject")
                .value_name("PATH")
                .value_parser(path())
                .required_unless_present("list"),
        )
        .arg(
            Arg::new("flavour")
                .long("flavour")
                .value_parser(["classic", "of"])
                .default_value("of"),
        )
        .arg(
            Arg::new("mutant")
                .long("mutant")
                .value_name("GLOB")
                .action(ArgAction::Append)
                .help("Only these; a control (none-*) runs every case without a fault"),
        )
        .arg(
            Arg::new("jobs")
                .long("jobs")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("2"),
        )
        .arg(
            Arg::new("timeout-scale")
                .long("timeout-scale")
                .value_name("X")
                .value_parser(value_parser!(f64))
                .default_value("1"),
        )
        .arg(
            Arg::new("markdown")
                .long("markdown")
                .value_name("FILE")
                .value_parser(path())
                .help("Writes the table there"),
        )
        .arg(
            Arg::new("run")
                .long("run")
                .value_name("GLOB")
                .action(ArgAction::Append)
                .help("Runs these cases on each, and tells which fail"),
        )
        .arg(
            Arg::new("own-cases")
                .long("own-cases")
                .action(ArgAction::SetTrue)
                .help("Tries the cases of its clauses alone, not those of their chapters"),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .help("Lists the mutants"),
        )
}

type Outcome = Result<u8, (String, u8)>;

fn attempt(args: &ArgMatches) -> Outcome {
    let wanted = wanted(args);
    if wanted.is_empty() {
        return Err(("no mutant matches".to_owned(), USAGE));
    }
    if args.get_flag("list") {
        return Ok(list(&wanted));
    }
    let bench = Bench::new(subject(args)?, args.get_flag("own-cases"))
        .map_err(|e| (format!("no place for mutants: {e}"), FAULT))?;
    let jobs = args.get_one::<usize>("jobs").copied().unwrap_or(1).max(1);
    let given = args.get_many::<String>("run");
    let cases: Vec<String> = given
        .map(|globs| globs.cloned().collect())
        .unwrap_or_default();
    let (controls, mutants): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|mutant| is_control(mutant) || !cases.is_empty());
    let mut disturbed = false;
    for control in controls {
        disturbed |= !undisturbed(&bench, control, &cases, jobs);
    }
    let proofs = prove(&bench, &mutants, jobs);
    let score = Score::new(&proofs);
    if !mutants.is_empty() {
        say(score.summary().trim_end());
    }
    if let Some(path) = args.get_one::<PathBuf>("markdown") {
        std::fs::write(path, score.markdown())
            .map_err(|e| (format!("{}: {e}", path.display()), FAULT))?;
    }
    Ok(if disturbed || !score.passes() {
        SURVIVORS
    } else {
        PASS
    })
}

/// Whether every case passes with nothing but the wrapper there.
fn undisturbed(bench: &Bench, control: &'static Mutant, cases: &[String], jobs: usize) -> bool {
    let fails = bench.control(control, cases, jobs);
    say(&format!("{}: {} runs fail", control.id, fails.len()));
    for judged in &fails {
        let first = judged.message.lines().next().unwrap_or_default();
        say(&format!("  {:<50} {first}", judged.run.id()));
    }
    fails.is_empty()
}

fn wanted(args: &ArgMatches) -> Vec<&'static Mutant> {
    let globs: Vec<WildMatch> = args
        .get_many::<String>("mutant")
        .map(|globs| globs.map(|glob| WildMatch::new(glob)).collect())
        .unwrap_or_default();
    let named = |mutant: &&Mutant| globs.iter().any(|glob| glob.matches(mutant.id));
    if globs.is_empty() {
        return faults::all().collect();
    }
    faults::with_controls().filter(named).collect()
}

fn subject(args: &ArgMatches) -> Result<Subject, (String, u8)> {
    let subject = args
        .get_one::<PathBuf>("subject")
        .ok_or(("no subject".to_owned(), USAGE))?;
    let binary = subject
        .canonicalize()
        .map_err(|e| (format!("{}: {e}", subject.display()), USAGE))?;
    let exe = std::env::current_exe().map_err(|e| (format!("own executable: {e}"), FAULT))?;
    let profile = Profile::named("fwatchdog").ok_or(("no profile".to_owned(), FAULT))?;
    let flavour = match args.get_one::<String>("flavour").map(String::as_str) {
        Some("classic") => Flavour::Classic,
        _ => Flavour::Of,
    };
    Ok(Subject {
        binary,
        fixture_exe: exe,
        flavour,
        profile,
        timeout_scale: args.get_one::<f64>("timeout-scale").copied().unwrap_or(1.0),
    })
}

fn list(wanted: &[&'static Mutant]) -> u8 {
    for mutant in wanted {
        let (name, clauses) = (mutant.layer.name(), mutant.breaks.join(", "));
        print(&format!(
            "{:<44} {name:<17} {clauses:<16} {}",
            mutant.id, mutant.wrong
        ));
    }
    for id in unaimed() {
        print(&format!("no mutant: {id}"));
    }
    PASS
}

/// Proves them side by side; in the order given.
fn prove(bench: &Bench, mutants: &[&'static Mutant], jobs: usize) -> Vec<Proof> {
    let queue: Mutex<VecDeque<_>> = Mutex::new(mutants.iter().copied().enumerate().collect());
    let proofs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some((index, mutant)) = next else { return };
                    let proof = bench.prove(mutant);
                    print(&line(&proof));
                    proofs
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((index, proof));
                }
            });
        }
    });
    let mut proofs = proofs.into_inner().unwrap_or_else(PoisonError::into_inner);
    proofs.sort_by_key(|(index, _)| *index);
    proofs.into_iter().map(|(_, proof)| proof).collect()
}

fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
