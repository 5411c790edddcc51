//! The command line: words in, an exit code out.
//! It knows the arguments and where the files of a report lie.
//! It refuses to call a run good that missed a target.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::bench::Bench;
use crate::binary::Binary;
use crate::fault::{During as _, Fault};
use crate::results::Results;
use crate::run::Options;
use crate::scenario::{self, Peers, Scenario, Subject};
use crate::screen::{print, say};
use crate::targets::{Standing, Targets};
use crate::{children, machine, profile, report, run, serve};

const GOOD: u8 = 0;
const MISSED: u8 = 1;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

const NO_SUCH: &str = "no scenario has such a name: see `benches list`";

pub fn run() -> u8 {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { GOOD };
        }
    };
    match dispatch(&matches) {
        Ok(code) => code,
        Err(fault) => {
            say(format!("benches: {fault}"));
            FAULT
        }
    }
}

fn dispatch(matches: &ArgMatches) -> Result<u8, Fault> {
    match matches.subcommand() {
        Some(("run", args)) => measure_and_keep(args),
        Some(("check", args)) => check(args),
        Some(("readme", _)) => readme(),
        Some(("profile", args)) => count(args),
        Some(("serve", args)) => {
            serve::run(args.get_one("port").copied().unwrap_or_default()).map(|()| GOOD)
        }
        _ => {
            for scenario in scenario::ALL {
                print(format!("{:24} {}", scenario.id, scenario.what));
            }
            Ok(GOOD)
        }
    }
}

fn command() -> Command {
    let port = Arg::new("port")
        .required(true)
        .value_parser(value_parser!(u16));
    Command::new("benches")
        .about("Measures fwatchdog and its peers side by side")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand(measuring(
            Command::new("run").about("Measures, and writes the report"),
        ))
        .subcommand(
            measuring(Command::new("check").about("Measures, and compares with the targets"))
                .arg(
                    Arg::new("results")
                        .long("results")
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help("Measure nothing: judge these results"),
                )
                .arg(
                    Arg::new("before")
                        .long("before")
                        .value_name("PATH")
                        .value_parser(value_parser!(PathBuf))
                        .conflicts_with_all(["results", "debian"])
                        .help("Compare with this earlier build alone: no figure may be worse by more than the margin"),
                ),
        )
        .subcommand(
            Command::new("readme").about("Writes the table and the plots into the top README.md"),
        )
        .subcommand(profiling())
        .subcommand(Command::new("list").about("Lists the scenarios"))
        .subcommand(Command::new("serve").hide(true).arg(port))
}

fn profiling() -> Command {
    Command::new("profile")
        .about("Counts the instructions of a request by layer, by callgrind")
        .arg(Arg::new("scenario").required(true))
        .arg(
            Arg::new("requests")
                .long("requests")
                .value_name("N")
                .default_value("1000")
                .value_parser(value_parser!(u64).range(1..)),
        )
        .arg(subject().required(true))
}

fn subject() -> Arg {
    Arg::new("subject")
        .long("subject")
        .value_name("PATH")
        .value_parser(value_parser!(PathBuf))
        .help("Measure this binary in place of the release build")
}

fn measuring(command: Command) -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    command
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("GLOB")
                .action(ArgAction::Append)
                .help("Only these scenarios"),
        )
        .arg(flag("quick").help("3 rounds (5 of an open loop) of 1 s in place of 5 of 3 s"))
        .arg(
            Arg::new("rounds")
                .long("rounds")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..)),
        )
        .arg(subject())
        .arg(
            flag("debian").help(
                "Only the peers that Debian has, with a margin; assumed where PEERS is not set",
            ),
        )
}

/// The directory of this crate.
fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workspace() -> &'static Path {
    home().parent().unwrap_or(home())
}

fn results_folder() -> PathBuf {
    home().join("results")
}

fn selected(args: &ArgMatches) -> Result<Vec<&'static Scenario>, Fault> {
    let globs: Vec<String> = args
        .get_many("only")
        .map(|globs| globs.cloned().collect())
        .unwrap_or_default();
    let scenarios = scenario::select(&globs);
    if scenarios.is_empty() {
        return Err(Fault::new(NO_SUCH));
    }
    Ok(scenarios)
}

