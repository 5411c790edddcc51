//! Chapter 11: stdout, stderr and their lines.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses formats nobody reads by machine.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 11,
    name: "logs",
    title: "Logs",
    intro: "What functions and watchdog say arrives complete, on the right stream.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-11.1",
        "Lines that a function writes to stderr appear on the watchdog's stderr, every one.",
    ),
    Clause::must(
        "WD-11.2",
        "A log line of any length passes and never stops the function.",
    ),
    Clause::must(
        "WD-11.3",
        "In http mode the child's stdout appears on the watchdog's stdout.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "logs/stderr-lines",
        "WD-11.1",
        "the last of many lines arrives, every time",
    )
    .modes(&[Streaming, Serializing])
    .bugs(&["BUG-20"])
    .run(stderr_lines),
    Case::must(
        "logs/long-line",
        "WD-11.2",
        "a line of 300 kB does not block the function",
    )
    .modes(&[Streaming, Serializing])
    .bugs(&["BUG-03"])
    .run(long_line),
    Case::must(
        "logs/http-streams",
        "WD-11.3",
        "stdout and stderr of the child keep apart",
    )
    .modes(&[Http])
    .run(http_streams),
];

fn stderr_lines(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("spew-stderr", &["60", "--lines", "1000"]))
        .start()?;
    for round in 1..=20_usize {
        check_eq!(w.get("/")?.text(), "spewed", "answer");
        let what = format!("line 999 of request {round}");
        rig.poll(2.0, &what, || {
            (w.log().matches("999:xx").count() == round).then_some(())
        })?;
    }
    Ok(())
}

fn long_line(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("spew-stderr", &["300000"]))
        .env("exec_timeout", "5s")
        .start()?;
    for _ in 0..2 {
        let r = w.get("/")?;
        check_eq!((r.status, r.text().as_str()), (200, "spewed"), "answer");
    }
    Ok(())
}

fn http_streams(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("http-server", &[]))
        .start()?;
    w.get("/log?out=to-stdout&err=to-stderr")?;
    w.wait_stdout("to-stdout", 5.0)?;
    w.wait_log("stderr: to-stderr", 5.0)?;
    check!(
        !w.stdout().contains("to-stderr"),
        "stderr of the child on stdout"
    );
    Ok(())
}
