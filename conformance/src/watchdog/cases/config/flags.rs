//! The command line: flags, their spellings, and what they print.
//! It knows that a flag ends the watchdog, and that nothing is left behind.
//! It refuses to judge wording beyond the words somebody looks for.

use super::refused;
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "config/version-flag",
        "WD-1.3",
        "--version says a version and exits with 0",
    )
    .run(version),
    Case::must(
        "config/flag-spellings",
        "WD-1.15",
        "one dash, two dashes and =true mean the same",
    )
    .run(spellings),
    Case::must(
        "config/flag-off",
        "WD-1.15",
        "--version=false goes on to serve",
    )
    .run(flag_off),
    Case::must(
        "config/help",
        "WD-1.16",
        "--help, -help and -h tell the flags",
    )
    .run(help),
    Case::should(
        "config/help-settings",
        "WD-1.16",
        "--help tells the settings with their defaults, on stdout",
    )
    .feature("print-config")
    .run(help_settings),
    Case::must(
        "config/unknown-flag",
        "WD-1.17",
        "an unknown flag is named and nothing is started",
    )
    .run(unknown_flag),
    Case::must(
        "config/healthcheck-present",
        "WD-1.18",
        "--run-healthcheck finds the lock file and exits with 0",
    )
    .run(healthcheck_present),
    Case::must(
        "config/healthcheck-absent",
        "WD-1.18",
        "--run-healthcheck finds no lock file, says so and exits with 1",
    )
    .run(healthcheck_absent),
    Case::must(
        "config/healthcheck-bare",
        "WD-1.18",
        "--run-healthcheck needs no command and no valid settings",
    )
    .run(healthcheck_bare),
    Case::must(
        "config/healthcheck-beside-server",
        "WD-1.18",
        "--run-healthcheck tells the state of a running watchdog",
    )
    .run(healthcheck_beside),
    Case::must(
        "config/stray-words",
        "WD-1.19",
        "words that are no flags are passed over, and what follows them",
    )
    .run(stray_words),
    Case::should(
        "config/check-config-valid",
        "WD-1.22",
        "--check-config of good settings exits with 0 and starts nothing",
    )
    .modes(FUNCTION)
    .feature("check-config")
    .run(check_valid),
    Case::should(
        "config/check-config-invalid",
        "WD-1.22",
        "--check-config of bad settings names them and exits with 64",
    )
    .feature("check-config")
    .run(check_invalid),
    Case::should(
        "config/print-config",
        "WD-1.22",
        "--print-config tells value and source of every setting",
    )
    .feature("print-config")
    .run(print_config),
    Case::should(
        "config/print-config-argument",
        "WD-1.22",
        "--print-config tells a command given on the command line",
    )
    .feature("print-config")
    .run(print_config_argument),
    Case::should(
        "config/usage-64",
        "WD-1.23",
        "misuse of the command line is exit code 64",
    )
    .feature("exit-codes")
    .run(usage),
];

fn flags(rig: &Rig, args: &[&str]) -> Result<Exit, Failure> {
    rig.watchdog().fprocess("cat").args(args).run_to_exit(10.0)
}

fn says_version(exit: &Exit) -> Outcome {
    check_eq!(exit.code, Some(0), "exit code");
    let said = format!("{}{}", exit.stdout, exit.stderr);
    check!(
        said.contains("Version: ") && said.contains("SHA: "),
        "said {said:?}"
    );
    Ok(())
}

fn version(rig: &mut Rig) -> Outcome {
    says_version(&flags(rig, &["--version"])?)
}

fn spellings(rig: &mut Rig) -> Outcome {
    for flag in [
        "-version",
        "--version=true",
        "-version=true",
        "-version=1",
        "--version=T",
    ] {
        says_version(&flags(rig, &[flag])?)?;
    }
    Ok(())
}

