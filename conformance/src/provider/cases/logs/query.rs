//! Asking for a part of a log.
//! It knows the parameters of the query, and values that are none.
//! It refuses to compare clocks: times are those of the log itself.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::{LOGS, from_now, heard, moment, say, tagged, texts};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::should(
        "logs/tail",
        "PR-10.14",
        "tail=5 gives the newest five lines",
    )
    .rows(&["LOG-20"])
    .profiles(LOGS)
    .why("Of a long log the end is what matters.")
    .source("documentation, architecture/logs-provider")
    .run(tail),
    Case::must(
        "logs/tail-all",
        "PR-10.15",
        "a tail of 0 and of -1 gives all lines",
    )
    .rows(&["LOG-21"])
    .profiles(LOGS)
    .why("faas-cli sends it where nobody asked for a number.")
    .source("documentation, architecture/logs-provider; faas-cli commands/logs.go")
    .run(tail_all),
    Case::must(
        "logs/tail-odd",
        "PR-10.16",
        "a tail that is no number is 422 or 400",
    )
    .rows(&["LOG-22"])
    .profiles(LOGS)
    .why("A log that is given as if all were well hides the mistake.")
    .source("SDK logs/handler.go")
    .run(tail_odd),
    Case::must(
        "logs/since",
        "PR-10.17",
        "since a time to come there is nothing, since one before the run all of it",
    )
    .rows(&["LOG-23"])
    .profiles(LOGS)
    .why("Incidents have a time.")
    .source("documentation, architecture/logs-provider")
    .run(since),
    Case::must(
        "logs/since-odd",
        "PR-10.16",
        "a since that is no time is 422 or 400",
    )
    .rows(&["LOG-24"])
    .profiles(LOGS)
    .why("A log of another time than asked for misleads.")
    .source("SDK logs/handler.go")
    .run(since_odd),
    Case::should(
        "logs/since-offset",
        "PR-10.18",
        "a since with an offset and a fraction is the moment that it names",
    )
    .rows(&["LOG-25"])
    .profiles(LOGS)
    .why("Clients send their local time; an offset that is lost is hours of log.")
    .source("RFC 3339")
    .run(since_offset),
    Case::may(
        "logs/follow-odd",
        "PR-10.19",
        "a follow that is neither true nor false is false, or refused",
    )
    .rows(&["LOG-26"])
    .profiles(LOGS)
    .why("A script with a typing error would wait for ever.")
    .source("SDK logs/handler.go")
    .run(follow_odd),
    Case::should(
        "logs/instance",
        "PR-10.20",
        "the lines of one replica can be asked for",
    )
    .rows(&["LOG-27"])
    .profiles(LOGS)
    .why("One replica of many may be the one that fails.")
    .source("documentation, architecture/logs-provider")
    .run(instance),
    Case::should("logs/no-name", "PR-10.21", "without a name there is no log")
        .rows(&["LOG-28"])
        .profiles(LOGS)
        .why("The logs of all functions are not for everybody.")
        .source("documentation: required")
        .run(no_name),
    Case::must(
        "logs/missing",
        "PR-10.22",
        "the log of a function that is not there is 404, 500 or empty, and ends",
    )
    .rows(&["LOG-29"])
    .profiles(LOGS)
    .why("A client that waits for what never comes looks as if all were well.")
    .source("faasd and faas-netes")
    .run(missing),
];

/// How long an answer may take that has nothing to say, in seconds.
const BRIEF: f64 = 10.0;

fn tail(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    say(&f, "out", "number", 20)?;
    tagged(rig, &f, "", "number", 20)?;
    rig.settles("the newest five lines", || {
        let all = rig.provider().log_lines(&f, "")?;
        let newest = rig.provider().log_lines(&f, "&tail=5")?;
        let want = all.get(all.len().saturating_sub(5)..).unwrap_or_default();
        check_eq!(texts(&newest), texts(want), "the lines with tail=5");
        Ok(())
    })
}

fn tail_all(rig: &mut Rig) -> Outcome {
    const COUNT: usize = 150;
    let f = rig.probe()?;
    say(&f, "out", "number", COUNT)?;
    tagged(rig, &f, "", "number", COUNT)?;
    for query in ["&tail=0", "&tail=-1"] {
        let lines = rig.provider().log_lines(&f, query)?;
        let count = lines.iter().filter(|line| line.text.starts_with("number "));
        check_eq!(count.count(), COUNT, "lines with {query}");
    }
    Ok(())
}

fn tail_odd(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    for query in ["&tail=abc", "&tail=5x", "&tail=1.5"] {
        rig.provider().logs(&f, query)?.is_one_of(&[422, 400])?;
    }
    Ok(())
}

