//! The command line.
//!
//! Owns the flags, and the forms in which the existing watchdogs took them (`-version`, `--version=true`). May know the words given. Refuses to
//! print or to exit: it says what was asked for.

use std::ffi::OsString;

use super::{CommandLine, grammar, reference};

const ABOUT: &str = "\
Turns any program into an HTTP function.

Usage: fwatchdog [OPTIONS] [-- COMMAND ARGS...]

Arguments:
  [COMMAND] [ARGS]...  The function's command; goes before fprocess

Options:
      --version[=<BOOL>]          Print the version
      --run-healthcheck[=<BOOL>]  Exit with 0 if the lock file is there, with 1 if not
      --check-config[=<BOOL>]     Report what is wrong with the settings, and exit
      --print-config[=<BOOL>]     Print every setting, its value and where that came from
  -h, --help                      Print help
";

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
        let action = Switches::read(&flags).and_then(|switches| {
            let command = command_line(command).map_err(Action::Misuse)?;
            Ok(switches.action(command))
        });
        let action = action.unwrap_or_else(|instead| instead);
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

/// The flags; of two of a name the last holds.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag on the command line"
)]
struct Switches {
    version: bool,
    run_healthcheck: bool,
    check_config: bool,
    print_config: bool,
}

impl Switches {
    /// What is done instead, where help is asked for or a word makes no sense.
    fn read(words: &[OsString]) -> Result<Self, Action> {
        let mut switches = Self::default();
        for word in words {
            switches.set(&word.to_string_lossy())?;
        }
        Ok(switches)
    }

    /// A flag may also be written `--flag=true` or `--flag=false`.
    fn set(&mut self, word: &str) -> Result<(), Action> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let switch = match name {
            "--version" => &mut self.version,
            "--run-healthcheck" => &mut self.run_healthcheck,
            "--check-config" => &mut self.check_config,
            "--print-config" => &mut self.print_config,
            "-h" | "--help" if value.is_none() => return Err(help()),
            _ => return Err(unexpected(word)),
        };
        *switch = match value {
            None => true,
            Some(value) => grammar::bool(value).ok_or_else(|| not_a_bool(name, value))?,
        };
        Ok(())
    }

    fn action(&self, command: Option<CommandLine>) -> Action {
        if self.version {
            Action::Version
        } else if self.run_healthcheck {
            Action::Healthcheck
        } else if self.check_config {
            Action::CheckConfig { command }
        } else if self.print_config {
            Action::PrintConfig { command }
        } else {
            Action::Serve { command }
        }
    }
}

fn help() -> Action {
    Action::Help(format!("{ABOUT}\n{}", reference::help()))
}

fn unexpected(word: &str) -> Action {
    Action::Misuse(format!(
        "error: unexpected argument '{word}' found\n\n\
         Usage: fwatchdog [OPTIONS] [-- COMMAND ARGS...]\n\n\
         For more information, try '--help'.\n"
    ))
}

fn not_a_bool(name: &str, value: &str) -> Action {
    Action::Misuse(format!(
        "error: invalid value '{value}' for '{name}[=<BOOL>]': expected true or false\n\n\
         For more information, try '--help'.\n"
    ))
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
            parse(&["--version", "--version=false"]).action,
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
            ["--version="],
            ["--help=true"],
        ] {
            assert!(
                matches!(parse(&words).action, Action::Misuse(_)),
                "{words:?}"
            );
        }
    }
}
