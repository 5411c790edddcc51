//! `conformance mutate watchdog`: words in, a score out.
//! It knows which executable is to be judged as what.
//! It refuses to judge: that is the suite's part.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::bench::{Bench, Subject};
use super::faults::catalogue;
use crate::judge::mutants;
use crate::watchdog::{Flavour, Profile};

pub fn command() -> Command {
    let command = Command::new("watchdog")
        .about("Proves the watchdog suite: each mutant of a watchdog has to be noticed")
        .arg(
            Arg::new("subject")
                .long("subject")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .required_unless_present("list")
                .help("The watchdog that faults are put around"),
        )
        .arg(
            Arg::new("flavour")
                .long("flavour")
                .value_parser(["classic", "of"])
                .default_value("of"),
        );
    mutants::arguments(command)
}

/// The exit code.
pub fn run(args: &ArgMatches) -> u8 {
    mutants::run(args, &catalogue(), || {
        Bench::new(subject(args)?).map_err(|why| format!("no place for mutants: {why}"))
    })
}

fn subject(args: &ArgMatches) -> Result<Subject, String> {
    let subject = args.get_one::<PathBuf>("subject").ok_or("no subject")?;
    let binary = subject
        .canonicalize()
        .map_err(|why| format!("--subject {}: {why}", subject.display()))?;
    let own = std::env::current_exe().map_err(|why| format!("own executable: {why}"))?;
    let flavour = match args.get_one::<String>("flavour").map(String::as_str) {
        Some("classic") => Flavour::Classic,
        _ => Flavour::Of,
    };
    let (_, timeout_scale) = mutants::jobs_and_scale(args);
    Ok(Subject {
        binary,
        fixture_exe: own,
        flavour,
        profile: Profile::named("fwatchdog").ok_or("no profile fwatchdog")?,
        timeout_scale,
    })
}
