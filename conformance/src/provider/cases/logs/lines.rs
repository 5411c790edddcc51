//! What a function writes, and how it comes out.
//! It knows both streams, odd letters, long lines and lines without an end.
//! It refuses to say whether a line was on stdout or on stderr: a log does not.

use super::{LOGS, say, tagged, texts};
use crate::provider::prelude::*;

pub(super) const CASES: &[Case] = &[
    Case::must(
        "logs/stdout",
        "PR-10.7",
        "what goes to stdout is in the log",
    )
    .rows(&["LOG-09"])
    .profiles(LOGS)
    .why("This is where programs write.")
    .source("documentation, cli/logs")
    .run(stdout),
    Case::must(
        "logs/stderr",
        "PR-10.7",
        "what goes to stderr is in the log",
    )
    .rows(&["LOG-10"])
    .profiles(LOGS)
    .why("This is where programs write what went wrong.")
    .source("documentation, cli/logs")
    .run(stderr),
    Case::must(
        "logs/order",
        "PR-10.8",
        "of 1000 lines each is there once, in order",
    )
    .rows(&["LOG-11"])
    .profiles(LOGS)
    .why("A line that is missing is the one that would have said why.")
    .source("suite policy")
    .run(order),
    Case::must(
        "logs/letters",
        "PR-10.9",
        "signs that mean something to JSON or HTML, and letters of all kinds, are kept",
    )
    .rows(&["LOG-12"])
    .profiles(LOGS)
    .why("Functions log JSON, and errors quote what users typed.")
    .source("SDK logs")
    .run(letters),
    Case::must(
        "logs/spaces",
        "PR-10.9",
        "white space at the ends of a line is kept",
    )
    .rows(&["LOG-12"])
    .profiles(LOGS)
    .why("The lines of a stack trace tell by it what belongs together.")
    .source("suite policy; faas-swarm trims")
    .run(spaces),
    Case::should(
        "logs/no-utf8",
        "PR-10.10",
        "bytes that are no UTF-8 give valid JSON",
    )
    .rows(&["LOG-13"])
    .profiles(LOGS)
    .why("One odd byte would make the whole log unreadable.")
    .source("suite policy")
    .run(no_utf8),
    Case::should(
        "logs/long-line",
        "PR-10.10",
        "after a line of 64 KiB and one byte, later lines still come",
    )
    .rows(&["LOG-14"])
    .profiles(LOGS)
    .why("One dump would be the last that is ever heard of the function.")
    .source("faasd collect; Go's scanner gives up there")
    .run(long_line),
    Case::should(
        "logs/last-words",
        "PR-10.10",
        "a last line without a newline comes when the function ends",
    )
    .rows(&["LOG-15"])
    .profiles(LOGS)
    .why("The last words of a crash are the ones that matter.")
    .source("suite policy")
    .run(last_words),
];

fn numbered(tag: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{tag} {number}")).collect()
}

fn stdout(rig: &mut Rig) -> Outcome {
    written(rig, "out")
}

fn stderr(rig: &mut Rig) -> Outcome {
    written(rig, "err")
}

fn written(rig: &Rig, stream: &str) -> Outcome {
    let f = rig.probe()?;
    say(&f, stream, stream, 3)?;
    let lines = tagged(rig, &f, "", stream, 3)?;
    check_eq!(
        texts(&lines),
        numbered(stream, 3),
        "the lines of std{stream}"
    );
    Ok(())
}

fn order(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    say(&f, "out", "number", 1000)?;
    let lines = tagged(rig, &f, "", "number", 1000)?;
    check_eq!(lines.len(), 1000, "how many lines are in the log");
    for (line, want) in lines.iter().zip(numbered("number", 1000)) {
        check_eq!(line.text, want, "the next line of the log");
    }
    Ok(())
}

fn letters(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let wanted = [
        "odd <b>&amp;\"quoted\"</b> 'it'",
        "odd back\\slash \\n \\u0041",
        "odd a\ttab",
        "odd Zoë €5 Ω 日本語",
        "odd 😀 👩‍💻",
        "odd {\"level\":\"info\",\"text\":\"<&>\"}",
    ];
    let body = wanted.map(|line| format!("{line}\n")).concat();
    f.post("/log?stream=out", body)?.is(200)?;
    let lines = tagged(rig, &f, "", "odd", wanted.len())?;
    check_eq!(texts(&lines), wanted.to_vec(), "the lines of the log");
    Ok(())
}

fn spaces(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    let wanted = ["  at the front", "\tby a tab", "behind \t "];
    let body = wanted.map(|line| format!("{line}\n")).concat();
    f.post("/log?stream=out", body)?.is(200)?;
    rig.settles("the lines with white space", || {
        let mut lines = rig.provider().log_lines(&f, "")?;
        lines.retain(|line| wanted.iter().any(|one| one.trim() == line.text.trim()));
        check_eq!(texts(&lines), wanted.to_vec(), "the lines of the log");
        Ok(())
    })
}

fn no_utf8(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    f.post("/log?stream=out", b"bad \xff\xfe\xc3 bytes\n".to_vec())?
        .is(200)?;
    let lines = tagged(rig, &f, "", "bad", 1)?;
    let text = lines.first().map_or("", |line| line.text.as_str());
    check!(text.ends_with(" bytes"), "the line is {text:?}");
    let body = rig.provider().logs(&f, "")?.is(200)?;
    let valid = std::str::from_utf8(&body.body).is_ok();
    check!(valid, "the log is no UTF-8: {}", body.told());
    Ok(())
}

fn long_line(rig: &mut Rig) -> Outcome {
    const SIZE: usize = 64 * 1024 + 1;
    let f = rig.probe()?;
    f.get(&format!("/log?stream=out&tag=long&size={SIZE}"))?
        .is(200)?;
    say(&f, "out", "after", 3)?;
    let after = tagged(rig, &f, "", "after", 3)?;
    check_eq!(
        texts(&after),
        numbered("after", 3),
        "the lines after a long one"
    );
    let long = tagged(rig, &f, "", "long", 1)?;
    let length = long.first().map_or(0, |line| line.text.len());
    rig.note(&format!(
        "of a line of {SIZE} bytes the first {length} are one line"
    ));
    Ok(())
}

fn last_words(rig: &mut Rig) -> Outcome {
    let f = rig.probe()?;
    f.post("/log?stream=out", "last words")?.is(200)?;
    // It ends without an answer; whoever called it is told something.
    let _ = f.get("/exit/1");
    rig.settles("the last line", || {
        let lines = rig.provider().log_lines(&f, "")?;
        let there = lines.iter().any(|line| line.text == "last words");
        check!(there, "it is not among {} lines", lines.len());
        Ok(())
    })
}
