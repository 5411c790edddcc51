//! Values: durations, what is empty, and what happens to bad ones.
//! It knows the grammars, and the words in which a watchdog tells what it took.
//! It refuses the effect of a limit on a request.

use super::{Told, echo, refused};
use crate::watchdog::prelude::*;

pub const CASES: &[Case] = &[
    Case::must(
        "config/default-limits",
        "WD-1.7",
        "the limits taken where nothing is set",
    )
    .run(default_limits),
    Case::must(
        "config/duration-seconds",
        "WD-1.6",
        "whole numbers are seconds",
    )
    .run(duration_seconds),
    Case::must(
        "config/duration-units",
        "WD-1.6",
        "numbers with units, fractions and several groups",
    )
    .run(duration_units),
    Case::must("config/duration-zero", "WD-1.6", "0 is a duration").run(duration_zero),
    Case::must(
        "config/write-timeout-zero",
        "WD-1.6",
        "write_timeout=0 is no limit, not an error",
    )
    .run(write_timeout_zero),
    Case::must(
        "config/duration-bad-is-told",
        "WD-1.8",
        "a duration that is none is refused, or at least told",
    )
    .bugs(&["BUG-40"])
    .run(duration_bad),
    Case::must(
        "config/duration-overflow",
        "WD-1.8",
        "seconds beyond what a duration can hold do not become another number in silence",
    )
    .bugs(&["BUG-40"])
    .run(duration_overflow),
    Case::must(
        "config/port-bad-is-told",
        "WD-1.8",
        "a port that is none is refused",
    )
    .bugs(&["BUG-40"])
    .run(port_bad),
    Case::must(
        "config/log-buffer-size-bad",
        "WD-1.8",
        "log_buffer_size that is no number ends the start, named",
    )
    .only(Flavour::Of)
    .run(log_buffer_size),
    Case::must(
        "config/empty-is-unset",
        "WD-1.9",
        "empty variables leave the defaults",
    )
    .run(empty_is_unset),
    Case::must(
        "config/names-are-lower-case",
        "WD-1.10",
        "upper-case names mean nothing",
    )
    .run(lower_case),
    Case::should(
        "config/bad-values-are-fatal",
        "WD-1.5",
        "two bad values are both named and the exit code is 64",
    )
    .feature("strict-config")
    .bugs(&["BUG-40"])
    .run(bad_values),
    Case::should(
        "config/all-problems-at-once",
        "WD-1.5",
        "one bad value of every grammar: all are named, nothing is started",
    )
    .modes(&[Http])
    .feature("strict-config")
    .run(all_problems),
    Case::should(
        "config/negative-is-bad",
        "WD-1.5",
        "a negative limit is a bad value",
    )
    .feature("strict-config")
    .run(negative),
    Case::should(
        "config/strict-off",
        "WD-1.24",
        "strict_config=false takes the defaults and warns",
    )
    .feature("strict-config")
    .run(strict_off),
    Case::should(
        "config/near-miss",
        "WD-1.25",
        "misspelt names are pointed out",
    )
    .feature("strict-config")
    .run(near_miss),
    Case::should(
        "config/quoted-value",
        "WD-1.5",
        "quotes around a whole value are taken for a slip, not for a value",
    )
    .feature("strict-config")
    .run(quoted_value),
];

fn default_limits(rig: &mut Rig) -> Outcome {
    let w = echo(rig).start()?;
    let told = Told::by(rig, &w)?;
    let hard = match rig.flavour() {
        Flavour::Classic => "0s",
        Flavour::Of => "30s",
    };
    let got = (told.get("read"), told.get("write"), told.get("hard"));
    check_eq!(got, ("30s", "30s", hard), "read, write and hard limit");
    Ok(())
}

