//! `conformance watchdog`: which executable is judged as what.
//! It knows the profiles and flavours.
//! It refuses a flavour that a profile does not have.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{USAGE, complain, judging};
use crate::judge::Options;
use crate::watchdog::{Flavour, Ground, Profile, Suite, profile};

pub(super) fn command() -> Command {
    let command = Command::new("watchdog")
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
        .arg(
            Arg::new("fixture-exe")
                .long("fixture-exe")
                .hide(true)
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf)),
        );
    judging::arguments(command)
}

pub(super) fn run(args: &ArgMatches, words: &[String]) -> u8 {
    match options(args) {
        Ok(options) => judging::judge(&options, args, words),
        Err(why) => complain(&why, USAGE),
    }
}

fn options(args: &ArgMatches) -> Result<Options<Suite>, String> {
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
    let fixture_exe = match args.get_one::<PathBuf>("fixture-exe") {
        Some(path) => path.clone(),
        None => std::env::current_exe().map_err(|e| format!("own executable: {e}"))?,
    };
    let mut ground = Ground::new(subject, fixture_exe, flavour, profile);
    ground.timeout_scale = judging::timeout_scale(args);
    judging::options(args, ground)
}
