//! `conformance mutate provider`: words in, a score out.
//! It knows which programs a mutant is run with.
//! It refuses to judge: that is the suite's part.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::bench::{Bench, Place};
use super::faults::catalogue;
use crate::judge::mutants;
use crate::provider::reference;

pub fn command() -> Command {
    let path = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("PATH")
            .value_parser(value_parser!(PathBuf))
    };
    let command = Command::new("provider")
        .about("Proves the provider suite: each mutant of the reference provider has to be noticed")
        .arg(path("fwatchdog").help(
            "The watchdog in its functions; by default the one beside this executable, or else on PATH",
        ))
        .arg(path("faas-cli").help("Runs the cases of the command line client, too"));
    mutants::arguments(command)
}

/// The exit code.
pub fn run(args: &ArgMatches) -> u8 {
    mutants::run(args, &catalogue(), || Bench::new(place(args)?))
}

fn place(args: &ArgMatches) -> Result<Place, String> {
    let own = std::env::current_exe().map_err(|why| format!("own executable: {why}"))?;
    let (_, timeout_scale) = mutants::jobs_and_scale(args);
    Ok(Place {
        fwatchdog: reference::fwatchdog(args.get_one::<PathBuf>("fwatchdog"), &own)?,
        own,
        faas_cli: args.get_one::<PathBuf>("faas-cli").cloned(),
        timeout_scale,
    })
}