/// Sets the four durations and checks in which words the subject says it took them.
fn durations(rig: &Rig, table: &[[(&str, &str); 4]]) -> Outcome {
    for row in table {
        let [read, write, exec, drain] = row;
        let w = echo(rig)
            .env("read_timeout", read.0)
            .env("write_timeout", write.0)
            .env("exec_timeout", exec.0)
            .env("healthcheck_interval", drain.0)
            .spawn()?;
        let told = Told::by(rig, &w)?;
        for (name, (given, want)) in [
            ("read", read),
            ("write", write),
            ("hard", exec),
            ("health", drain),
        ] {
            check_eq!(told.get(name), *want, "{name} limit made of {given:?}");
        }
    }
    Ok(())
}

fn duration_seconds(rig: &mut Rig) -> Outcome {
    durations(
        rig,
        &[[("10", "10s"), ("60", "1m0s"), ("+7", "7s"), ("007", "7s")]],
    )
}

fn duration_units(rig: &mut Rig) -> Outcome {
    durations(
        rig,
        &[
            [
                ("10s", "10s"),
                ("1m30s", "1m30s"),
                ("1.5s", "1.5s"),
                ("500ms", "500ms"),
            ],
            [
                ("1h", "1h0m0s"),
                ("90m", "1h30m0s"),
                (".5s", "500ms"),
                ("2h45m30.5s", "2h45m30.5s"),
            ],
            [
                ("1500ms", "1.5s"),
                ("100000us", "100ms"),
                ("5000000ns", "5ms"),
                ("1m1ms", "1m0.001s"),
            ],
        ],
    )
}

fn duration_zero(rig: &mut Rig) -> Outcome {
    for zero in ["0", "0s", "0ms"] {
        let w = echo(rig)
            .env("exec_timeout", zero)
            .env("read_timeout", zero)
            .start()?;
        let told = Told::by(rig, &w)?;
        check_eq!(
            (told.get("hard"), told.get("read")),
            ("0s", "0s"),
            "limits made of {zero:?}"
        );
        check_eq!(w.post("/", "x")?.text(), "x", "answer without limits");
    }
    Ok(())
}