fn measure(args: &ArgMatches, scenarios: &[&Scenario], peers: Peers) -> Result<Results, Fault> {
    machine::raise_descriptors()?;
    children::end_all_on_interrupt()?;
    let binary = match args.get_one::<PathBuf>("subject") {
        Some(path) => Binary::given(path)?,
        None => Binary::build(workspace())?,
    };
    let options = Options {
        quick: args.get_flag("quick"),
        rounds: args.get_one::<u16>("rounds").copied().map(usize::from),
        peers,
    };
    let mut bench = Bench::prepare(binary, peers == Peers::Packaged)?;
    if peers == Peers::Before {
        let before = args.get_one::<PathBuf>("before");
        bench.before = before.map(|path| Binary::given(path)).transpose()?;
    }
    Ok(run::run(&bench, scenarios, &options))
}

fn measure_and_keep(args: &ArgMatches) -> Result<u8, Fault> {
    let scenarios = selected(args)?;
    let peers = if args.get_flag("debian") {
        Peers::Packaged
    } else {
        Peers::All
    };
    let newer = measure(args, &scenarios, peers)?;
    let folder = results_folder();
    fs::create_dir_all(&folder)?;
    let file = folder.join("results.json");
    let mut results = Results::read(&file)?;
    results.merge(newer);
    results.write(&file)?;
    report::write(&results, &folder)?;
    say(format!("written: {}", folder.display()));
    Ok(GOOD)
}

fn check(args: &ArgMatches) -> Result<u8, Fault> {
    let file = args.get_one::<PathBuf>("results");
    let peers = if args.contains_id("before") {
        Peers::Before
    } else if args.get_flag("debian") || (file.is_none() && env::var_os("PEERS").is_none()) {
        Peers::Packaged
    } else {
        Peers::All
    };
    let mut targets = Targets::parse(&fs::read_to_string(home().join("targets.toml"))?)?;
    let mut scenarios = selected(args)?;
    targets.keep(|target| scenarios.iter().any(|one| one.id == target.row));
    match peers {
        Peers::All => {}
        Peers::Packaged => targets.keep(|target| target.peer.is_some_and(Subject::packaged)),
        Peers::Before => targets = targets.beside_before(),
    }
    scenarios.retain(|scenario| targets.target.iter().any(|one| one.row == scenario.id));
    let results = if let Some(file) = file {
        Results::read(file)?
    } else {
        measure(args, &scenarios, peers)?
    };
    let margin = match peers {
        Peers::All => 0.0,
        Peers::Packaged | Peers::Before => targets.margin,
    };
    Ok(judge(&targets, &results, margin))
}

fn judge(targets: &Targets, results: &Results, margin: f64) -> u8 {
    let (mut short, mut failed) = (0, 0);
    for target in &targets.target {
        let verdict = target.judge(results, margin);
        print(&verdict.line);
        short += usize::from(verdict.standing == Standing::Short);
        failed += usize::from(verdict.standing == Standing::Fail);
    }
    let all = targets.target.len();
    print(format!(
        "{all} targets: {} reached, {short} known not to be and no worse, {failed} failed",
        all - short - failed
    ));
    if failed == 0 { GOOD } else { MISSED }
}

fn count(args: &ArgMatches) -> Result<u8, Fault> {
    machine::raise_descriptors()?;
    children::end_all_on_interrupt()?;
    let id = args.get_one::<String>("scenario");
    let scenario = scenario::ALL
        .iter()
        .find(|scenario| id.is_some_and(|id| id == scenario.id))
        .ok_or_else(|| Fault::new(NO_SUCH))?;
    let path = args.get_one::<PathBuf>("subject");
    let binary = Binary::given(path.ok_or_else(|| Fault::new("no subject"))?)?;
    let requests = args.get_one("requests").copied().unwrap_or(1);
    let mut bench = Bench::prepare(binary, true)?;
    profile::run(&mut bench, scenario, requests)?;
    Ok(GOOD)
}

fn readme() -> Result<u8, Fault> {
    let results = Results::read(&results_folder().join("results.json"))?;
    let path = workspace().join("README.md");
    let text = fs::read_to_string(&path).during(path.display())?;
    fs::write(&path, report::readme(&results, &text)?)?;
    Ok(GOOD)
}
