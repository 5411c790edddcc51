//! Logs.
//! It knows the lines of a function's log, and how to ask for some of them.
//! It refuses to demand an order among replicas.

mod apart;
mod follow;
mod lines;
mod query;

use chrono::{DateTime, TimeDelta, Utc};

use crate::provider::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 10,
    name: "logs",
    title: "Logs",
    intro: "What a function writes can be read back, line by line.",
    clauses: CLAUSES,
    cases: &[
        CASES,
        lines::CASES,
        follow::CASES,
        query::CASES,
        apart::CASES,
    ],
};

/// Rows without a case of their own.
pub const DROPPED: Dropped = &[];

const CLAUSES: &[Clause] = &[
    Clause::must(
        "PR-10.1",
        "The log of a function is 200, and ends by itself unless it is followed.",
    ),
    Clause::must(
        "PR-10.2",
        "At a provider a log has the type `application/x-ndjson`.",
    ),
    Clause::should(
        "PR-10.3",
        "At a gateway a log has the type `application/x-ndjson`.",
    ),
    Clause::must(
        "PR-10.4",
        "Each line is one JSON object with `name`, `namespace`, `instance`, `timestamp` and `text`, and ends with a newline.",
    ),
    Clause::must(
        "PR-10.5",
        "`name` and `namespace` are those of the function, `timestamp` is when the line was written, as RFC 3339 has it.",
    ),
    Clause::should("PR-10.6", "`instance` is another one for each replica."),
    Clause::must(
        "PR-10.7",
        "What a function writes to stdout and to stderr is in its log.",
    ),
    Clause::must(
        "PR-10.8",
        "The lines of one instance are in order, none is lost and none is there twice.",
    ),
    Clause::must(
        "PR-10.9",
        "The text of a line is what was written, without its newline.",
    ),
    Clause::should(
        "PR-10.10",
        "What is no UTF-8, a very long line, and a last line without a newline do not spoil the log.",
    ),
    Clause::must(
        "PR-10.11",
        "A log that is followed begins at once, and gives each new line within 5 seconds.",
    ),
    Clause::must(
        "PR-10.12",
        "Whoever leaves a log that is followed does no harm.",
    ),
    Clause::should(
        "PR-10.13",
        "A log that is followed ends once its function is removed, by the provider or by its time limit.",
    ),
    Clause::should("PR-10.14", "`tail=N` gives the newest N lines."),
    Clause::must("PR-10.15", "`tail` of 0 or less gives all lines."),
    Clause::must(
        "PR-10.16",
        "A `tail` that is no number and a `since` that is no time are 422 or 400.",
    ),
    Clause::must("PR-10.17", "`since` gives the lines that are not older."),
    Clause::should("PR-10.18", "`since` may have an offset and a fraction."),
    Clause::may(
        "PR-10.19",
        "A `follow` that is neither true nor false is false.",
    ),
    Clause::should(
        "PR-10.20",
        "`instance` gives the lines of that replica alone.",
    ),
    Clause::should("PR-10.21", "Without a name no log is given."),
    Clause::must(
        "PR-10.22",
        "The log of a function that is not there is 404, 500 or empty, and ends.",
    ),
    Clause::must(
        "PR-10.23",
        "A log has the lines of one function in one namespace and of no other.",
    ),
    Clause::should(
        "PR-10.24",
        "The log of an earlier function of the same name is there whole or not at all.",
    ),
    Clause::must("PR-10.25", "Who has no logs says so with 501 or 404."),
];

const LOGS: &[Profile] = &[Profile::Logs];

const CASES: &[Case] = &[
    Case::must("logs/read", "PR-10.1", "the log of a function is 200")
        .rows(&["LOG-01"])
        .profiles(LOGS)
        .why("The log is the first thing that people ask for when something fails.")
        .source("SDK logs/handler.go")
        .run(read),
    Case::must(
        "logs/type",
        "PR-10.2",
        "at a provider the type is application/x-ndjson",
    )
    .rows(&["LOG-02"])
    .profiles(&[Profile::Logs, Profile::Provider])
    .why("Clients choose their parser by it.")
    .source("OAS; SDK logs/handler.go")
    .run(kind),
    Case::should(
        "logs/type-at-gateway",
        "PR-10.3",
        "at a gateway the type is application/x-ndjson",
    )
    .rows(&["LOG-03"])
    .profiles(&[Profile::Logs, Profile::Gateway])
    .why("Clients choose their parser by it.")
    .source("OAS; the gateway is seen to lose it")
    .run(kind),
    Case::must(
        "logs/lines",
        "PR-10.4",
        "each line is one JSON object, and the last one ends with a newline",
    )
    .rows(&["LOG-04"])
    .profiles(LOGS)
    .why("Clients read line by line and wait for the end of each.")
    .source("SDK logs/handler.go")
    .run(objects),
    Case::must(
        "logs/fields",
        "PR-10.4",
        "each line has the five fields, all of them text",
    )
    .rows(&["LOG-05"])
    .profiles(LOGS)
    .why("A field that is missing is an error to typed clients.")
    .source("OAS: required")
    .run(fields),
    Case::must(
        "logs/whose",
        "PR-10.5",
        "name and namespace are those of the function",
    )
    .rows(&["LOG-06"])
    .profiles(LOGS)
    .why("Logs of many functions are collected in one place.")
    .source("certifier logs_test")
    .run(whose),
    Case::should(
        "logs/instances",
        "PR-10.6",
        "the instance is told, another one for each replica",
    )
    .rows(&["LOG-07"])
    .profiles(LOGS)
    .why("One replica of many may be the one that fails.")
    .source("SDK logs/logs.go")
    .run(instances),
    Case::must(
        "logs/timestamp",
        "PR-10.5",
        "the timestamp is RFC 3339, and of the time of the run",
    )
    .rows(&["LOG-08"])
    .profiles(LOGS)
    .why("Lines of several functions are put in order by it.")
    .source("OAS")
    .run(timestamp),
    Case::must("logs/none", "PR-10.25", "who has no logs says so")
        .rows(&["LOG-34"])
        .unless(Profile::Logs)
        .why("An empty log looks as if nothing had happened.")
        .source("gateway handlers/logs.go")
        .run(none),
];

