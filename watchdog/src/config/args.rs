//! The command line.
//!
//! Owns the flags, and the forms in which the existing watchdogs took them (`-version`, `--version=true`). May know the words given. Refuses to
//! print or to exit: it says what was asked for.

use std::ffi::OsString;

use clap::builder::ValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};

use super::{CommandLine, grammar, reference};

const VERSION: &str = "version";
const RUN_HEALTHCHECK: &str = "run-healthcheck";
const CHECK_CONFIG: &str = "check-config";
const PRINT_CONFIG: &str = "print-config";
const COMMAND: &str = "command";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Serve {
        command: Option<CommandLine>,
    },
    /// Whether the lock file is there.
    Healthcheck,
    CheckConfig {
        command: Option<CommandLine>,
    },
    PrintConfig {
        command: Option<CommandLine>,
    },
    Version,
    /// To be printed, as asked.
    Help(String),
    /// The words make no sense; to be printed as an error.
    Misuse(String),
}

/// The command line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    pub action: Action,
    /// To be logged once there is a log.
    pub warnings: Vec<String>,
}

/// The words in three parts.
#[derive(Default)]
struct Words {
    flags: Vec<OsString>,
    /// After the first word that is no flag nothing is read: so the existing watchdogs do.
    ignored: Vec<OsString>,
    /// After `--`.
    command: Vec<OsString>,
}

impl Arguments {
    /// Reads the words after the program's name.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Self {
        let Words {
            flags,
            ignored,
            command,
        } = Words::parted(words);
        let warnings = if ignored.is_empty() {
            Vec::new()
        } else {
            let ignored = ignored.join(" ".as_ref());
            vec![format!(
                "arguments ignored: {}; a command goes after --",
                ignored.to_string_lossy()
            )]
        };
        let words = std::iter::once("fwatchdog".into()).chain(flags);
        let action = match interface().try_get_matches_from(words) {
            Ok(matches) => match command_line(command) {
                Ok(command) => action(&matches, command),
                Err(message) => Action::Misuse(message),
            },
            Err(error) if error.kind() == ErrorKind::DisplayHelp => Action::Help(error.to_string()),
            Err(error) => Action::Misuse(error.to_string()),
        };
        Self { action, warnings }
    }
}

impl Words {
    fn parted(words: impl IntoIterator<Item = OsString>) -> Self {
        let mut parts = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--" {
                parts.command = words.collect();
                break;
            }
            if !word.as_encoded_bytes().starts_with(b"-") || word == "-" {
                parts.ignored = std::iter::once(word).chain(words).collect();
                break;
            }
            parts.flags.push(long_form(word));
        }
        parts
    }
}

/// `-version` as `--version`; a single letter stays as it is.
fn long_form(word: OsString) -> OsString {
    let bytes = word.as_encoded_bytes();
    if bytes.starts_with(b"--") || bytes.len() <= 2 {
        return word;
    }
    let mut long = OsString::from("-");
    long.push(word);
    long
}

fn command_line(words: Vec<OsString>) -> Result<Option<CommandLine>, String> {
    if words.is_empty() {
        return Ok(None);
    }
    let words: Result<Vec<String>, OsString> =
        words.into_iter().map(OsString::into_string).collect();
    let words = words.map_err(|word| format!("not UTF-8: {}\n", word.to_string_lossy()))?;
    grammar::command_line(words)
        .map(Some)
        .map_err(|message| format!("after --: {message}\n"))
}

fn action(matches: &ArgMatches, command: Option<CommandLine>) -> Action {
    let asked = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or(false);
    if asked(VERSION) {
        Action::Version
    } else if asked(RUN_HEALTHCHECK) {
        Action::Healthcheck
    } else if asked(CHECK_CONFIG) {
        Action::CheckConfig { command }
    } else if asked(PRINT_CONFIG) {
        Action::PrintConfig { command }
    } else {
        Action::Serve { command }
    }
}

