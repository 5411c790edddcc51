//! Chapter 4: one process per request, both bodies buffered.
//! It knows the clauses of its chapter and the cases that judge them.
//! It refuses what classic mode does differently.

use crate::prelude::*;

pub const CHAPTER: Chapter = Chapter {
    number: 4,
    name: "serializing",
    title: "Mode serializing",
    intro: "Every request starts a process; upload and output are collected whole, stderr is logged.",
    clauses: CLAUSES,
    cases: &[CASES],
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "WD-4.1",
        "The output of a function that exits with 0 is the answer, with `X-Duration-Seconds` and `content_type`.",
    ),
    Clause::must(
        "WD-4.2",
        "A non-zero exit is a 500 whose body is the exit status alone.",
    ),
    Clause::must(
        "WD-4.3",
        "A function that does not read its stdin is no error, and leaves no zombie.",
    ),
];

const CASES: &[Case] = &[
    Case::must(
        "serializing/reverse",
        "WD-4.1",
        "the whole input gives the whole output",
    )
    .modes(&[Serializing])
    .run(reverse),
    Case::must(
        "serializing/exit-status",
        "WD-4.2",
        "exit 3 is a 500 with the status",
    )
    .modes(&[Serializing])
    .run(exit_status),
    Case::must(
        "serializing/stdin-ignored",
        "WD-4.3",
        "100 functions that ignore 70 kB of input all answer 200",
    )
    .modes(&[Serializing])
    .bugs(&["BUG-04"])
    .run(stdin_ignored),
];

fn reverse(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("reverse-upper", &[]))
        .start()?;
    let r = w.post("/", "abc")?;
    check_eq!((r.status, r.text().as_str()), (200, "CBA"), "answer");
    check_eq!(
        r.header("content-type"),
        Some("application/octet-stream"),
        "type"
    );
    check!(r.headers.has("x-duration-seconds"), "no X-Duration-Seconds");
    Ok(())
}

fn exit_status(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("exit", &["3", "--stdout", "out"]))
        .start()?;
    let r = w.get("/")?;
    check_eq!(
        (r.status, r.text().as_str()),
        (500, "exit status 3"),
        "answer"
    );
    Ok(())
}

fn stdin_ignored(rig: &mut Rig) -> Outcome {
    let w = rig
        .watchdog()
        .fprocess(&rig.fixture("stdin-ignore", &[]))
        .start()?;
    for round in 1..=100 {
        let r = w.post("/", vec![b'x'; 70_000])?;
        check_eq!(
            (r.status, r.text().as_str()),
            (200, "ignored"),
            "answer {round}"
        );
    }
    rig.poll(3.0, "an end of all zombies", || {
        w.zombies().is_empty().then_some(())
    })
}
