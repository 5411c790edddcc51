//! Logs that are followed.
//! It knows when a line comes, and what happens when either side leaves.
//! It refuses to mind how a stream is cut: time limits are the provider's own.

use super::{LOGS, from_now, heard, moment, say};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "logs/ends",
        "PR-10.1",
        "a log that is not followed ends by itself",
    )
    .rows(&["LOG-16"])
    .profiles(LOGS)
    .why("Scripts wait for the end.")
    .source("SDK logs/handler.go")
    .run(ends),
    Case::must(
        "logs/follow",
        "PR-10.11",
        "new lines of a log that is followed come within 5 seconds",
    )
    .rows(&["LOG-17"])
    .profiles(LOGS)
    .why("Whoever follows a log wants to see what happens now.")
    .source("documentation, architecture/logs-provider")
    .run(follow),
    Case::must(
        "logs/follow-head",
        "PR-10.11",
        "a log that is followed begins at once, also before there is a line",
    )
    .rows(&["LOG-18"])
    .profiles(LOGS)
    .why("Clients take a head that does not come for a provider that does not answer.")
    .source("SDK logs/handler.go")
    .run(follow_head),
    Case::must(
        "logs/leave",
        "PR-10.12",
        "after 50 who left, logs are read and followed as before",
    )
    .rows(&["LOG-19"])
    .profiles(LOGS)
    .why("Everybody ends following by closing the window.")
    .source("suite policy")
    .run(leave),
    Case::should(
        "logs/follow-removed",
        "PR-10.13",
        "a log that is followed ends after the function is removed",
    )
    .rows(&["LOG-33"])
    .profiles(LOGS)
    .why("Followers of what is gone pile up.")
    .source("suite policy")
    .seconds(150)
    .run(follow_removed),
];

/// How long the end of a log and its head may take, in seconds.
const ENDED: f64 = 10.0;
const BEGUN: f64 = 3.0;
/// How long a new line may take.
const FRESH: f64 = 5.0;
/// The longest time limit that providers have by default, and some more.
const LIMIT: f64 = 75.0;

fn ends(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    for query in ["", "&follow=false", "&follow=0"] {
        let brief = rig.provider().patient(rig.timeout(ENDED));
        let answer = brief.logs(&f, query)?.is(200)?;
        let whole = answer.text().contains("heard 2");
        check!(
            whole,
            "the log with {query:?} lacks a line: {}",
            answer.told()
        );
    }
    Ok(())
}

/// Reads until a line with that text is there.
fn hears(rig: &Rig, wire: &mut Wire, text: &str) -> Outcome {
    wire.set_timeout(rig.timeout(FRESH))?;
    let needle = format!("\"{text}\"");
    wire.read_until(needle.as_bytes())
        .map_err(|failure| Failure {
            message: format!("waiting for the new line {text:?}: {failure}"),
            ..failure
        })?;
    Ok(())
}

fn follow(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let (head, mut wire) = rig.provider().follow(&f, "")?;
    check_eq!(head.status, 200, "the status of a followed log");
    // What there was comes first, and the rest as it is written.
    hears(rig, &mut wire, "heard 2")?;
    for tag in ["one", "two"] {
        say(&f, "out", tag, 1)?;
        hears(rig, &mut wire, &format!("{tag} 0"))?;
    }
    Ok(())
}

fn follow_head(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let brief = rig.provider().patient(rig.timeout(BEGUN));
    // Of the lines there are none is asked for, so none can bring the head along.
    let later = format!("&since={}", moment(from_now(3600)));
    for query in ["", &later] {
        let (head, _) = brief.follow(&f, query)?;
        check_eq!(
            head.status,
            200,
            "the status of a log followed with {query:?}"
        );
    }
    Ok(())
}

fn leave(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let provider = rig.provider();
    for _ in 0..5 {
        all_at_once(10, |_| {
            let (head, wire) = provider.follow(&f, "")?;
            check_eq!(head.status, 200, "the status of a followed log");
            wire.close();
            Ok(())
        })?;
    }
    provider.healthz()?.is(200)?;
    provider.list()?.is(200)?;
    provider.logs(&f, "")?.is(200)?;
    let (head, mut wire) = provider.follow(&f, "")?;
    check_eq!(
        head.status,
        200,
        "the status of a log followed after 50 others"
    );
    say(&f, "out", "still", 1)?;
    hears(rig, &mut wire, "still 0")
}

fn follow_removed(rig: &mut Rig) -> Outcome {
    let (f, _) = heard(rig)?;
    let (head, mut wire) = rig.provider().follow(&f, "")?;
    check_eq!(head.status, 200, "the status of a followed log");
    hears(rig, &mut wire, "heard 2")?;
    rig.provider().delete(&f)?.is_accepted()?;
    rig.gone(&f)?;
    let start = Instant::now();
    wire.set_timeout(rig.timeout(LIMIT))?;
    let rest = wire.read_body().map_err(|failure| Failure {
        message: format!("the log of a removed function goes on: {failure}"),
        ..failure
    })?;
    let took = start.elapsed().as_secs_f64();
    check!(
        took < rig.timeout(LIMIT).as_secs_f64(),
        "the log of a removed function went on for {took:.0} s"
    );
    rig.note(&format!("the log ended {took:.1} s after the removal"));
    let rest = String::from_utf8_lossy(&rest);
    let lines = rest
        .lines()
        .filter_map(|line| serde_json::from_str::<LogLine>(line).ok());
    for line in lines {
        check_eq!(line.name, f.name, "whose line came after the removal");
    }
    Ok(())
}