fn interface() -> Command {
    let command = Arg::new(COMMAND)
        .last(true)
        .num_args(0..)
        .value_names(["COMMAND", "ARGS"])
        .help("The function's command; goes before fprocess");
    Command::new("fwatchdog")
        .about("Turns any program into an HTTP function.")
        .override_usage("fwatchdog [OPTIONS] [-- COMMAND ARGS...]")
        .arg(switch(VERSION, "Print the version"))
        .arg(switch(
            RUN_HEALTHCHECK,
            "Exit with 0 if the lock file is there, with 1 if not",
        ))
        .arg(switch(
            CHECK_CONFIG,
            "Report what is wrong with the settings, and exit",
        ))
        .arg(switch(
            PRINT_CONFIG,
            "Print every setting, its value and where that came from",
        ))
        .arg(command)
        .after_help(reference::help())
}

/// A flag that may also be written `--flag=true` or `--flag=false`.
fn switch(name: &'static str, help: &'static str) -> Arg {
    let value = |text: &str| grammar::bool(text).ok_or("expected true or false");
    Arg::new(name)
        .long(name)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .overrides_with(name)
        .hide_possible_values(true)
        .value_name("BOOL")
        .value_parser(ValueParser::from(value))
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Arguments {
        Arguments::parse(words.iter().map(OsString::from))
    }

    fn line(words: &[&str]) -> CommandLine {
        grammar::command_line(words.iter().map(ToString::to_string).collect()).unwrap()
    }

    #[test]
    fn the_interface_is_consistent() {
        interface().debug_assert();
    }

    #[test]
    fn flags_in_every_form() {
        for word in ["--version", "-version", "--version=true", "-version=1"] {
            assert_eq!(parse(&[word]).action, Action::Version, "{word}");
        }
        for word in [
            "--run-healthcheck",
            "-run-healthcheck",
            "--run-healthcheck=true",
            "-run-healthcheck=T",
        ] {
            assert_eq!(parse(&[word]).action, Action::Healthcheck, "{word}");
        }
        assert_eq!(
            parse(&["--check-config"]).action,
            Action::CheckConfig { command: None }
        );
        assert_eq!(
            parse(&["--print-config"]).action,
            Action::PrintConfig { command: None }
        );
        assert_eq!(parse(&["--version", "--version"]).action, Action::Version);
    }

    #[test]
    fn a_flag_can_be_off() {
        assert_eq!(
            parse(&["--version=false"]).action,
            Action::Serve { command: None }
        );
        assert_eq!(
            parse(&[]),
            Arguments {
                action: Action::Serve { command: None },
                warnings: vec![]
            }
        );
    }

    #[test]
    fn help_has_the_settings() {
        for word in ["--help", "-help", "-h"] {
            let Action::Help(text) = parse(&[word]).action else {
                panic!("{word}")
            };
            assert!(
                text.contains("--run-healthcheck") && text.contains("-- COMMAND ARGS"),
                "{text}"
            );
            assert!(text.contains("  fprocess, function_process\n"), "{text}");
            assert!(
                text.lines()
                    .filter(|line| line.trim().contains(' '))
                    .all(|line| line.chars().count() <= 100),
                "{text}"
            );
        }
    }

    #[test]
    fn a_command_after_two_dashes() {
        assert_eq!(
            parse(&["--", "sh", "-c", "a b"]).action,
            Action::Serve {
                command: Some(line(&["sh", "-c", "a b"]))
            }
        );
        let check = Action::CheckConfig {
            command: Some(line(&["cat", "--version"])),
        };
        assert_eq!(
            parse(&["--check-config", "--", "cat", "--version"]).action,
            check
        );
        assert_eq!(parse(&["--"]).action, Action::Serve { command: None });
        assert!(matches!(parse(&["--", ""]).action, Action::Misuse(_)));
    }

    #[test]
    fn stray_words_are_ignored_with_a_warning() {
        let found = parse(&["node", "--version"]);
        assert_eq!(found.action, Action::Serve { command: None });
        assert_eq!(
            found.warnings,
            ["arguments ignored: node --version; a command goes after --"]
        );
    }

    #[test]
    fn nonsense_is_misuse() {
        for words in [
            ["--nope"],
            ["-v"],
            ["--version=maybe"],
            ["--=x"],
            ["---version"],
        ] {
            assert!(
                matches!(parse(&words).action, Action::Misuse(_)),
                "{words:?}"
            );
        }
    }
}
