//! `conformance template`: which function of which template is judged, behind which watchdog.
//! It knows the profiles of watchdogs.
//! It refuses to build a function: `templates/native` does.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{USAGE, complain, judging};
use crate::judge::Options;
use crate::template::{Ground, Suite};
use crate::watchdog::{Flavour, Ground as Watched, Profile};

pub(super) fn command() -> Command {
    let path = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("PATH")
            .required(true)
            .value_parser(value_parser!(PathBuf))
    };
    let command =
        Command::new("template")
            .about("Judges a language template by its fixture, built and started behind a watchdog")
            .arg(
                Arg::new("lang")
                    .long("lang")
                    .value_name("NAME")
                    .required(true)
                    .help("The template's name, by which it is known what its language cannot do"),
            )
            .arg(path("native").help(
                "The folder that `templates/native NAME templates/fixture/NAME PATH` has made",
            ))
            .arg(path("subject").help("The watchdog"))
            .arg(
                Arg::new("profile")
                    .long("profile")
                    .default_value("fwatchdog")
                    .value_parser(["fwatchdog", "of-watchdog"])
                    .help("Which watchdog that is"),
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
    let name = args.get_one::<String>("profile").map_or("", String::as_str);
    let profile = Profile::named(name).ok_or_else(|| format!("no profile {name:?}"))?;
    let own = std::env::current_exe().map_err(|e| format!("own executable: {e}"))?;
    let mut watchdog = Watched::new(real(args, "subject")?, own, Flavour::Of, profile);
    watchdog.timeout_scale = judging::timeout_scale(args);
    let lang = args.get_one::<String>("lang").map_or("", String::as_str);
    let ground = Ground::native(lang, &real(args, "native")?, watchdog)?;
    judging::options(args, ground)
}

fn real(args: &ArgMatches, name: &str) -> Result<PathBuf, String> {
    let path = args
        .get_one::<PathBuf>(name)
        .map_or(Path::new(""), PathBuf::as_path);
    path.canonicalize()
        .map_err(|e| format!("{}: {e}", path.display()))
}
