//! Chapter 10: logs.
//! It knows lines that are lost, doubled, changed, or somebody else's.
//! It refuses the format of a function's own lines.

pub(super) mod lines;
pub(super) mod query;
pub(super) mod whose;

use std::time::Duration;

use super::calls::both;
use super::prelude::*;

fn reads(asked: &Asked) -> bool {
    asked.at("/system/logs")
}

/// A log that ends by itself.
fn ends(asked: &Asked) -> bool {
    reads(asked) && asked.query("follow").is_none()
}

/// Changes the lines of a log.
fn lines(told: &mut Told, asked: &Asked, change: impl FnOnce(&mut Vec<Value>)) {
    if !ends(asked) || told.status != 200 {
        return;
    }
    let text = told.text();
    let parsed = text.lines().map(serde_json::from_str::<Value>);
    let mut all: Vec<Value> = parsed.filter_map(Result::ok).collect();
    change(&mut all);
    let all: Vec<String> = all.iter().map(|line| format!("{line}\n")).collect();
    told.set_body(all.concat());
}

/// Changes a field of each line.
fn field(told: &mut Told, asked: &Asked, name: &str, change: impl Fn(&str) -> Value) {
    lines(told, asked, |all| {
        for line in all {
            if let Some(value) = line.get_mut(name) {
                *value = change(value.as_str().unwrap_or_default());
            }
        }
    });
}

/// Where a log is kept once it was read.
fn stored(name: &str) -> String {
    format!("log {name}")
}

pub(super) const FAULTS: &[Mutant] = &[
    mutant(
        "logs/unknown",
        &["PR-10.1"],
        "the log of a function is 404",
        when_told(|told, asked, _| {
            if ends(asked) {
                told.become_status(404);
            }
        }),
    ),
    mutant(
        "logs/never-ends",
        &["PR-10.1"],
        "a log goes on, whether it is followed or not",
        when_asked(|asked, _| {
            if reads(asked) {
                asked.set_query("follow", "true");
            }
        }),
    ),
    mutant(
        "logs/text",
        &["PR-10.2", "PR-10.3"],
        "the type of a log is text/plain, as at the gateway",
        when_told(|told, asked, _| {
            if reads(asked) {
                told.set_header("content-type", "text/plain; charset=utf-8");
            }
        }),
    ),
    mutant(
        "logs/one-array",
        &["PR-10.4"],
        "a log is an array of lines",
        when_told(|told, asked, _| {
            if ends(asked) && told.status == 200 {
                let text = told.text();
                let all: Vec<&str> = text.lines().collect();
                told.set_body(format!("[{}]\n", all.join(",")));
            }
        }),
    ),
    mutant(
        "logs/no-last-newline",
        &["PR-10.4"],
        "the last line ends without a newline",
        when_told(|told, asked, _| {
            if ends(asked) {
                let text = told.text();
                told.set_body(text.trim_end().to_owned());
            }
        }),
    ),
    mutant(
        "logs/instance-untold",
        &["PR-10.4"],
        "a line has no instance",
        when_told(|told, asked, _| {
            lines(told, asked, |all| {
                for line in all.iter_mut().filter_map(Value::as_object_mut) {
                    line.remove("instance");
                }
            });
        }),
    ),
    mutant(
        "logs/second-answer-empty",
        &["PR-10.4", "PR-10.5"],
        "a line is told once",
        both(
            |asked, memory| {
                if ends(asked)
                    && memory.count(&stored(&asked.query("name").unwrap_or_default())) > 1
                {
                    asked.answer(200, "");
                }
            },
            |_, _, _| {},
        ),
    ),
    mutant(
        "logs/namespace-empty",
        &["PR-10.5"],
        "the namespace of a line is empty, as at faas-swarm",
        when_told(|told, asked, _| field(told, asked, "namespace", |_| "".into())),
    ),
    mutant(
        "logs/name-of-the-unit",
        &["PR-10.5"],
        "the name of a line is NAMESPACE:NAME",
        when_told(|told, asked, _| {
            field(told, asked, "name", |name| {
                format!("openfaas-fn:{name}").into()
            });
        }),
    ),
    mutant(
        "logs/local-time",
        &["PR-10.5"],
        "the timestamp of a line has no offset",
        when_told(|told, asked, _| {
            field(told, asked, "timestamp", |time| {
                time.trim_end_matches('Z').into()
            });
        }),
    ),
    mutant(
        "logs/time-of-reading",
        &["PR-10.5"],
        "the timestamp of a line is when it was read",
        when_told(|told, asked, _| {
            field(told, asked, "timestamp", |_| {
                chrono::Utc::now().to_rfc3339().into()
            });
        }),
    ),
    mutant(
        "logs/one-instance",
        &["PR-10.6"],
        "the instance of a line is the function",
        when_told(|told, asked, _| {
            let name = asked.query("name").unwrap_or_default();
            field(told, asked, "instance", |_| name.as_str().into());
        }),
    ),
    mutant(
        "logs/follow-ignored",
        &["PR-10.11"],
        "a log that is followed ends",
        when_asked(|asked, _| {
            if reads(asked) {
                asked.without_query("follow");
            }
        }),
    ),
    mutant(
        "logs/follow-begins-late",
        &["PR-10.11"],
        "a log that is followed begins after 6 seconds",
        when_told(|told, asked, _| {
            if reads(asked) && !ends(asked) {
                told.delay = Duration::from_secs(6);
            }
        }),
    ),
    mutant(
        "logs/follow-lags",
        &["PR-10.11"],
        "new lines of a log that is followed come after 12 seconds",
        Inside(Fault::FollowLags),
    ),
    mutant(
        "logs/followers-stay",
        &["PR-10.12"],
        "who has left a log still counts, and there is room for thirty",
        when_asked(|asked, memory| {
            if reads(asked) && !ends(asked) && memory.count("followers") > 30 {
                asked.answer(503, "");
            }
        }),
    ),
    mutant(
        "logs/followed-for-ever",
        &["PR-10.13"],
        "a log that is followed goes on after its function was removed",
        Inside(Fault::LogsStayOpen),
    ),
];
