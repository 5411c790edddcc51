//! What is shown while cases run, and of every failure.
//! It knows the terminal.
//! It refuses to repeat what a report tells.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::judge::{Judged, Suite, Summary, Verdict};

/// How often a line is written where there is no terminal.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// What is shown while cases run.
#[derive(Debug)]
pub struct Screen {
    /// A terminal: how far it is stays on one line.
    live: bool,
    start: Instant,
    so_far: Mutex<SoFar>,
}

#[derive(Debug)]
struct SoFar {
    told: Instant,
    /// By verdict, in the order of `Verdict::ALL`.
    counts: [usize; Verdict::ALL.len()],
}

impl Screen {
    pub fn new() -> Self {
        let start = Instant::now();
        Self {
            live: io::stderr().is_terminal(),
            start,
            so_far: Mutex::new(SoFar {
                told: start,
                counts: [0; Verdict::ALL.len()],
            }),
        }
    }

    pub fn show<S: Suite>(&self, judged: &Judged<S>, done: usize, total: usize) {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = Verdict::ALL.iter().zip(&mut so_far.counts);
        for (_, count) in slots.filter(|(verdict, _)| **verdict == judged.verdict) {
            *count += 1;
        }
        let mut err = io::stderr().lock();
        if matches!(
            judged.verdict,
            Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass
        ) {
            let clear = if self.live { "\r\x1b[K" } else { "" };
            let _ = err.write_all(format!("{clear}{}", story(judged)).as_bytes());
        }
        let took = self.start.elapsed().as_secs_f64();
        let line = format!("[{done}/{total}] {} in {took:.0} s", counts(&so_far.counts));
        if self.live {
            let _ = write!(err, "\r\x1b[K{line}  {}", judged.run.id());
        } else if so_far.told.elapsed() >= NOW_AND_THEN {
            so_far.told = Instant::now();
            let _ = writeln!(err, "{line}");
        }
        let _ = err.flush();
    }

    pub fn close<S: Suite>(&self, summary: &Summary<S>) {
        let counts = counts(&Verdict::ALL.map(|verdict| summary.count(verdict)));
        let clear = if self.live { "\r\x1b[K" } else { "" };
        for judged in &summary.judged {
            if judged.verdict == Verdict::Skip {
                let line = format!("{clear}left out: {}: {}", judged.run.id(), judged.message);
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
        let took = summary.took.as_secs_f64();
        let _ = writeln!(io::stderr(), "{clear}{counts} in {took:.1} s");
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// `3 pass, 1 fail`.
fn counts(counts: &[usize; Verdict::ALL.len()]) -> String {
    let counts = Verdict::ALL.iter().zip(counts);
    let told: Vec<String> = counts
        .filter(|(_, count)| **count > 0)
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    told.join(", ")
}

/// Everything a failure has to tell.
fn story<S: Suite>(judged: &Judged<S>) -> String {
    let case = judged.run.case;
    let text = S::clause(case.clause).map_or("", |clause| clause.text);
    let mut out = format!(
        "{} {} ({:.2} s)\n  expected: {}\n  clause:   {} {} {text}\n  {}\n",
        judged.verdict.name().to_uppercase(),
        judged.run.id(),
        judged.took.as_secs_f64(),
        case.title,
        case.clause,
        case.level,
        judged.message.replace('\n', "\n  "),
    );
    let evidence = &judged.evidence;
    for (title, body) in [
        ("wire", &evidence.wire),
        ("log", &evidence.log),
        ("reproduce", &evidence.commands),
    ] {
        if !body.is_empty() {
            let _ = writeln!(out, "  --- {title}");
            for line in body.lines().filter(|line| !line.trim().is_empty()) {
                let line: String = line.chars().take(400).collect();
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    out.push('\n');
    out
}