fn flag_off(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess("cat");
    let w = setup
        .args(&["--version=false", "-run-healthcheck=false"])
        .start()?;
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

fn help(rig: &mut Rig) -> Outcome {
    for flag in ["--help", "-help", "-h"] {
        let exit = flags(rig, &[flag])?;
        check_eq!(exit.code, Some(0), "exit code of {flag}");
        let said = exit.stdout + &exit.stderr;
        for name in ["version", "run-healthcheck"] {
            check!(said.contains(name), "{flag} does not tell of {name}");
        }
    }
    check!(!rig.file("tmp/.lock").exists(), "help left a lock file");
    Ok(())
}

fn help_settings(rig: &mut Rig) -> Outcome {
    let exit = flags(rig, &["--help"])?;
    for name in [
        "fprocess",
        "mode",
        "exec_timeout",
        "upstream_url",
        "port",
        "max_inflight",
        "--check-config",
        "--print-config",
        "8080",
        "30s",
    ] {
        check!(exit.stdout.contains(name), "{name} is not in the help");
    }
    Ok(())
}

fn unknown_flag(rig: &mut Rig) -> Outcome {
    refused(&flags(rig, &["--nope"])?, &["nope"])?;
    refused(&flags(rig, &["-nope=1"])?, &["nope"])?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file was left");
    Ok(())
}

fn healthcheck_present(rig: &mut Rig) -> Outcome {
    rig.write("tmp/.lock", "")?;
    for flag in [
        "--run-healthcheck",
        "-run-healthcheck",
        "-run-healthcheck=true",
    ] {
        let exit = flags(rig, &[flag])?;
        check_eq!(exit.code, Some(0), "exit code of {flag}");
        check_eq!(exit.stdout, "", "stdout of {flag}");
    }
    check!(
        rig.file("tmp/.lock").exists(),
        "the check removed the lock file"
    );
    Ok(())
}

fn healthcheck_absent(rig: &mut Rig) -> Outcome {
    let exit = flags(rig, &["--run-healthcheck"])?;
    check_eq!(exit.code, Some(1), "exit code");
    check!(
        exit.stderr.contains("unable to find lock file"),
        "said {:?}",
        exit.stderr
    );
    check!(
        !rig.file("tmp/.lock").exists(),
        "the check made a lock file"
    );
    Ok(())
}

fn healthcheck_bare(rig: &mut Rig) -> Outcome {
    rig.write("tmp/.lock", "")?;
    let setup = rig.watchdog().unset("port").unset("mode");
    let exit = setup.args(&["--run-healthcheck"]).run_to_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code without a command");
    let setup = rig
        .watchdog()
        .env("write_timeout", "0")
        .env("log_buffer_size", "x");
    let exit = setup.args(&["--run-healthcheck"]).run_to_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code with bad settings");
    Ok(())
}

fn healthcheck_beside(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess("cat")
        .env("healthcheck_interval", "100ms")
        .start()?;
    check_eq!(
        flags(rig, &["--run-healthcheck"])?.code,
        Some(0),
        "exit code while it serves"
    );
    w.signal(Signal::SIGTERM)?;
    w.wait_exit(10.0)?;
    check_eq!(
        flags(rig, &["--run-healthcheck"])?.code,
        Some(1),
        "exit code after it stopped"
    );
    Ok(())
}

fn stray_words(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().fprocess("cat");
    let w = setup.args(&["serve", "--version", "--nope"]).start()?;
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

fn check_valid(rig: &mut Rig) -> Outcome {
    let setup = rig
        .function(&rig.fixture("echo", &[]))
        .args(&["-check-config"]);
    let exit = setup.run_to_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code; it said {:?}", exit.stderr);
    check!(!rig.file("tmp/.lock").exists(), "a lock file was left");
    check_eq!(rig.evidence("started"), "", "processes started by a check");
    Ok(())
}

fn check_invalid(rig: &mut Rig) -> Outcome {
    let setup = rig.watchdog().env("read_timeout", "1d").env("port", "x");
    let exit = setup.args(&["--check-config"]).run_to_exit(10.0)?;
    check_eq!(exit.code, Some(64), "exit code");
    refused(&exit, &["read_timeout", "port", "fprocess"])
}

fn print_config(rig: &mut Rig) -> Outcome {
    let setup = rig
        .watchdog()
        .fprocess("cat -n")
        .env("healthcheck_interval", "7");
    let exit = setup
        .env("read_timeout", "90")
        .args(&["--print-config"])
        .run_to_exit(10.0)?;
    check_eq!(exit.code, Some(0), "exit code");
    for (name, value, source) in [
        ("fprocess", "cat -n", "environment fprocess"),
        ("read_timeout", "1m30s", "environment read_timeout"),
        ("drain_delay", "7s", "environment healthcheck_interval"),
        ("write_timeout", "30s", "default"),
        ("max_inflight", "0", "default"),
    ] {
        let wanted = format!("{name}={value}");
        let line = exit
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("{name}=")));
        check!(
            line.is_some_and(|line| line.starts_with(&wanted) && line.contains(source)),
            "{name} should be {value} by {source}, the line is {line:?}"
        );
    }
    check!(!rig.file("tmp/.lock").exists(), "a lock file was left");
    Ok(())
}

fn print_config_argument(rig: &mut Rig) -> Outcome {
    let setup = rig
        .watchdog()
        .fprocess("cat")
        .args(&["--print-config", "--", "echo", "a"]);
    let exit = setup.run_to_exit(10.0)?;
    let line = exit
        .stdout
        .lines()
        .find(|line| line.starts_with("fprocess="));
    check!(
        line.is_some_and(|line| line.contains("echo a") && line.contains("argument")),
        "the line of fprocess is {line:?}"
    );
    Ok(())
}

fn usage(rig: &mut Rig) -> Outcome {
    for args in [&["--nope"][..], &["--version=maybe"], &["--"]] {
        let setup = rig.watchdog().args(args);
        let exit = setup.run_to_exit(10.0)?;
        check_eq!(exit.code, Some(64), "exit code of {args:?}");
    }
    Ok(())
}
