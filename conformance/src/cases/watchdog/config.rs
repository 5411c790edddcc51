//! Chapter 1: what the environment and the flags mean.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what a setting does to a request: that stands where the request does.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 1,
    name: "config",
    title: "Configuration",
    intro: "A watchdog is configured by environment variables alone, and by a few flags.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-1.1",
        "`fprocess` is split into words at spaces; the words after the first are the arguments.",
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
        "In the of flavour `function_process` wins over `fprocess`.",
    ),
    Clause::should(
        "WD-1.5",
        "A value that cannot be parsed is fatal before a port is bound; every bad value is named at once.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "config/fprocess-words",
        "WD-1.1",
        "words of fprocess arrive as arguments",
    )
    .modes(FORK)
    .run(words),
    Case::must(
        "config/no-command",
        "WD-1.2",
        "no command: a message and a non-zero exit",
    )
    .modes(FUNCTION)
    .run(no_command),
    Case::must(
        "config/version-flag",
        "WD-1.3",
        "--version says a version and exits with 0",
    )
    .run(version_flag),
    Case::must(
        "config/function-process-wins",
        "WD-1.4",
        "function_process wins over fprocess",
    )
    .only(Flavour::Of)
    .modes(&[Serializing])
    .run(function_process_wins),
    Case::should(
        "config/bad-values-are-fatal",
        "WD-1.5",
        "two bad values are both named and the exit code is 64",
    )
    .feature("strict-config")
    .bugs(&["BUG-40"])
    .run(bad_values),
];

fn words(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("argv", &["one", "--two=2", "three"]))
        .start()?;
    check_eq!(
        w.get("/")?.text(),
        r#"["one","--two=2","three"]"#,
        "arguments of the function"
    );
    Ok(())
}

fn no_command(rig: &mut Rig) -> Outcome {
    let exit = rig.watchdog().run_to_exit(10.0)?;
    check!(
        exit.code.is_some_and(|code| code != 0),
        "exit code {:?}",
        exit.code
    );
    check!(
        exit.stderr.contains("fprocess"),
        "the message does not name fprocess: {}",
        exit.stderr
    );
    Ok(())
}

fn version_flag(rig: &mut Rig) -> Outcome {
    let exit = rig.watchdog().args(&["--version"]).run_to_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    let said = exit.stdout + &exit.stderr;
    check!(
        said.to_lowercase().contains("version") || said.contains("fwatchdog"),
        "said {said:?}"
    );
    Ok(())
}

fn function_process_wins(rig: &mut Rig) -> Outcome {
    let right = rig.fixture("print", &["right"]);
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("print", &["wrong"]))
        .env("function_process", &right)
        .start()?;
    check_eq!(w.get("/")?.text(), "right", "body");
    Ok(())
}

fn bad_values(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess(&rig.fixture("echo", &[]));
    let exit = setup
        .env("write_timeout", "1d")
        .env("max_inflight", "many")
        .run_to_exit(10.0)?;
    check_eq!(exit.code, Some(64), "exit code");
    for name in ["write_timeout", "max_inflight"] {
        check!(
            exit.stderr.contains(name),
            "{name} is not named in {:?}",
            exit.stderr
        );
    }
    Ok(())
}