fn since(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let brief = rig.provider().patient(rig.timeout(BRIEF));
    let to_come = format!("&since={}", moment(from_now(3600)));
    let none = brief.log_lines(&f, &to_come)?;
    check!(
        none.is_empty(),
        "since a time to come there are {:?}",
        texts(&none)
    );
    let before = format!("&since={}", moment(from_now(-3600)));
    let all = tagged(rig, &f, &before, "heard", 3)?;
    check_eq!(
        texts(&all),
        ["heard 0", "heard 1", "heard 2"],
        "the lines since an hour ago"
    );
    Ok(())
}

fn since_odd(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    for query in ["&since=yesterday", "&since=2026-13-45", "&since=5m"] {
        rig.provider().logs(&f, query)?.is_one_of(&[422, 400])?;
    }
    Ok(())
}

/// Seconds between two groups of lines: some back ends know whole seconds only.
const BETWEEN: f64 = 2.5;

fn since_offset(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    say(&f, "out", "early", 2)?;
    tagged(rig, &f, "", "early", 2)?;
    rig.pass_time(Duration::from_secs_f64(BETWEEN));
    say(&f, "out", "late", 2)?;
    let late = tagged(rig, &f, "", "late", 2)?;
    let told = late.first().map_or("", |line| line.timestamp.as_str());
    let Ok(time) = DateTime::parse_from_rfc3339(told) else {
        return Err(Failure::failed(format!(
            "the timestamp {told:?} is not of RFC 3339"
        )));
    };
    let time = time - TimeDelta::try_milliseconds(1250).unwrap_or_default();
    for hours in [2, -5, 0] {
        let Some(zone) = FixedOffset::east_opt(hours * 3600) else {
            return Err(Failure::fault("no such offset"));
        };
        let when = time.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.6f%:z");
        let query = format!("&since={}", when.to_string().replace('+', "%2B"));
        let lines = rig.provider().log_lines(&f, &query)?;
        let of = |tag: &str| {
            lines
                .iter()
                .filter(|line| line.text.starts_with(tag))
                .count()
        };
        check_eq!(of("late "), 2, "lines after {when}");
        check_eq!(of("early "), 0, "lines from before {when}");
    }
    Ok(())
}

fn follow_odd(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let brief = rig.provider().patient(rig.timeout(BRIEF));
    let answer = brief.logs(&f, "&follow=maybe")?;
    let answer = answer.is_one_of(&[200, 400, 422])?;
    rig.note(&format!("follow=maybe is {}", answer.status));
    if answer.status == 200 {
        let whole = answer.text().contains("heard 2");
        check!(whole, "the log lacks a line: {}", answer.told());
    }
    Ok(())
}

fn instance(rig: &mut Rig) -> Outcome {
    let f = rig.start(&rig.function().env("PROBE_SAY", "begun here"))?;
    let count = if rig.claims(Profile::Scale) { 2 } else { 1 };
    rig.provider().scale(&f, count)?.is_accepted()?;
    let all = rig.settles("the first lines of all replicas", || {
        let lines = rig.provider().log_lines(&f, "")?;
        let begun = lines.iter().filter(|line| line.text == "begun here");
        let all: BTreeSet<String> = begun.map(|line| line.instance.clone()).collect();
        check_eq!(all.len() as u64, count, "instances in the log");
        Ok(all)
    })?;
    for one in &all {
        let lines = rig.provider().log_lines(&f, &format!("&instance={one}"))?;
        let begun = lines.iter().any(|line| line.text == "begun here");
        check!(begun, "the first line of {one} is not there");
        let others = lines.iter().find(|line| line.instance != *one);
        check!(others.is_none(), "asked for {one}, got {others:?}");
    }
    let answer = rig.provider().logs(&f, "&instance=nobody")?;
    if answer.status == 200 {
        check!(answer.body.is_empty(), "lines of nobody: {}", answer.told());
    } else {
        answer.is_error()?;
    }
    Ok(())
}

fn no_name(rig: &mut Rig) -> Outcome {
    heard(rig)?;
    let brief = rig.provider().patient(rig.timeout(BRIEF));
    for target in [
        "/system/logs",
        "/system/logs?name=",
        "/system/logs?tail=100",
    ] {
        let answer = brief.get(target)?;
        if answer.status == 200 {
            check!(answer.body.is_empty(), "{target} gives {}", answer.told());
        } else {
            answer.is_refused()?;
        }
    }
    Ok(())
}

fn missing(rig: &mut Rig) -> Outcome {
    heard(rig)?;
    let brief = rig.provider().patient(rig.timeout(BRIEF));
    let answer = brief.logs(rig.name(), "")?;
    if answer.status == 200 {
        check!(answer.body.is_empty(), "lines of nobody: {}", answer.told());
        return Ok(());
    }
    // A gateway says of a 404 that there are no logs.
    if answer.status != 501 || !rig.is_gateway() {
        answer.is_one_of(&[404, 500])?;
    }
    Ok(())
}
