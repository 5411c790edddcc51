//! What the commands `mutate SUITE` have in common: words in, a score out.
//! It knows the arguments, the terminal and the files of the tables.
//! It refuses to judge: that is the prover's part.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use wildmatch::WildMatch;

use super::super::Suite;
use super::prove::{Proof, Prover};
use super::queue::side_by_side;
use super::score::Score;
use super::section::replaced;
use super::table::line;
use super::{Bench, Catalogue, Layer, Mutant};

const PASS: u8 = 0;
const SURVIVORS: u8 = 1;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

/// Adds the arguments to the command of a suite.
pub fn arguments(command: Command) -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let globs = |name| text(name, "GLOB").action(ArgAction::Append);
    let file = |name| text(name, "FILE").value_parser(value_parser!(PathBuf));
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    command
        .arg(globs("mutant").help("Only these; a control (none*) runs every case without a fault"))
        .arg(globs("run").help("Runs these cases on each, and tells which fail"))
        .arg(
            flag("own-cases")
                .help("Tries the cases of its clauses alone, not those of their chapters"),
        )
        .arg(
            text("jobs", "N")
                .value_parser(value_parser!(usize))
                .default_value("2")
                .help("How many mutants at a time"),
        )
        .arg(
            text("timeout-scale", "X")
                .value_parser(value_parser!(f64))
                .default_value("1"),
        )
        .arg(file("markdown").help("Writes the table of all there"))
        .arg(
            file("readme")
                .help("Writes the table by chapter there, between the marks of the suite"),
        )
        .arg(flag("list").help("Lists the mutants, and the MUST clauses without one"))
}

/// `--jobs` and `--timeout-scale`.
pub fn jobs_and_scale(args: &ArgMatches) -> (usize, f64) {
    let jobs = args.get_one::<usize>("jobs").copied().unwrap_or(1).max(1);
    let scale = args.get_one::<f64>("timeout-scale").copied();
    (jobs, scale.unwrap_or(1.0))
}

/// Why there is no score: what to tell, and the exit code.
type Refusal = (String, u8);

/// Judges what is asked for on the bench that is made for it; the exit code.
pub fn run<B: Bench>(
    args: &ArgMatches,
    catalogue: &Catalogue<B::Suite, B::Layer>,
    bench: impl FnOnce() -> Result<B, String>,
) -> u8 {
    attempt(args, catalogue, bench).unwrap_or_else(|(why, code)| {
        say(&format!("conformance: {why}"));
        code
    })
}

fn attempt<B: Bench>(
    args: &ArgMatches,
    catalogue: &Catalogue<B::Suite, B::Layer>,
    bench: impl FnOnce() -> Result<B, String>,
) -> Result<u8, Refusal> {
    let globs = texts(args, "mutant");
    let matching: Vec<WildMatch> = globs.iter().map(|glob| WildMatch::new(glob)).collect();
    let named = |id: &str| matching.iter().any(|glob| glob.matches(id));
    let wanted = catalogue.wanted(named, globs.is_empty());
    if wanted.is_empty() {
        let why = format!("--mutant {}: no mutant has such a name", globs.join(" "));
        return Err((why, USAGE));
    }
    if args.get_flag("list") {
        list(&wanted, catalogue);
        return Ok(PASS);
    }
    if args.contains_id("readme") && !globs.is_empty() {
        return Err((
            "--readme tells of all mutants: leave --mutant out".to_owned(),
            USAGE,
        ));
    }
    let bench = bench().map_err(|why| (why, FAULT))?;
    let prover = Prover::new(bench, args.get_flag("own-cases"));
    let (jobs, _) = jobs_and_scale(args);
    let cases = texts(args, "run");
    let (looked_at, mutants): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|mutant| mutant.is_control() || !cases.is_empty());
    let mut disturbed = false;
    for mutant in looked_at {
        disturbed |= !undisturbed(&prover, mutant, &cases, jobs).map_err(|why| (why, FAULT))?;
    }
    let proofs = prove(&prover, mutants, jobs);
    let score = Score {
        proofs: &proofs,
        catalogue,
    };
    if !proofs.is_empty() {
        say(score.summary().trim_end());
    }
    write(args, &score).map_err(|why| (why, FAULT))?;
    Ok(if disturbed || !score.passes() {
        SURVIVORS
    } else {
        PASS
    })
}

/// Proves them side by side, and tells of each as it comes.
fn prove<B: Bench>(
    prover: &Prover<B>,
    mutants: Vec<&'static Mutant<B::Layer>>,
    jobs: usize,
) -> Vec<Proof<B::Layer>> {
    side_by_side(mutants, jobs, |mutant| {
        let proof = prover.prove(mutant);
        print(&line(&proof));
        proof
    })
}

/// Whether these cases pass on it, or all of them.
fn undisturbed<B: Bench>(
    prover: &Prover<B>,
    mutant: &'static Mutant<B::Layer>,
    cases: &[String],
    jobs: usize,
) -> Result<bool, String> {
    let fails = prover.failures(mutant, cases, jobs)?;
    say(&format!("{}: {} runs fail", mutant.id, fails.len()));
    for judged in &fails {
        let first = judged.message.lines().next().unwrap_or_default();
        say(&format!("  {:<50} {first}", judged.run.id()));
    }
    Ok(fails.is_empty())
}

fn list<S: Suite, L: Layer>(wanted: &[&'static Mutant<L>], catalogue: &Catalogue<S, L>) {
    for mutant in wanted {
        let (name, clauses) = (mutant.layer.name(), mutant.breaks.join(", "));
        let (id, wrong) = (mutant.id, mutant.wrong);
        print(&format!("{id:<44} {name:<17} {clauses:<16} {wrong}"));
    }
    for id in catalogue.unaimed() {
        print(&format!("no mutant: {id}"));
    }
}

/// The tables, where they are asked for.
fn write<S: Suite, L: Layer>(args: &ArgMatches, score: &Score<'_, S, L>) -> Result<(), String> {
    if let Some(path) = args.get_one::<PathBuf>("markdown") {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        // A file that is there for several suites keeps the tables of the others.
        let whole = replaced(&text, S::NAME, &score.markdown()).unwrap_or(score.markdown());
        save(path, &whole)?;
    }
    if let Some(path) = args.get_one::<PathBuf>("readme") {
        let told = |why| format!("--readme {}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|why| told(why.to_string()))?;
        save(
            path,
            &replaced(&text, S::NAME, &score.by_chapter()).map_err(told)?,
        )?;
    }
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
}

fn texts(args: &ArgMatches, name: &str) -> Vec<String> {
    let values = args.get_many::<String>(name);
    values.map(|all| all.cloned().collect()).unwrap_or_default()
}

fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
