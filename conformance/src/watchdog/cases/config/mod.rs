//! Chapter 1: what the environment and the flags mean.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what a setting does to a request: that stands where the request does.

mod choices;
mod command;
mod flags;
mod never;
mod values;

use crate::watchdog::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 1,
    name: "config",
    title: "Configuration",
    intro: "A watchdog is configured by environment variables alone, and by a few flags.",
    clauses: CLAUSES,
    cases: &[
        command::CASES,
        values::CASES,
        never::CASES,
        choices::CASES,
        flags::CASES,
    ],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-1.1",
        "`fprocess` is split into words at spaces; the words after the first are the arguments. No shell reads it.",
    ),
    Clause::must(
        "WD-1.2",
        "Without a command a watchdog says so and exits with a code other than 0, before it listens.",
    ),
    Clause::must(
        "WD-1.3",
        "`--version` prints a version line and exits with 0.",
    ),
    Clause::must(
        "WD-1.4",
        "In the of flavour `function_process` wins over `fprocess`; in the classic flavour `fprocess` wins.",
    ),
    Clause::should(
        "WD-1.5",
        "A value that cannot be parsed is fatal before a port is bound; every bad value is named at once.",
    ),
    Clause::must(
        "WD-1.6",
        "A duration is a whole number of seconds, or numbers with the units ns, us, ms, s, m and h.",
    ),
    Clause::must(
        "WD-1.7",
        "Where nothing is set, the limits are 30 s to read and 30 s to write; the function has no limit in the classic flavour and 30 s in the of flavour.",
    ),
    Clause::must(
        "WD-1.8",
        "A value that cannot be used is never replaced in silence.",
    ),
    Clause::must(
        "WD-1.9",
        "A variable that is set but empty counts as unset.",
    ),
    Clause::must(
        "WD-1.10",
        "Names of variables are lower case; other spellings mean nothing.",
    ),
    Clause::must(
        "WD-1.11",
        "`mode` selects what answers: the of flavour refuses an unknown one in plain words, in the classic flavour it belongs to the function.",
    ),
    Clause::must(
        "WD-1.12",
        "Aliases mean the same: `http_upstream_url`, `http_buffer_req_body`, `healthcheck_interval`, `log_call_id`.",
    ),
    Clause::must(
        "WD-1.13",
        "`port` chooses the TCP port, 8080 where it is unset, on every address of the machine.",
    ),
    Clause::must(
        "WD-1.14",
        "A port that cannot be had ends the start with a message, a code other than 0 and no lock file.",
    ),
    Clause::must(
        "WD-1.15",
        "Flags are written with one dash or two, and with `=true` or `=false`.",
    ),
    Clause::must("WD-1.16", "`--help` tells the flags and exits with 0."),
    Clause::must(
        "WD-1.17",
        "An unknown flag is named and ends the start with a code other than 0.",
    ),
    Clause::must(
        "WD-1.18",
        "`--run-healthcheck` exits with 0 if the lock file in `TMPDIR` is there and with 1 if not, and needs no other setting.",
    ),
    Clause::must(
        "WD-1.19",
        "Words after the first that is no flag are not read.",
    ),
    Clause::should(
        "WD-1.20",
        "With a quote or a backslash in it `fprocess` follows the quoting of a POSIX shell; a JSON array of strings is taken as it stands.",
    ),
    Clause::should(
        "WD-1.21",
        "A command after `--` on the command line goes before `fprocess`.",
    ),
    Clause::should(
        "WD-1.22",
        "`--check-config` tells what is wrong and starts nothing; `--print-config` tells every setting with its value and its source.",
    ),
    Clause::should(
        "WD-1.23",
        "Exit codes tell the reason: 64 a bad configuration, 69 a port, 127 a command that cannot be started.",
    ),
    Clause::should(
        "WD-1.24",
        "`strict_config=false` puts the default in place of a bad value, with a warning.",
    ),
    Clause::should(
        "WD-1.25",
        "A variable that looks like a misspelt setting gets a warning that names the right one.",
    ),
    Clause::should(
        "WD-1.26",
        "Booleans are `true`, `false`, `1`, `0`, `t` and `f`, in any case.",
    ),
    Clause::should("WD-1.27", "`bind_address` narrows where it listens."),
    Clause::must(
        "WD-1.28",
        "Mode http needs an upstream URL that can be used, and a command that can be started; mode static needs no command.",
    ),
    Clause::must(
        "WD-1.29",
        "A value that can never work is refused at start like one that cannot be parsed.",
    ),
    Clause::must("WD-1.30", "The largest value that a setting takes works."),
];

/// A subject whose function echoes.
fn echo(rig: &Rig) -> Setup {
    rig.watchdog().fprocess(&rig.fixture("echo", &[]))
}

/// The limits a watchdog says it took, in the words of its log.
struct Told(String);

impl Told {
    fn by(rig: &Rig, w: &Watchdog) -> Result<Self, Failure> {
        rig.poll(5.0, "the line `Timeouts: ...` in the log", || {
            let log = w.log();
            let (_, rest) = log.split_once("Timeouts: ")?;
            let (line, _) = rest.split_once('\n')?;
            Some(Self(line.trim_end_matches('.').to_owned()))
        })
    }

    /// `read`, `write`, `hard` or `health`.
    fn get(&self, name: &str) -> &str {
        let mut words = self.0.split(' ');
        words.find(|word| word.trim_end_matches(':') == name);
        words.next().unwrap_or_default()
    }
}

/// It must have ended with a failure and words that hold each of `parts`.
fn refused(exit: &Exit, parts: &[&str]) -> Outcome {
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    for part in parts {
        check!(
            exit.stderr.contains(part),
            "{part:?} is not in {:?}",
            exit.stderr
        );
    }
    check!(
        !exit.stderr.contains("goroutine ") && !exit.stderr.contains("stack backtrace"),
        "a stack trace: {:?}",
        exit.stderr
    );
    Ok(())
}