/// Has the function write so many lines, `TAG 0` and so on.
fn say(f: &Function, stream: &str, tag: &str, count: usize) -> Outcome {
    f.get(&format!("/log?stream={stream}&tag={tag}&n={count}"))?
        .is(200)?;
    Ok(())
}

/// The lines that begin with the tag, once there are as many or more.
fn tagged(
    rig: &Rig,
    f: &Function,
    query: &str,
    tag: &str,
    count: usize,
) -> Result<Vec<LogLine>, Failure> {
    let start = format!("{tag} ");
    rig.settles(&format!("{count} lines of {tag}"), || {
        let mut lines = rig.provider().log_lines(f, query)?;
        lines.retain(|line| line.text.starts_with(&start));
        let there = lines.len();
        check!(
            there >= count,
            "{there} of {count} lines of {tag} are in the log"
        );
        Ok(lines)
    })
}

/// A function that has written three lines, which are in the log.
fn heard(rig: &Rig) -> Result<(Function, Vec<LogLine>), Failure> {
    let f = rig.probe()?;
    say(&f, "out", "heard", 3)?;
    let lines = tagged(rig, &f, "", "heard", 3)?;
    Ok((f, lines))
}

/// The whole log of a function that has written: as it was read, and its lines.
fn whole(rig: &Rig, f: &Function) -> Result<(String, Vec<LogLine>), Failure> {
    let text = rig.provider().logs(f, "")?.is(200)?.text();
    let lines = rig.provider().log_lines(f, "")?;
    check!(
        !text.is_empty() && !lines.is_empty(),
        "the log of a function that has written is empty"
    );
    Ok((text, lines))
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// A time as it stands in a query.
fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn from_now(seconds: i64) -> DateTime<Utc> {
    let span = TimeDelta::try_seconds(seconds).unwrap_or_default();
    Utc::now() + span
}

fn read(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let answer = rig.provider().logs(&f, "")?.is(200)?;
    check!(
        !answer.body.is_empty(),
        "the log of a function that has written is empty"
    );
    Ok(())
}

fn kind(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let answer = rig.provider().logs(&f, "")?.is(200)?;
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    check_eq!(kind, "application/x-ndjson", "Content-Type of a log");
    Ok(())
}

fn objects(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let answer = rig.provider().logs(&f, "")?.is(200)?;
    let text = answer.text();
    check!(
        text.ends_with('\n'),
        "the last line ends with no newline: {}",
        answer.told()
    );
    for line in text.lines() {
        let object = serde_json::from_str::<Value>(line);
        check!(
            object.is_ok_and(|value| value.is_object()),
            "a line of the log is no JSON object: {line:?}"
        );
    }
    Ok(())
}

fn fields(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    for line in whole(rig, &f)?.0.lines() {
        let value = serde_json::from_str::<Value>(line).unwrap_or_default();
        for field in ["name", "namespace", "instance", "timestamp", "text"] {
            let told = value.get(field);
            check!(
                told.is_some_and(Value::is_string),
                "{field} is {told:?} in the line {line}"
            );
        }
    }
    Ok(())
}

fn whose(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    for line in whole(rig, &f)?.1 {
        check_eq!(line.name, f.name, "the name in {line:?}");
        check_eq!(
            line.namespace,
            DEFAULT_NAMESPACE,
            "the namespace in {line:?}"
        );
    }
    Ok(())
}

fn instances(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("PROBE_SAY", "begun here"))?;
    let want = if rig.claims(Profile::Scale) { 3 } else { 1 };
    rig.provider().scale(&f, want)?.is_accepted()?;
    rig.settles(&format!("the first lines of {want} replicas"), || {
        let mut seen: Vec<String> = rig
            .provider()
            .log_lines(&f, "")?
            .into_iter()
            .filter(|line| line.text == "begun here")
            .map(|line| line.instance)
            .collect();
        let count = seen.len();
        check!(!seen.iter().any(String::is_empty), "an instance is empty");
        seen.sort();
        seen.dedup();
        check!(
            seen.len() as u64 == want && count == seen.len(),
            "{count} first lines of the instances {seen:?}, expected one of each of {want}"
        );
        Ok(())
    })
}

/// How far apart two clocks may be, in seconds.
const APART: i64 = 60;

fn timestamp(rig: &mut Rig) -> Outcome {
    let begin = from_now(-APART);
    let (f, lines) = heard(rig)?;
    let end = from_now(APART);
    let again = tagged(rig, &f, "", "heard", 3)?;
    for (line, again) in lines.into_iter().zip(again) {
        check_eq!(
            again.timestamp,
            line.timestamp,
            "the timestamp of {:?}, read once more",
            line.text
        );
        let Ok(time) = DateTime::parse_from_rfc3339(&line.timestamp) else {
            let why = format!("the timestamp {:?} is not of RFC 3339", line.timestamp);
            return Err(Failure::failed(why));
        };
        let within = time >= begin && time <= end;
        check!(within, "{time} is not between {begin} and {end}");
    }
    Ok(())
}

fn none(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    rig.provider().logs(&f, "")?.is_one_of(&[501, 404])?;
    Ok(())
}
