//! Chapter 1: what a watchdog makes of its environment and its flags.
//! It knows the ways in which settings are lost or misread.
//! It refuses to know what they are for.

use super::prelude::*;

/// Settings that hold a duration.
const DURATIONS: [&str; 8] = [
    "exec_timeout",
    "read_timeout",
    "write_timeout",
    "healthcheck_interval",
    "drain_delay",
    "kill_grace",
    "startup_timeout",
    "queue_timeout",
];

/// Changes every duration that the case has set.
fn durations(start: &mut Start, edit: impl Fn(&str) -> String) {
    for name in DURATIONS {
        if let Some(value) = start.env.get_mut(name) {
            *value = edit(value);
        }
    }
}

/// Whether a value looks like a duration.
fn is_duration(value: &str) -> bool {
    let digits = value.len() < 10 && value.starts_with(|c: char| c.is_ascii_digit());
    digits
        && value
            .chars()
            .all(|c| c.is_ascii_digit() || ".nuµmsh".contains(c))
}

/// Changes every word of the command line.
fn words(start: &mut Start, edit: impl Fn(&str) -> String) {
    for word in &mut start.args {
        *word = edit(word);
    }
}

pub(super) const LIST: &[Mutant] = &[
    mutant(
        "command-by-shell",
        &["WD-1.1"],
        "a shell reads the command of the function",
        Around(|start| {
            start.command(|line| serde_json::json!(["/bin/sh", "-c", line]).to_string());
        }),
    ),
    mutant(
        "command-tabs",
        &["WD-1.1"],
        "words of the command are parted at tabs as well",
        Around(|start| start.command(|line| line.replace('\t', " "))),
    ),
    mutant(
        "no-command-no-failure",
        &["WD-1.2", "WD-1.17"],
        "a start that fails by its settings ends with 0",
        Over(Over::new().exit(|code| if code == 64 { 0 } else { code })),
    ),
    mutant(
        "version-fails",
        &["WD-1.3"],
        "`--version` ends with 1",
        Over(Over::new().exit(|code| code.max(1))),
    ),
    mutant(
        "alias-loses",
        &["WD-1.4"],
        "`fprocess` wins over `function_process` in the of flavour",
        Around(|start| {
            if start.get("fprocess").is_some() {
                start.unset("function_process");
            }
        }),
    ),
    mutant(
        "milliseconds-are-seconds",
        &["WD-1.6"],
        "`ms` is read as `s`",
        Around(|start| durations(start, |value| value.replace("ms", "s"))),
    ),
    mutant(
        "seconds-are-milliseconds",
        &["WD-1.6"],
        "a bare number is milliseconds",
        Around(|start| {
            durations(start, |value| match value.parse::<u64>() {
                Ok(number) => format!("{number}ms"),
                Err(_) => value.to_owned(),
            });
        }),
    ),
    mutant(
        "other-defaults",
        &["WD-1.7"],
        "no limit is set by default",
        Around(|start| {
            for name in ["read_timeout", "write_timeout", "exec_timeout"] {
                if start.get(name).is_none() {
                    start.set(name, "0");
                }
            }
        }),
    ),
    mutant(
        "bad-durations-vanish",
        &["WD-1.8"],
        "a duration that cannot be read becomes the default without a word (BUG-40)",
        Around(|start| {
            for name in DURATIONS {
                if start.get(name).is_some_and(|value| !is_duration(value)) {
                    start.unset(name);
                }
            }
        }),
    ),
    mutant(
        "bad-port-vanishes",
        &["WD-1.8"],
        "a port that is none becomes a random one without a word (BUG-40)",
        Around(|start| {
            if start
                .get("port")
                .is_some_and(|value| value.parse::<u16>().is_err())
            {
                start.set("port", "0");
            }
        }),
    ),
    mutant(
        "empty-is-a-value",
        &["WD-1.9"],
        "a variable that is set but empty is a value that cannot be read",
        Around(|start| {
            durations(start, |value| {
                if value.is_empty() { "?" } else { value }.to_owned()
            });
        }),
    ),
    mutant(
        "names-in-any-case",
        &["WD-1.10"],
        "names of variables count in any case",
        Around(|start| {
            let all: Vec<_> = start.env.clone().into_iter().collect();
            for (name, value) in all {
                if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && name != "PATH" {
                    start.set(&name.to_ascii_lowercase(), &value);
                }
            }
        }),
    ),
    mutant(
        "unknown-mode-is-the-default",
        &["WD-1.11"],
        "an unknown mode is the default one",
        Around(|start| {
            let known = [
                "classic",
                "buffered",
                "streaming",
                "serializing",
                "http",
                "static",
            ];
            if start.get("mode").is_some_and(|mode| !known.contains(&mode)) {
                start.unset("mode");
            }
        }),
    ),
    mutant(
        "documented-name-unread",
        &["WD-1.12"],
        "`log_call_id`, the documented name, is not read (DOC-3)",
        Around(|start| start.unset("log_call_id")),
    ),
    mutant(
        "verbose-upstream-unread",
        &["WD-1.12"],
        "`http_upstream_url` does not win over `upstream_url`",
        Around(|start| {
            if start.get("upstream_url").is_some() {
                start.unset("http_upstream_url");
            }
        }),
    ),
    mutant(
        "ipv4-only",
        &["WD-1.13"],
        "it listens on IPv4 alone",
        Around(|start| {
            if start.get("bind_address").is_none() {
                start.set("bind_address", "0.0.0.0");
            }
        }),
    ),
    mutant(
        "default-port-moved",
        &["WD-1.13"],
        "the port is 8000 where it is not set",
        Around(|start| {
            if start.get("port").is_none() {
                start.set("port", "8000");
            }
        }),
    ),
    mutant(
        "busy-port-no-failure",
        &["WD-1.14", "WD-10.2"],
        "a port that is taken ends the start with 0 (BUG-16)",
        Over(Over::new().exit(|code| if code == 69 { 0 } else { code })),
    ),
    mutant(
        "one-dash-unknown",
        &["WD-1.15"],
        "flags with one dash are not known",
        Around(|start| {
            words(start, |word| {
                if word.starts_with('-') && !word.starts_with("--") {
                    format!("--single{word}")
                } else {
                    word.to_owned()
                }
            });
        }),
    ),
    mutant(
        "flag-off-is-on",
        &["WD-1.15"],
        "a flag with `=false` is on",
        Around(|start| words(start, |word| word.replace("=false", "=true"))),
    ),
    mutant(
        "help-unknown",
        &["WD-1.16"],
        "`--help` is an unknown flag",
        Around(|start| words(start, |word| word.replace("-help", "-hepl"))),
    ),
    mutant(
        "unknown-flags-pass",
        &["WD-1.17"],
        "an unknown flag is passed over",
        Around(|start| {
            let known = [
                "version",
                "help",
                "h",
                "run-healthcheck",
                "check-config",
                "print-config",
                "",
            ];
            start.args.retain(|word| {
                let name = word
                    .trim_start_matches('-')
                    .split('=')
                    .next()
                    .unwrap_or_default();
                !word.starts_with('-') || known.contains(&name)
            });
        }),
    ),
    mutant(
        "healthcheck-always-well",
        &["WD-1.18", "WD-9.10"],
        "`--run-healthcheck` ends with 0 also where there is no lock file",
        Over(Over::new().exit(|code| if code == 1 { 0 } else { code })),
    ),
    mutant(
        "healthcheck-elsewhere",
        &["WD-1.18", "WD-9.10"],
        "`--run-healthcheck` looks into /tmp, wherever TMPDIR is",
        Around(|start| {
            if start.args.iter().any(|word| word.contains("healthcheck")) {
                start.set("TMPDIR", "/tmp/no-such-directory");
            }
        }),
    ),
    mutant(
        "stray-words-stop-nothing",
        &["WD-1.19"],
        "flags behind a word that is none are read",
        Around(|start| start.args.sort_by_key(|word| !word.starts_with('-'))),
    ),
    mutant(
        "upstream-guessed",
        &["WD-1.28"],
        "mode http without an upstream URL guesses one",
        Around(|start| {
            if start.get("mode") == Some("http") && start.get("http_upstream_url").is_none() {
                let url = start.get("upstream_url").unwrap_or_default().to_owned();
                if url.is_empty() {
                    start.set("upstream_url", "http://127.0.0.1:3000");
                }
            }
        }),
    ),
    mutant(
        "static-needs-a-command",
        &["WD-1.28"],
        "mode static does not start without a command",
        Around(|start| {
            if start.get("mode") == Some("static") && start.get("fprocess").is_none() {
                start.set("static_path", "/no/such/directory");
            }
        }),
    ),
    mutant(
        "impossible-upstream-passes",
        &["WD-1.29"],
        "an upstream URL that can never be reached is noticed by requests alone",
        Around(|start| {
            let usable = start
                .get("upstream_url")
                .is_some_and(|url| url.contains("127.0.0.1") && url.len() < 60);
            if !usable {
                start.misread("upstream_url", "http://127.0.0.1:1");
            }
        }),
    ),
    mutant(
        "large-numbers-refused",
        &["WD-1.30"],
        "numbers beyond 32 bits are refused",
        Around(|start| {
            for value in start.env.values_mut() {
                if value
                    .parse::<u64>()
                    .is_ok_and(|number| number > u64::from(u32::MAX))
                {
                    value.push('?');
                }
            }
        }),
    ),
];