fn write_timeout_zero(rig: &mut Rig) -> Outcome {
    let w = echo(rig).env("write_timeout", "0").start()?;
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

/// Either it does not start, or it tells the name of the variable.
fn told_of(rig: &Rig, name: &str, value: &str) -> Outcome {
    let w = echo(rig).env(name, value).spawn()?;
    let listening = || w.log().contains("Listening on port").then_some(());
    let over = || (!w.is_running()).then_some(());
    rig.poll(10.0, "a start or a refusal", || listening().or_else(over))?;
    if !w.is_running() {
        w.wait_exit(5.0)?;
    }
    check!(
        w.log().contains(name),
        "not a word about {name}={value:?} in {:?}",
        w.log()
    );
    Ok(())
}

fn duration_bad(rig: &mut Rig) -> Outcome {
    for value in [
        "1d", "10S", "5 s", "0x10", "1e3", "1_000", "ten", "-5", "s", "1m 30s",
    ] {
        told_of(rig, "read_timeout", value)?;
    }
    Ok(())
}

fn duration_overflow(rig: &mut Rig) -> Outcome {
    told_of(rig, "read_timeout", "9223372037")?;
    told_of(rig, "exec_timeout", "99999999999999999999")
}

fn port_bad(rig: &mut Rig) -> Outcome {
    for value in ["http", "8090.0", "99999", "-1"] {
        let exit = echo(rig).env("port", value).run_to_exit(3.0);
        let exit = exit.map_err(|_| Failure::failed(format!("it starts with port={value}")))?;
        refused(&exit, &["port"])?;
    }
    Ok(())
}

fn log_buffer_size(rig: &mut Rig) -> Outcome {
    let exit = echo(rig)
        .env("log_buffer_size", "large")
        .run_to_exit(10.0)?;
    refused(&exit, &["log_buffer_size", "large"])
}

fn empty_is_unset(rig: &mut Rig) -> Outcome {
    let names = [
        "read_timeout",
        "write_timeout",
        "exec_timeout",
        "max_inflight",
        "prefix_logs",
        "suppress_lock",
    ];
    let mut setup = echo(rig).env("mode", "");
    for name in names {
        setup = setup.env(name, "");
    }
    let w = setup.start()?;
    let told = Told::by(rig, &w)?;
    check_eq!(
        (told.get("read"), told.get("write")),
        ("30s", "30s"),
        "limits"
    );
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

fn lower_case(rig: &mut Rig) -> Outcome {
    let w = echo(rig)
        .env("READ_TIMEOUT", "1s")
        .env("Write_Timeout", "2s")
        .env("PORT", "1")
        .env("MAX_INFLIGHT", "nonsense")
        .start()?;
    let told = Told::by(rig, &w)?;
    check_eq!(
        (told.get("read"), told.get("write")),
        ("30s", "30s"),
        "limits"
    );
    Ok(())
}

fn bad_values(rig: &mut Rig) -> Outcome {
    let setup = echo(rig)
        .env("write_timeout", "1d")
        .env("max_inflight", "many");
    let exit = setup.run_to_exit(10.0)?;
    check_eq!(exit.code, Some(64), "exit code");
    refused(&exit, &["write_timeout", "max_inflight"])
}

fn all_problems(rig: &mut Rig) -> Outcome {
    let bad = [
        ("port", "70000"),
        ("bind_address", "here"),
        ("read_timeout", "soon"),
        ("suppress_lock", "perhaps"),
        ("max_inflight", "-2"),
        ("max_body_bytes", "1MB"),
        ("max_header_bytes", "1k"),
        ("log_format", "xml"),
        ("log_buffer_size", "0"),
        ("ready_path", "ready"),
        ("upstream_url", "nowhere"),
    ];
    let mut setup = rig.watchdog().fprocess("'open");
    for (name, value) in bad {
        setup = setup.env(name, value);
    }
    let exit = setup.run_to_exit(10.0)?;
    check_eq!(exit.code, Some(64), "exit code");
    let mut names: Vec<&str> = bad.iter().map(|(name, _)| *name).collect();
    names.push("fprocess");
    refused(&exit, &names)?;
    check!(!rig.file("tmp/.lock").exists(), "a lock file was left");
    Ok(())
}

fn negative(rig: &mut Rig) -> Outcome {
    for name in [
        "read_timeout",
        "write_timeout",
        "exec_timeout",
        "drain_delay",
    ] {
        let exit = echo(rig).env(name, "-5s").run_to_exit(10.0)?;
        check_eq!(exit.code, Some(64), "exit code for {name}=-5s");
    }
    Ok(())
}

fn strict_off(rig: &mut Rig) -> Outcome {
    let w = echo(rig)
        .env("strict_config", "false")
        .env("read_timeout", "1d")
        .env("max_inflight", "many")
        .env("suppress_lock", "perhaps")
        .start()?;
    check_eq!(
        Told::by(rig, &w)?.get("read"),
        "30s",
        "limit in place of the bad one"
    );
    for name in ["read_timeout", "max_inflight", "suppress_lock"] {
        w.wait_log(name, 5.0)?;
    }
    check_eq!(w.post("/", "x")?.text(), "x", "answer");
    Ok(())
}

fn near_miss(rig: &mut Rig) -> Outcome {
    let w = echo(rig)
        .env("readtimeout", "1s")
        .env("combined_output", "false")
        .start()?;
    w.wait_log("read_timeout", 5.0)?;
    w.wait_log("combine_output", 5.0)
}

fn quoted_value(rig: &mut Rig) -> Outcome {
    let w = echo(rig)
        .env("read_timeout", "\"7s\"")
        .env("suppress_lock", "'false'")
        .start()?;
    check_eq!(
        Told::by(rig, &w)?.get("read"),
        "7s",
        "limit made of a quoted value"
    );
    check!(rig.file("tmp/.lock").exists(), "no lock file");
    w.wait_log("quotes", 5.0)
}
