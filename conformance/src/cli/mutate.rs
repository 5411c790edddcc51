//! `conformance mutate`: the suites are judged themselves, by what they notice.
//! It knows the suites that have mutants.
//! It refuses to be in a shipped binary.

use clap::{ArgMatches, Command};

use super::USAGE;
use crate::{provider, watchdog};

pub(super) fn command() -> Command {
    Command::new("mutate")
        .about("Proves a suite: it has to notice every fault that is made on purpose")
        .subcommand_required(true)
        .subcommand(watchdog::mutants::command())
        .subcommand(provider::mutants::command())
}

pub(super) fn run(args: &ArgMatches) -> u8 {
    match args.subcommand() {
        Some(("watchdog", args)) => watchdog::mutants::run(args),
        Some(("provider", args)) => provider::mutants::run(args),
        _ => USAGE,
    }
}
